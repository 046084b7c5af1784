import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { canopy, inScratch } from "../testing/canopy.ts";
import { HOSTILE, isTame } from "../testing/hostile.ts";

const VECTORS = fileURLToPath(new URL("../../../../vectors/", import.meta.url));
const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

type Members = Readonly<Record<string, unknown>>;

function parse(text: string): Members {
  const value: Members = JSON.parse(text);
  return value;
}

function lines(text: string): readonly Members[] {
  return text.trimEnd().split("\n").map(parse);
}

function shellRequest(command: string, more: Members = {}): string {
  const request = {
    agent_ctx: { public_key: "a" },
    action_type: "execute_shell",
    action_payload: { command },
    ...more,
  };
  return `${JSON.stringify(request)}\n`;
}

describe("canopy evaluate", () => {
  it("answers each line in order with its id, and goes on after a bad one", () =>
    inScratch(async (cwd) => {
      const input = `${shellRequest("ls", { id: 1 })}not json\n\n${shellRequest("rm -rf /", { id: { a: [2] } })}{"id":3}\n`;
      const { code, stdout, stderr } = await canopy(["evaluate", "-"], { cwd, input });
      assert.equal(code, 2);
      const answers = lines(stdout);
      assert.deepEqual(
        answers.map(({ id, decision }) => [id, decision]),
        [
          [1, "ALLOW"],
          [null, undefined],
          [{ a: [2] }, "DENY"],
          [3, undefined],
        ],
      );
      assert.ok(isErrorOf(answers[1], "INVALID_REQUEST") && isErrorOf(answers[3], "INVALID_REQUEST"));
      assert.match(stderr, /2 of 4 lines could not be decided/u);
      assert.ok(!existsSync(join(cwd, "audit.log")) && !existsSync(join(cwd, "home")));
    }));

  it("lets a request's policy win over the flag: text, a pack's name, null for the default pack", () =>
    inScratch(async (cwd) => {
      const deny = "rules:\n  - action_type: execute_shell\n    deny_regex: 'greet'\n";
      const policies: readonly Members[] = [{ policy: deny }, { policy: "production" }, { policy: null }, {}];
      const input = policies.map((policy) => shellRequest("greet", policy)).join("");
      writeFileSync(join(cwd, "flag.yaml"), deny);
      const { code, stdout } = await canopy(["evaluate", "--policy", "flag.yaml"], { cwd, input });
      assert.equal(code, 0);
      assert.deepEqual(
        lines(stdout).map(({ decision }) => decision),
        ["DENY", "REQUIRE_APPROVAL", "ALLOW", "DENY"],
      );
    }));

  it("answers a policy that does not load with its code, each time, and a bad flag before any line", () =>
    inScratch(async (cwd) => {
      const input = shellRequest("ls", { policy: "ruls: 1" }).repeat(3) + shellRequest("ls");
      const { code, stdout } = await canopy(["evaluate"], { cwd, input });
      assert.equal(code, 2);
      const answers = lines(stdout);
      for (const answer of answers.slice(0, 3)) assert.ok(isErrorOf(answer, "INVALID_POLICY"));
      assert.equal(answers[3]?.["decision"], "ALLOW");
      const flag = await canopy(["evaluate", "--policy", "missing.yaml"], { cwd, input });
      assert.equal(flag.code, 2);
      assert.equal(flag.stdout, "");
      assert.match(flag.stderr, /POLICY_UNREADABLE/u);
    }));

  it("refuses what only some readers would read: duplicate members, a byte-order mark, bytes that are not UTF-8", () =>
    inScratch(async (cwd) => {
      const good = shellRequest("ls").trim();
      const bad = [good.replace("{", '{"action_type":"x",'), `\ufeff${good}`, `${good}x`, good.replace('"', "'")];
      const input = Buffer.concat([Buffer.from(`${bad.join("\n")}\n`), Buffer.from([0x22, 0xff, 0x22, 10])]);
      const { code, stdout } = await canopy(["evaluate"], { cwd, input });
      assert.equal(code, 2);
      const answers = lines(stdout);
      assert.equal(answers.length, 5);
      for (const answer of answers) assert.ok(isErrorOf(answer, "INVALID_REQUEST"), JSON.stringify(answer));
    }));

  it("refuses arguments under a wrong name rather than deciding an empty action", () =>
    inScratch(async (cwd) => {
      const input = shellRequest("rm -rf /").replace('"action_payload"', '"payload"');
      const { code, stdout } = await canopy(["evaluate"], { cwd, input });
      assert.equal(code, 2);
      assert.ok(isErrorOf(lines(stdout)[0], "INVALID_REQUEST"), stdout);
    }));

  it("does not hold what it has read: twenty thousand lines take little more memory than one", () =>
    inScratch(async (cwd) => {
      const one = await peakMemory(cwd, 1);
      const many = await peakMemory(cwd, 20_000);
      assert.ok(many - one < 100_000, `${one} kB for one line, ${many} kB for many`);
    }));

  it("stops quietly when nobody reads its output any more", () =>
    inScratch(async (cwd) => {
      const child = spawn(process.execPath, [MAIN, "evaluate", "-"], { cwd, stdio: ["pipe", "pipe", "pipe"] });
      child.stdin.on("error", () => undefined);
      child.stdin.end(shellRequest("ls").repeat(5000));
      child.stdout.once("data", () => child.stdout.destroy());
      let stderr = "";
      child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.equal(code, 0);
      assert.equal(stderr, "");
    }));
});

