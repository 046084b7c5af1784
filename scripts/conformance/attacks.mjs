// The attack pack, as far as it applies to a library and its commands.
import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { decideCase } from "./decider.mjs";
import { guarded, LONGEST_COMMAND_MS } from "./hang-guard.mjs";
import { readVectors } from "./vectors.mjs";

const RANK = { ALLOW: 0, REQUIRE_APPROVAL: 1, DENY: 2, ERROR: 3 };
const CLI = new URL("../../packages/cli/dist/main.js", import.meta.url).pathname;
const SAFE_PATHS_POLICY = "rules:\n  - action_type: modify_file\n    allow_if: safe_paths\n";

/** One row for each file: how many cases apply, and those that did not end as their `must` says. */
export function measureAttacks() {
  return [paths(), urls(), regexes(), selfConfirmation(), policies(), bodies()];
}

function rowOf(name, cases, problemOf) {
  const failed = [];
  for (const c of cases) {
    const problem = problemOf(c);
    if (problem !== null) failed.push({ id: c.id, problem });
  }
  return { name, total: cases.length, failed };
}

// A link is a fact that the shell gathers: these cases say where theirs leads.
function paths() {
  const links = { "/srv/work/link-to-root": "/" };
  const place = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links };
  return rowOf("paths", readVectors("attacks/paths.jsonl"), (c) => {
    const request = { action_type: "modify_file", action_payload: { path: c.path, content: "x" } };
    const agent_ctx = { public_key: "pk", safe_paths: c.safe_paths };
    const { decision } = decideCase({ ...request, agent_ctx, policy: SAFE_PATHS_POLICY }, place);
    const wrong = c.must.decision === undefined ? decision === c.must.decision_not : decision !== c.must.decision;
    return wrong ? decision : null;
  });
}

function urls() {
  const cases = readVectors("attacks/urls.jsonl").filter((c) => c.class.startsWith("trusted-domain"));
  return rowOf("urls", cases, (c) => {
    const ours = decisionAt(c, c.url);
    const { same_or_stricter_than_url: stranger, same_decision_as_url: same } = c.must;
    if (stranger !== undefined) return RANK[ours] < RANK[decisionAt(c, stranger)] ? ours : null;
    return ours === decisionAt(c, same) ? null : ours;
  });
}

function decisionAt(c, url) {
  const agent_ctx = { public_key: "pk", trusted_domains: c.trusted_domains };
  return decideCase({ agent_ctx, action_type: "call_external_api", action_payload: { url, data: c.data } }).decision;
}

function regexes() {
  return rowOf("regexes", readVectors("attacks/regexes.jsonl"), (c) => {
    const policy = `rules:\n  - action_type: run_job\n    deny_regex: '${c.pattern.replaceAll("'", "''")}'\n`;
    const text = c.text.unit.repeat(c.text.n) + c.text.suffix;
    const { result, hung } = guarded(() => decideCase({ action_type: "run_job", action_payload: text, policy }));
    if (hung !== null) return hung;
    const { decision, message } = result;
    if (decision === "ERROR") return c.must.result === true ? `refused: ${message}` : null;
    // Over its limit a text is denied unread, which is an answer too.
    const over = text.length > 65_536;
    if (c.must.result === true && decision !== "DENY") return decision;
    return c.must.result === false && decision === "DENY" && !over ? decision : null;
  });
}

function selfConfirmation() {
  const cases = readVectors("attacks/claims.jsonl").filter((c) => c.claim_payload !== undefined);
  return rowOf("claims (self-confirmation)", cases, (c) => {
    const without = decideCase({ action_type: c.action_type, action_payload: c.action_payload }).decision;
    const claimed = decideCase({
      action_type: c.action_type,
      action_payload: { ...c.action_payload, ...c.claim_payload },
    }).decision;
    return RANK[claimed] < RANK[without] ? `${claimed} instead of ${without}` : null;
  });
}

function policies() {
  return rowOf("policies", readVectors("attacks/policies.jsonl"), (c) => {
    const { status, signal } = canopy(["lint-policy", "-"], bytesOf(c));
    if (signal !== null) return `did not end: ${signal}`;
    return (c.must.load === "accept") === (status === 0) ? null : `exit ${status}`;
  });
}

// A body is one line to a command, so those with a raw line break, and those about HTTP itself, are the gateway's.
function bodies() {
  const cases = readVectors("attacks/bodies.jsonl").filter((c) => {
    return !c.class.startsWith("content-type") && c.gzip_of === undefined;
  });
  return rowOf("bodies", cases, (c) => {
    const { status, signal, stdout } = canopy(["evaluate", "-"], Buffer.concat([bytesOf(c), Buffer.from("\n")]));
    if (signal !== null) return `did not end: ${signal}`;
    const answers = stdout.split("\n").filter((line) => line !== "");
    if (answers.some((line) => line === "" || typeof JSON.parse(line) !== "object")) return "no document";
    const decisions = answers.map((line) => JSON.parse(line).decision).filter((decision) => decision !== undefined);
    if (!c.must.status_in.includes(200)) return status === 2 && decisions.length === 0 ? null : `exit ${status}`;
    if (decisions.length === 0 && status !== 2) return `exit ${status}`;
    return decisions.includes(c.must.decision_not) ? c.must.decision_not : null;
  });
}

function canopy(args, input) {
  const options = { encoding: "utf8", maxBuffer: 1 << 28, timeout: LONGEST_COMMAND_MS, killSignal: "SIGKILL" };
  return spawnSync(process.execPath, [CLI, ...args], { ...options, input });
}

function bytesOf(c) {
  if (c.body_b64 !== undefined) return Buffer.from(c.body_b64, "base64");
  if (c.gen !== undefined) return generated(c.gen);
  return gzipSync(generated(c.gzip_of));
}

function generated({ prefix = "", unit = "", n = 0, middle = "", unit2 = "", suffix = "" }) {
  return Buffer.from(prefix + unit.repeat(n) + middle + unit2.repeat(n) + suffix);
}
