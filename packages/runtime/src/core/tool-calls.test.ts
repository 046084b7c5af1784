import { testAnswers } from "../runtime/answers.fixture.test.ts";

testAnswers("each command of a step is judged", [
  ["call_tools", { calls: [{ run: "rm /etc/x", command: "ls" }] }, "DENY"],
  ["call_tools", { calls: [{ command: "ls", run: "rm /etc/x" }] }, "DENY"],
  ["call_tools", { calls: [{ run: "ls", command: "rm /etc/x" }] }, "DENY"],
  ["call_tools", { calls: [{ shell: "rm /etc/x", command: "ls" }] }, "DENY"],
  ["call_tools", { calls: [{ run: "rm /etc/x", RUN: "ls" }] }, "DENY"],
  ["call_tools", { calls: [{ run: "rm /etc/x", Command: "ls" }] }, "DENY"],
  ["call_tools", { calls: [{ run: ["rm", "/etc/x"], command: ["ls"] }] }, "DENY"],
  ["call_tools", { steps: [{ script: "rm /etc/x", command: "ls" }] }, "DENY"],
  ["call_tools", { steps: [{ command: "ls", run: "ls -la" }] }, "ALLOW"],
  ["call_tools", { steps: [{ command: "read_file", args: { path: "a" } }] }, "ALLOW"],
  ["call_tools", { steps: [{ name: "Build", run: "npm test" }] }, "ALLOW"],
]);