async function peakMemory(cwd: string, count: number): Promise<number> {
  const script = `process.argv.splice(1, 1); await import(${JSON.stringify(MAIN)}); console.error(process.resourceUsage().maxRSS);`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, MAIN, MAIN, "evaluate", "-"], { cwd });
    let stderr = "";
    child.stdout.resume();
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    child.on("close", () => resolve(Number(/(\d+)\s*$/u.exec(stderr)?.[1])));
    child.stdin.on("error", () => undefined);
    child.stdin.end(shellRequest("ls").repeat(count));
  });
}

function isErrorOf(answer: Members | undefined, code: string): boolean {
  const error = answer?.["error"];
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

describe("canopy authorize", () => {
  it("ends with the verdict's exit code and records each decision", () =>
    inScratch(async (cwd) => {
      const commands: readonly (readonly [string, number])[] = [
        ["ls", 0],
        ["rm -rf /", 1],
        ["curl https://example.org/", 3],
      ];
      for (const [command, exit] of commands) {
        const words = [
          "authorize",
          "--action-type",
          "execute_shell",
          "--payload",
          JSON.stringify({ command }),
          "--json",
        ];
        const { code, stdout, stderr } = await canopy(words, { cwd });
        assert.equal(code, exit, stderr);
        assert.match(String(parse(stdout)["authorization_id"]), /^[0-9a-f]{64}$/u);
      }
      const { code, stdout } = await canopy(["verify", "--json"], { cwd });
      assert.equal(code, 0);
      const events = readFileSync(join(cwd, "audit.log"), "utf8").match(/"event":"\w+"/gu) ?? [];
      assert.equal(events.filter((event) => event.includes("authorize_action")).length, 3);
      assert.equal(parse(stdout)["entries"], events.length);
    }));

  it("takes a request document from standard input", () =>
    inScratch(async (cwd) => {
      const { code, stdout } = await canopy(["authorize", "-"], { cwd, input: shellRequest("rm -rf /") });
      assert.equal(code, 1);
      assert.match(stdout, /^DENY {2}execute_shell {2}critical$/mu);
    }));

  it("refuses bad words with exit 2 and records nothing that ran", () =>
    inScratch(async (cwd) => {
      for (const words of [[], ["--action-type", "x", "--payload", "{"], ["--action-type", "x", "-"]]) {
        const { code, stdout, stderr } = await canopy(["authorize", ...words], { cwd, input: "{}" });
        assert.equal(code, 2, words.join(" "));
        assert.equal(stdout, "");
        assert.match(stderr, /^error: .*\nfix: .*\n$/u);
      }
      assert.ok(!existsSync(join(cwd, "audit.log")));
    }));

  it("answers DENY with exit 4 when the decision can't be recorded", () =>
    inScratch(async (cwd) => {
      symlinkSync("/dev/null", join(cwd, "audit.log"));
      const { code, stdout } = await canopy(["authorize", "-", "--json"], { cwd, input: shellRequest("ls") });
      assert.equal(code, 4);
      assert.equal(parse(stdout)["decision"], "DENY");
      assert.equal(parse(stdout)["authorization_id"], null);
    }));
});

describe("canopy verify", () => {
  it("says for every log of the reference what its manifest says", () =>
    inScratch(async (cwd) => {
      const manifest = parse(readFileSync(join(VECTORS, "audit/manifest.json"), "utf8"));
      const files = manifest["files"];
      assert.ok(Array.isArray(files) && files.length === 36);
      const some: readonly Members[] = files.filter((_file, index) => index % 4 === 0);
      for (const file of some) {
        const { code, stdout } = await canopy(["verify", join(VECTORS, "audit", String(file["file"])), "--json"], {
          cwd,
        });
        if (file["strict_valid"] === null) assert.equal(code, 2);
        else {
          const { valid, first_bad_line, failure } = parse(stdout);
          const expected = [file["strict_valid"], file["strict_first_bad_line"], file["strict_failure"]];
          assert.deepEqual([valid, first_bad_line, failure], expected, String(file["file"]));
          assert.equal(code, valid === true ? 0 : 1);
        }
      }
    }));

  it("never calls a missing, empty or unreadable log valid: exit 2, with JSON too", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "empty.log"), "");
      for (const path of ["missing.log", "empty.log", "."]) {
        const { code, stdout, stderr } = await canopy(["verify", path, "--json"], { cwd });
        assert.equal(code, 2, path);
        assert.ok(isErrorOf(parse(stdout), "FILE_UNUSABLE"), path);
        assert.match(stderr, /FILE_UNUSABLE/u);
      }
    }));

  it("prints nothing with --quiet; the exit code is the answer", () =>
    inScratch(async (cwd) => {
      const tampered = await canopy(["verify", "-q", join(VECTORS, "audit/edit-decision.log")], { cwd });
      assert.deepEqual([tampered.code, tampered.stdout], [1, ""]);
    }));

  it("says the same with plain words, and with words that the parser has to read", () =>
    inScratch(async (cwd) => {
      const log = join(VECTORS, "audit/base-24.log");
      const plain = await canopy(["verify", log], { cwd });
      const parsed = await canopy(["verify", "--", log], { cwd });
      assert.deepEqual(plain, parsed);
      const twice = await canopy(["verify", log, log], { cwd });
      assert.equal(twice.code, 2);
      assert.match(twice.stderr, /one word too many/u);
    }));

  it("is reached by the name it had, with the same words", () =>
    inScratch(async (cwd) => {
      const entry = "bin/canopy-verify.js";
      const { code, stdout } = await canopy([join(VECTORS, "audit/base-24.log")], { cwd, entry });
      assert.equal(code, 0);
      assert.match(stdout, /^INTACT/u);
    }));
});

