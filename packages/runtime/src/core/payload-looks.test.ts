import { testAnswers } from "../runtime/answers.fixture.test.ts";

testAnswers("a command may run in a folder that stands beside it", [
  ["execute_shell", { command: "rm x", directory: "/etc" }, "DENY"],
  ["execute_shell", { command: "rm x", dir: "/etc" }, "DENY"],
  ["execute_shell", { command: "rm -rf *", folder: "/etc" }, "DENY"],
  ["execute_shell", { argv: ["rm", "x"], path: "/etc" }, "DENY"],
  ["execute_shell", { command: "sh -c 'rm x'", repo_path: "/etc" }, "DENY"],
  ["execute_shell", { command: "ls", directory: "/etc" }, "ALLOW"],
  ["execute_shell", { command: "cat x | wc -l", directory: "/etc" }, "ALLOW"],
  ["execute_shell", { command: "npm test && npm run build", path: "/home/dev/project" }, "ALLOW"],
  ["execute_shell", { command: "rm -rf node_modules", directory: "/home/dev/project" }, "ALLOW"],
  ["execute_shell", { command: "git commit -m 'a b'", repo_path: "/home/dev/project" }, "ALLOW"],
  ["execute_shell", { command: "pytest tests", repo: "/home/dev/project" }, "ALLOW"],
]);

testAnswers("a command without anything to work on has it beside it", [
  ["execute_shell", { argv: ["rm", "-rf"], path: "/" }, "DENY"],
  ["execute_shell", { command: "rm", args: ["-rf"], path: "/etc" }, "DENY"],
  ["execute_shell", { program: "rm", args: ["-rf"], target: "/etc" }, "DENY"],
  ["execute_shell", { command: "rm -rf", path: "/etc" }, "DENY"],
  ["execute_shell", { command: "rm -rf", directory: "/etc" }, "DENY"],
  ["execute_shell", { command: "rm", target: "/etc" }, "DENY"],
  ["execute_shell", { command: "rm", operand: "/etc/x" }, "DENY"],
  ["execute_shell", { command: "rm", paths: ["a", "/etc/x"] }, "DENY"],
  ["execute_shell", { command: "sudo rm -rf", path: "/etc" }, "DENY"],
  ["execute_shell", { command: "chmod 777", path: "/etc/passwd" }, "DENY"],
  ["execute_shell", { command: "chown nobody", file: "/etc/passwd" }, "DENY"],
  ["execute_shell", { command: "truncate -s 0", target: "/etc/passwd" }, "DENY"],
  ["execute_shell", { command: "cat", location: "/etc/shadow" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "rm -rf node_modules", path: "/home/dev/project" }, "ALLOW"],
  ["execute_shell", { command: "npm install", dir: "/home/dev/project" }, "ALLOW"],
  ["execute_shell", { command: "pytest -q", dir: "/home/dev/project/tests" }, "ALLOW"],
  ["execute_shell", { command: "ls -la", path: "/etc" }, "ALLOW"],
  ["execute_shell", { command: "ls", cwd: "/etc" }, "ALLOW"],
  ["execute_shell", { command: "ls -l", shell: "/bin/bash" }, "ALLOW"],
  ["execute_shell", { command: "make", target: "all" }, "ALLOW"],
]);
