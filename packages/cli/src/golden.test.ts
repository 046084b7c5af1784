// What people read, as whole transcripts in packages/cli/golden. `npm run golden` writes them anew; the diff is reviewed.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { commandPaths } from "./commands/index.ts";
import { canopy, inScratch } from "./testing/canopy.ts";
import { POLICY_CASES, type GoldenCase } from "./testing/policy-cases.ts";
import { REPLAY_CASES } from "./testing/replay-cases.ts";

const FOLDER = fileURLToPath(new URL("../golden/", import.meta.url));
const VECTORS = fileURLToPath(new URL("../../../vectors/", import.meta.url));
const WRITE = process.env["CANOPY_GOLDEN"] === "write";

const BROKEN_POLICY = `rules:
  - action_type: execute_shell
    deny_regx: "curl"
  - action_type: send_email
    deny_regex: "(a+"
`;

const REQUESTS = `{"id":1,"agent_ctx":{"public_key":"agent-1"},"action_type":"shell","action_payload":{"command":"ls"}}
{"id":2,"agent_ctx":{},"action_type":"shell","action_payload":{"command":"ls"}}
{"id":3,"agent_ctx":{"public_key":"agent-1"}
`;

const EVIDENCE_KEY = "canopy/00112233445566778899aabbccddeeff+3178fc3a+ASONK0NwGrGJFkFJDIGk6nMy5aOme4a91/pRMlKaHjBQ";

const CASES: readonly GoldenCase[] = [
  { name: "help", words: ["--help"] },
  { name: "help-policy", words: ["policy", "--help"] },
  ...commandPaths().map(({ path }) => ({
    name: `help-${path.replace(" ", "-")}`,
    words: [...path.split(" "), "--help"],
  })),
  { name: "unknown-command", words: ["verfiy"] },
  { name: "unknown-flag", words: ["lint-policy", "--fromat", "json", "x"] },
  { name: "lint-policy-missing", words: ["lint-policy", "nowhere.yaml"] },
  { name: "lint-policy-errors", words: ["lint-policy", "-"], input: BROKEN_POLICY },
  { name: "lint-policy-json", words: ["lint-policy", "-", "--json"], input: BROKEN_POLICY },
  { name: "lint-policy-sarif", words: ["lint-policy", "-", "--format", "sarif"], input: BROKEN_POLICY },
  ...POLICY_CASES,
  { name: "log", words: ["log", "-n", "8"], files: { "audit.log": "audit/mixed-200.log" } },
  { name: "log-missing", words: ["log"] },
  { name: "verify-intact", words: ["verify"], files: { "audit.log": "audit/mixed-200.log" } },
  { name: "verify-broken", words: ["verify", "x.log"], files: { "x.log": "audit/edit-decision.log" } },
  { name: "verify-json", words: ["verify", "x.log", "--json"], files: { "x.log": "audit/delete-line.log" } },
  { name: "verify-missing", words: ["verify", "nowhere.log"] },
  { name: "verify-empty", words: ["verify", "x.log", "--json"], files: { "x.log": "audit/empty.log" } },
  ...["valid", "entry-edited", "stranger", "text"].map((name) => ({
    name: `verify-evidence-${name}`,
    words: ["verify", `${name}.canopy-evidence`, "--vkey", EVIDENCE_KEY],
    files: { [`${name}.canopy-evidence`]: `evidence/${name}.canopy-evidence` },
  })),
  ...REPLAY_CASES,
  { name: "verify-stream", words: ["verify", "-"] },
  { name: "log-stream", words: ["log", "-"] },
  { name: "authorize-allow", words: ["authorize", "--action-type", "shell", "--payload", '{"command":"ls -la"}'] },
  { name: "authorize-deny", words: ["authorize", "--action-type", "shell", "--payload", '{"command":"rm -rf /"}'] },
  {
    name: "authorize-ask",
    words: ["authorize", "-"],
    input: '{"agent_ctx":{"public_key":"agent-1"},"action_type":"shell","action_payload":{"command":"sudo reboot"}}',
  },
  { name: "evaluate", words: ["evaluate", "-"], input: REQUESTS },
  { name: "evaluate-no-policy", words: ["evaluate", "-", "--policy", "nowhere.yaml"], input: REQUESTS },
  { name: "demo", words: ["demo", "--no-write"] },
  { name: "config", words: ["config"] },
  { name: "config-origin", words: ["config", "--show-origin"] },
  { name: "quickstart", words: ["quickstart", "--audit-log-path", "audit.log"] },
  { name: "authorize-nothing", words: ["authorize"] },
  { name: "authorize-not-json", words: ["authorize", "--action-type", "x", "--payload", "{command:1}"] },
  { name: "keys-none", words: ["keys"] },
  { name: "self-check", words: ["self-check"], files: { "audit.log": "audit/edit-decision.log" } },
  { name: "quickstart-crewai", words: ["quickstart", "--framework", "crewai"] },
  { name: "completions-bash", words: ["completions", "bash"] },
  { name: "completions-zsh", words: ["completions", "zsh"] },
  { name: "completions-fish", words: ["completions", "fish"] },
];

describe("what people read", () => {
  for (const { name, words, input, files = {}, written = {}, before = [] } of CASES) {
    it(`is as reviewed: ${name}`, () =>
      inScratch(async (cwd) => {
        for (const [file, from] of Object.entries(files)) copyFileSync(join(VECTORS, from), join(cwd, file));
        for (const [file, text] of Object.entries(written)) writeFileSync(join(cwd, file), text);
        for (const each of before) await canopy(each, { cwd });
        const { code, stdout, stderr } = await canopy(words, { cwd, ...(input === undefined ? {} : { input }) });
        const shown = `$ canopy ${words.join(" ")}\n${stdout}${section("stderr", stderr)}--- exit ${code}\n`;
        const transcript = settled(shown, cwd);
        const path = join(FOLDER, `${name}.txt`);
        if (WRITE) {
          mkdirSync(FOLDER, { recursive: true });
          writeFileSync(path, transcript);
        }
        assert.equal(transcript, readFileSync(path, "utf8"));
      }));
  }

  it("has no transcript that nothing writes", () => {
    const names = new Set(CASES.map(({ name }) => `${name}.txt`));
    assert.deepEqual(
      readdirSync(FOLDER).filter((file) => !names.has(file)),
      [],
    );
  });
});

/** The transcript without what differs from run to run: folders, times, hashes that cover times, versions of Node. */
function settled(shown: string, cwd: string): string {
  return shown
    .replaceAll(realpathSync(cwd), "<folder>")
    .replaceAll(/(edits <folder>[^\n]*)\n {14}/gu, "$1 ")
    .replaceAll(/\/[\w/-]*canopy-quickstart-\w{6}/gu, "<scratch>")
    .replaceAll(/((?:recorded|digest)\s+(?:sha256:)?)[0-9a-f]{64}/gu, "$1<hash>")
    .replaceAll(/("(?:action_digest|rules_hash|policy_hash)":"(?:sha256:)?)[0-9a-f]{64}/gu, "$1<hash>")
    .replaceAll(/(until +)\d{4}-\d\d-\d\dT[\d:.]+Z/gu, "$1<time>")
    .replaceAll(/^[0-9a-f]{12}  \d{4}-\d\d-\d\dT[\d:]+Z/gmu, "<id>  <time>")
    .replaceAll(/^( +)"[0-9a-f]{64}"/gmu, '$1"<id>"')
    .replaceAll(/Node \d+\.\d+\.\d+/gu, "Node <version>");
}

function section(title: string, text: string): string {
  return text === "" ? "" : `--- ${title}\n${text}`;
}