describe("canopy log", () => {
  it("shows the last entries, each on one line, and says which log it used", () =>
    inScratch(async (cwd) => {
      copyFileSync(join(VECTORS, "audit/mixed-200.log"), join(cwd, "audit.log"));
      const { code, stdout, stderr } = await canopy(["log", "-n", "3"], { cwd });
      assert.equal(code, 0);
      assert.equal(stdout.trimEnd().split("\n").length, 4);
      assert.match(stderr, /audit\.log \(default\)/u);
      const named = await canopy(["log", "-n", "3"], { cwd, env: { CANOPY_AUDIT_LOG_PATH: "audit.log" } });
      assert.match(named.stderr, /audit\.log \(environment\)/u);
    }));

  it("prints entries as they were recorded with --json, and a broken line as such", () =>
    inScratch(async (cwd) => {
      const recorded = readFileSync(join(VECTORS, "audit/base-24.log"), "utf8").trimEnd().split("\n");
      writeFileSync(join(cwd, "audit.log"), `${recorded.join("\n")}\n{"torn`);
      const { stdout } = await canopy(["log", "-n", "4", "--json"], { cwd });
      assert.deepEqual(lines(stdout), [...recorded.slice(-3).map(parse), { unreadable: '{"torn' }]);
    }));

  it("follows a log until it is interrupted, then ends with 130", () =>
    inScratch(async (cwd) => {
      const path = join(cwd, "audit.log");
      copyFileSync(join(VECTORS, "audit/base-24.log"), path);
      const child = spawn(process.execPath, [MAIN, "log", path, "-n", "1", "--follow", "--json"], { cwd });
      let stdout = "";
      child.stdout.on("data", (text: Buffer) => {
        if (stdout === "") writeFileSync(path, `${JSON.stringify({ event: "later" })}\n`, { flag: "a" });
        stdout += text.toString();
        if (stdout.includes("later")) child.kill("SIGINT");
      });
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.equal(code, 130);
      assert.equal(lines(stdout).length, 2);
    }));
});

describe("hostile text", () => {
  it("is never obeyed, whatever command shows it", () =>
    inScratch(async (cwd) => {
      const entries = HOSTILE.map(({ value }) =>
        JSON.stringify({
          event: value,
          timestamp: value,
          avid: value,
          action_type: value,
          decision: value,
          reason: value,
        }),
      );
      writeFileSync(join(cwd, "audit.log"), `${entries.join("\n")}\n`);
      const requests = HOSTILE.map(({ value }) =>
        JSON.stringify({
          id: value,
          agent_ctx: { public_key: value },
          action_type: value,
          action_payload: { command: value },
        }),
      );
      writeFileSync(join(cwd, "requests.jsonl"), `${requests.join("\n")}\n`);
      const policy = HOSTILE.map(
        ({ value }) => `  - action_type: ${JSON.stringify(value)}\n    ${JSON.stringify(value)}: 1\n`,
      );
      writeFileSync(join(cwd, "policy.yaml"), `rules:\n${policy.join("")}`);
      const runs: readonly (readonly string[])[] = [
        ["log", "-n", "500"],
        ["log", "-n", "500", "--json"],
        ["verify"],
        ["verify", "--json"],
        ["evaluate", "requests.jsonl"],
        ["lint-policy", "policy.yaml"],
        ["lint-policy", "policy.yaml", "--json"],
        ["lint-policy", "policy.yaml", "--format", "sarif"],
        ["self-check"],
      ];
      for (const words of runs) {
        const { stdout, stderr } = await canopy(words, { cwd });
        assert.ok(isTame(stdout) && isTame(stderr), words.join(" "));
        assert.ok((stdout + stderr).length > 0);
      }
    }));

  it("in words, paths and variables is not obeyed either", () =>
    inScratch(async (cwd) => {
      const evil = "\u001b[2J\rFORGED\nFORGED \u202e";
      const env = { CANOPY_AUDIT_LOG_PATH: join(cwd, evil), CANOPY_POLICY_FILE: join(cwd, evil) };
      const runs: readonly (readonly string[])[] = [
        [evil],
        ["log", evil],
        ["log", "--limit", evil],
        ["log", `--${evil}`],
        ["log"],
        ["verify", evil],
        ["lint-policy", evil],
        ["lint-policy", "--format", evil, "x"],
        ["config", "--show-origin"],
        ["self-check"],
        ["keys", evil],
        ["quickstart", "--framework", evil],
        ["authorize", "--action-type", evil, "--policy", "default", "--audit-log-path", "a.log"],
        ["authorize", "--action-type", "execute_shell", "--policy", evil],
        ["completions", evil],
      ];
      for (const words of runs) {
        const { stdout, stderr } = await canopy(words, { cwd, env });
        assert.ok(isTame(stdout) && isTame(stderr), JSON.stringify([words, stdout, stderr]));
      }
    }));
});

describe("canopy keys and config", () => {
  it("shows no key, makes one once, keeps it, and never shows its private part", () =>
    inScratch(async (cwd) => {
      assert.equal((await canopy(["keys"], { cwd })).code, 1);
      const first = await canopy(["keys", "create"], { cwd });
      const again = await canopy(["keys", "create"], { cwd });
      assert.equal(first.code, 0);
      assert.equal(first.stdout, again.stdout);
      const file = join(cwd, "home/keys/signing.key");
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const vkey = await canopy(["keys", "--vkey"], { cwd });
      assert.match(vkey.stdout, /^canopy\/[0-9a-f]{32}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}\n$/u);
      const all = (await canopy(["keys", "--json"], { cwd })).stdout + vkey.stdout + first.stdout;
      assert.ok(!all.includes("PRIVATE") && !all.includes(readFileSync(file, "utf8").split("\n")[1] ?? "?"));
      chmodSync(file, 0o644);
      const open = await canopy(["keys"], { cwd });
      assert.equal(open.code, 2);
      assert.match(open.stderr, /INVALID_KEY.*\nfix: /u);
    }));

  it("says where each setting comes from", () =>
    inScratch(async (cwd) => {
      const { stdout } = await canopy(["config", "--show-origin", "--json"], {
        cwd,
        env: { CANOPY_DURABILITY: "batch" },
      });
      const document = parse(stdout);
      const { settings, origins } = document;
      assert.ok(typeof settings === "object" && settings !== null && "durability" in settings);
      assert.equal(settings.durability, "batch");
      assert.ok(typeof origins === "object" && origins !== null && "durability" in origins && "home" in origins);
      assert.deepEqual([origins.durability, origins.home], ["environment", "environment"]);
      const bad = await canopy(["config"], { cwd, env: { CANOPY_DURABILITY: "maybe" } });
      assert.equal(bad.code, 2);
      assert.match(bad.stderr, /INVALID_CONFIG/u);
    }));

  it("warns of a log that was begun from another home, since nothing can be recorded in it as it is", () =>
    inScratch(async (cwd) => {
      copyFileSync(join(VECTORS, "audit/base-24.log"), join(cwd, "audit.log"));
      const { code, stdout } = await canopy(["self-check"], { cwd });
      assert.equal(code, 0);
      assert.match(stdout, /^WARN {2}log .*not begun from this home/mu);
      const refused = await canopy(["authorize", "-", "--json"], { cwd, input: shellRequest("ls") });
      assert.equal(refused.code, 4);
      const goes = await canopy(["authorize", "-", "--continue"], { cwd, input: shellRequest("ls") });
      assert.equal(goes.code, 0, goes.stdout);
    }));

  it("tells of each anchor that is set whether it answers and how far it reaches", () =>
    inScratch(async (cwd) => {
      const elsewhere = join(cwd, "elsewhere");
      mkdirSync(elsewhere);
      mkdirSync(join(cwd, "home"));
      const anchors = [`folder:${elsewhere}`, "syslog://127.0.0.1:9"];
      writeFileSync(join(cwd, "home", "config.json"), JSON.stringify({ anchors }));
      const told = async (): Promise<readonly string[]> => {
        const { stdout } = await canopy(["self-check", "--json"], { cwd });
        const { checks } = parse(stdout);
        assert.ok(Array.isArray(checks));
        const found: readonly Members[] = checks.filter(({ name }: Members) => name === "anchors");
        return found.map(({ result, detail }) => `${String(result)} ${String(detail)}`.replaceAll(cwd, ""));
      };
      assert.match((await told()).join(), /^pass folder:\/elsewhere, syslog:\/\/127\.0\.0\.1:9; asked once/u);
      await canopy(["authorize", "-"], { cwd, input: shellRequest("ls") });
      const [folder = "", syslog = ""] = await told();
      assert.match(folder, /^pass folder:\/elsewhere: has a checkpoint of (\d+) of \1 entries$/u);
      assert.match(syslog, /^pass syslog\+udp:.* as it was given; it can't be asked$/u);
      const lines = readFileSync(join(cwd, "audit.log"), "utf8").split("\n");
      writeFileSync(join(cwd, "audit.log"), `${lines[0] ?? ""}\n`);
      assert.match((await told()).join(), /^fail folder:.*: the log was rolled back,/u);
      rmSync(elsewhere, { recursive: true });
      assert.match((await told()).join(), /^fail folder:.* and can't be reached: /u);
    }));

  it("gives each thing that self-check finds wrong its fix", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "policy.yaml"), "ruls: 1\n");
      copyFileSync(join(VECTORS, "audit/edit-decision.log"), join(cwd, "audit.log"));
      const { code, stdout } = await canopy(["self-check", "--policy-file", "policy.yaml", "--json"], { cwd });
      assert.equal(code, 1);
      const { checks } = parse(stdout);
      assert.ok(Array.isArray(checks));
      const failing: readonly Members[] = checks.filter((check: Members) => check["result"] === "fail");
      assert.deepEqual(new Set(failing.map(({ name }) => name)), new Set(["log", "policy"]));
      for (const { fix } of failing) assert.equal(typeof fix, "string");
    }));
});

describe("canopy quickstart", () => {
  it("ends well with tools that really ran, an approval, and the flipped byte found", () =>
    inScratch(async (cwd) => {
      const words = ["quickstart", "--audit-log-path", "quick.log", "--json"];
      const { code, stdout, stderr } = await canopy(words, { cwd });
      assert.equal(code, 0, stderr);
      const { ok, steps, evidence } = parse(stdout);
      assert.equal(ok, true);
      assert.ok(Array.isArray(steps));
      const seen: readonly Members[] = steps;
      assert.deepEqual(
        seen.map(({ decision, outcome }) => [decision, outcome]),
        [
          ["ALLOW", "ran"],
          ["ALLOW", "ran"],
          ["DENY", "refused"],
          ["REQUIRE_APPROVAL", "ran"],
        ],
      );
      assert.ok(typeof evidence === "object" && evidence !== null && "named_line" in evidence);
      const verified = await canopy(["verify", "quick.log", "--signatures", "--json"], { cwd });
      assert.equal(verified.code, 0);
      assert.equal(parse(verified.stdout)["anchored"], true);
    }));

  it("has a log of its own for each run, out of the way of others; one that is named goes on", () =>
    inScratch(async (cwd) => {
      const env = { TMPDIR: cwd, CANOPY_HOME: "" };
      for (let run = 0; run < 2; run += 1) {
        const { code, stdout } = await canopy(["quickstart"], { cwd, env });
        assert.equal(code, 0);
        assert.match(stdout, /INTACT: 12 entries, chained/u);
      }
      const logs = readdirSync(cwd).filter((name) => name.startsWith("canopy-quickstart-log-"));
      assert.equal(logs.length, 2);
      for (const name of logs) assert.equal(statSync(join(cwd, name)).mode & 0o777, 0o700);
      const named = ["quickstart", "--audit-log-path", "kept.log"];
      assert.equal((await canopy(named, { cwd })).code, 0);
      assert.match((await canopy(named, { cwd })).stdout, /INTACT: 12 entries of this run and 12 from before/u);
    }));

  it("says what an unknown framework, or one without an adapter, needs", () =>
    inScratch(async (cwd) => {
      for (const name of ["crewai", "nothing"]) {
        const { code, stderr } = await canopy(["quickstart", "--framework", name], { cwd });
        assert.equal(code, 2);
        assert.match(stderr, /fix: expected vanilla or langchain/u);
      }
    }));
});
