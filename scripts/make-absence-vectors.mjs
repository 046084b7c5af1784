// Writes vectors/absence/: a small log with its index and checkpoint, proofs over it that hold, and proofs that don't.
//
//   npm run build && node scripts/make-absence-vectors.mjs
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sample from "./absence-sample-log.mjs";
import { root } from "./setup.mjs";

const { AGENTS, at, auditor, K, keyOf, log, makeLog, noteOver, sha256, START, stranger, witness } = sample;
const dist = (path) => import(join(root, "packages/runtime/dist", `${path}.js`));
const { proveOverLog } = await dist("storage/entry-index/prove-log");
const { TlogReader } = await dist("storage/tlog/tlog-reader");
const { indexKey } = await dist("ledger/entry-index/index-key");
const { readIndexedLine, termsOfLine } = await dist("ledger/entry-index/indexed-line");
const { verifyIndexProof } = await dist("ledger/entry-index/verify-index-proof");
const { parseTrustPolicy } = await dist("ledger/tlog/trust-policy");
const { verifySignature } = await dist("runtime/crypto");
const { RunList } = await dist("storage/entry-index/run-list");
const { formatRunRecord } = await dist("ledger/entry-index/run-record");

const temporary = mkdtempSync(join(tmpdir(), "canopy-vectors-"));
const main = makeLog(join(temporary, "main"));
const other = makeLog(join(temporary, "other"), (window) => (window === 6 ? { action_type: "execute_shell" } : {}));
// Agent b's deletion carries a tenant of another type, and one more, of agent c, is plain.
const odd = makeLog(join(temporary, "odd"), (window, each) =>
  window === 6 && each === 0 ? { action_type: "delete_file", tenant_id: 5 } : {},
);
const reader = await TlogReader.open(main.path);
const oddReader = await TlogReader.open(odd.path);
const otherReader = await TlogReader.open(other.path);

const out = join(root, "vectors/absence");
for (const name of readdirSync(out)) if (name !== "README.md") rmSync(join(out, name), { recursive: true });
const manifest = [];

const NOTHING = { except_agent: null, tenant: null, from: null, to: null };
const time = (seconds) => START + seconds;
const HOST = "net.connect:files.example.com";

function statement(claim, where, more = {}) {
  return { claim, where, ...NOTHING, ...more };
}

async function prove(asked, { resource = null, checkpoint, of = [reader, main] } = {}) {
  const [open, { path }] = of;
  const { text, found, matching } = proveOverLog(open, path, {
    statement: asked,
    resource,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });
  if (text !== null) return JSON.parse(text);
  // Of a false statement there is no file: one that shows what it would have to say is made from the contrary.
  const claim = asked.claim === "absent" ? "present" : "absent";
  const contrary = proveOverLog(open, path, { statement: { ...asked, claim }, resource });
  if (contrary.text === null) throw new Error(`neither way: ${JSON.stringify(found)} ${matching.length}`);
  const proof = JSON.parse(contrary.text);
  proof.statement.claim = asked.claim;
  return proof;
}

const trusts = {
  "log.txt": `log ${log.vkey}\nquorum none\n`,
  "auditor.txt": `log ${log.vkey}\nquorum none\nindex-auditor ${auditor.vkey}\n`,
  "witnessed.txt": `log ${log.vkey}\nwitness W ${witness.vkey}\nquorum W\n`,
  "stranger.txt": `log ${stranger.vkey}\nquorum none\n`,
};
for (const [name, text] of Object.entries(trusts)) {
  mkdirSync(join(out, "trust"), { recursive: true });
  writeFileSync(join(out, "trust", name), text);
}

function put(name, proof, [verdict, why, trust = "log.txt"]) {
  const text =
    typeof proof === "string"
      ? proof
      : `${JSON.stringify(proof).replaceAll('{"position"', '\n{"position"').replaceAll('{"index":', '\n{"index":')}\n`;
  writeFileSync(join(out, `${name}.json`), text);
  const policy = trust === null ? null : parseTrustPolicy(trusts[trust], sha256);
  const result = verifyIndexProof(Buffer.from(text), policy, { sha256, verifySignature });
  if (result.verdict !== verdict) {
    throw new Error(`${name}: ${result.verdict} (${result.reason} at ${result.at}), expected ${verdict}`);
  }
  const { found } = result;
  const matching = found === null ? null : found.matching.map(({ index }) => index);
  const limits =
    found === null ? null : { covered: found.covered, unresolved: found.unresolved, silence_s: found.silence_s };
  const unsure = found === null ? null : found.uncertain.map(({ index }) => index);
  manifest.push({ file: `${name}.json`, trust, verdict, why, matching, uncertain: unsure, limits });
}

const never = await prove(statement("absent", { avid: AGENTS[0], action_type: "delete_file" }));
const deleted = await prove(statement("present", { action_type: "delete_file" }));
const trace = await prove(statement("present", { trace_id: "trace-13" }));
const early = await prove(statement("absent", { avid: AGENTS[1], action_type: "delete_file" }, { to: time(300) }));
const late = await prove(statement("absent", { action_type: "delete_file" }, { from: time(420), to: time(900) }));
const host = { name: HOST, key: K };
const only = await prove(statement("absent", { resource: keyOf(HOST) }, { except_agent: AGENTS[0] }), {
  resource: host,
});
const quiet = await prove(statement("absent", { resource: keyOf("net.connect:evil.example.com") }), {
  resource: { name: "net.connect:evil.example.com", key: null },
});
const umbra = await prove(statement("absent", { trace_id: "trace-12" }, { tenant: "umbra" }));
const allowed = await prove(statement("absent", { resource: keyOf(HOST), decision: "DENY" }), { resource: host });
const audited = await prove(statement("absent", { avid: AGENTS[0], action_type: "delete_file" }), {
  checkpoint: noteOver(main.lines, [log, auditor]),
});
const witnessed = await prove(statement("absent", { avid: AGENTS[0], action_type: "delete_file" }), {
  checkpoint: noteOver(main.lines, [log, witness]),
});
const wrongly = await prove(statement("absent", { action_type: "delete_file" }));
const elsewhere = await prove(statement("absent", { action_type: "delete_file" }), { of: [otherReader, other] });

put("absent", never, ["valid", "no run has the key"]);
put("absent-until", early, ["valid", "runs after the time are skipped; the merged run gave way to its parts"]);
put("absent-between", late, ["valid", "runs before and after the times are skipped"]);
put("absent-except-agent", only, ["valid", "every entry that has the resource key is shown, and is that agent's"]);
put("absent-undisclosed", quiet, ["valid", "the name of the resource is the operator's word"]);
put("absent-tenant", umbra, ["valid", "the trace is another tenant's"]);
put("absent-two-conditions", allowed, ["valid", "entries with the resource key are shown, and none has that decision"]);
put("absent-audited", audited, ["valid", "cosigned by an index auditor", "auditor.txt"]);
put("absent-witnessed", witnessed, ["valid", "cosigned as the quorum asks", "witnessed.txt"]);
put("present", deleted, ["valid", "the one entry"]);
put("present-trace", trace, ["valid", "all entries of a trace"]);
put("false-absent", wrongly, ["false", "the entry that is shown is what is said to be absent"]);
put("false-present", { ...never, statement: { ...never.statement, claim: "present" } }, ["false", "nothing matches"]);
const changed = (proof, change) => {
  const copy = structuredClone(proof);
  change(copy);
  return copy;
};

const ofOdd = { of: [oddReader, odd] };
const uncertain = await prove(statement("present", { action_type: "delete_file" }), ofOdd);
put("present-uncertain", uncertain, ["valid", "beside the entry that matches an odd one is shown"]);
put(
  "false-absent-uncertain",
  changed(uncertain, (p) => {
    p.statement.claim = "absent";
    p.statement.except_agent = AGENTS[1];
  }),
  ["false", "an odd line that has the key speaks against absence"],
);
put(
  "false-present-uncertain",
  changed(uncertain, (p) => {
    p.statement.except_agent = AGENTS[1];
  }),
  ["false", "an odd line that has the key doesn't speak for presence"],
);
put("untrusted", never, ["untrusted", "no key is given", null]);

const bad = (name, proof, why, change) => put(`invalid-${name}`, changed(proof, change), ["invalid", why]);

put("untrusted-stranger", never, ["untrusted", "signed by another key of the same name", "stranger.txt"]);
put("untrusted-not-witnessed", never, ["untrusted", "the quorum is missing", "witnessed.txt"]);
bad(
  "signature",
  never,
  "the signature is another note's",
  (p) =>
    (p.checkpoint = p.checkpoint.replace(
      /(— \S+ .{12})./u,
      (whole, head) => `${head}${whole.at(-1) === "A" ? "B" : "A"}`,
    )),
);
bad(
  "checkpoint",
  never,
  "a checkpoint of another log under the same name",
  (p) => (p.checkpoint = elsewhere.checkpoint),
);
bad("run-missing", never, "the first run is left out", (p) => p.runs.shift());
bad("run-missing-last", never, "the last run is left out", (p) => p.runs.pop());
bad("run-twice", never, "a run stands twice", (p) => p.runs.splice(1, 0, p.runs[0]));
bad("runs-swapped", never, "two runs change places", (p) => p.runs.reverse());
bad("run-other-list", wrongly, "a run of a log in which nothing was deleted", (p) => {
  p.runs = elsewhere.runs;
  p.entries = elsewhere.entries;
});
bad("meta-other-log", wrongly, "runs and `checkpoint_meta` of a log in which nothing was deleted", (p) => {
  p.meta = elsewhere.meta;
  p.runs = elsewhere.runs;
  p.entries = elsewhere.entries;
});
bad("record-times", wrongly, "a record whose times were changed so that it could be skipped", (p) => {
  p.statement.from = at(1000);
  p.runs[0].record.newest = at(500);
  p.runs[0].shown = "skipped";
  p.entries = [];
});
bad("skipped", wrongly, "a run that overlaps the times is skipped", (p) => {
  p.statement.from = at(100);
  for (const run of p.runs) if (run.shown.present !== undefined) run.shown = "skipped";
  p.entries = [];
});
bad("skipped-untimed", wrongly, "a run is skipped though no time is stated", (p) => {
  for (const run of p.runs) if (run.shown.present !== undefined) run.shown = "skipped";
  p.entries = [];
});
bad("neighbours-apart", never, "the neighbours aren't adjacent", (p) => {
  p.runs[0].shown.absent.right = p.runs[1].shown.absent.right;
});
bad("neighbour-gone", never, "the right neighbour is left out, though the left one isn't the last", (p) => {
  p.runs[0].shown.absent.right = null;
});
bad("neighbours-gone", never, "no neighbours of a run that has keys", (p) => {
  p.runs[0].shown.absent = { left: null, right: null };
});
bad("neighbour-index", never, "a neighbour's place was changed", (p) => {
  p.runs[0].shown.absent.left.index -= 1;
  p.runs[0].shown.absent.right.index -= 1;
});
bad("neighbour-count", never, "a neighbour's count was changed", (p) => (p.runs[0].shown.absent.left.count += 1));
bad("other-key", wrongly, "the neighbours of another key", (p) => {
  const at = p.runs.findIndex((run) => run.shown.present !== undefined);
  p.runs[at].shown = never.runs[0].shown;
  p.entries = [];
});
bad("statement", never, "the agent was changed after the fact", (p) => (p.statement.where.avid = AGENTS[1]));
bad("tenant", umbra, "the tenant was changed after the fact", (p) => (p.statement.tenant = "acme"));
bad("whole-log", umbra, "what was shown for a tenant is said of the whole log", (p) => (p.statement.tenant = null));
bad("by", never, "the index is asked for something that the statement doesn't name", (p) => (p.by = "trace_id"));
bad("from-after-to", early, "`from` is after `to`", (p) => (p.statement.from = at(301)));
bad("from-after-log", late, "the log hasn't reached that time", (p) => {
  p.statement.from = at(10_000);
  p.statement.to = null;
  for (const run of p.runs) run.shown = "skipped";
});
bad("list-cut", trace, "the list of entries was cut, and the entry left out", (p) => {
  const run = p.runs.find((each) => each.shown.present !== undefined);
  run.shown.present.entries.pop();
  p.entries.pop();
});
bad("list-order", trace, "the list isn't ascending", (p) => {
  p.runs.find((each) => each.shown.present !== undefined).shown.present.entries.reverse();
});
bad("list-outside", trace, "the list names an entry outside of its run", (p) => {
  p.runs.find((each) => each.shown.present !== undefined).shown.present.entries[0] = 0;
});
bad("entry-missing", trace, "an entry that is listed isn't shown", (p) => p.entries.pop());
bad("entry-added", trace, "an entry is shown that isn't listed", (p) => p.entries.unshift(deleted.entries[0]));
bad("entry-line", trace, "an entry's line was changed", (p) => {
  p.entries[0].line = p.entries[0].line.replace('"ALLOW"', '"DENY"');
});
bad("entry-place", trace, "an entry's path leads elsewhere", (p) => (p.entries[0].path = p.entries[1].path));
bad(
  "resource-key",
  only,
  "the disclosed key isn't the one that the log is committed to",
  (p) => (p.resource.key = "ab".repeat(32)),
);
bad(
  "resource-name",
  only,
  "the name is of another resource",
  (p) => (p.resource.name = "net.connect:good.example.com"),
);
bad("resource-unnamed", quiet, "the resource isn't named", (p) => (p.resource = null));
bad(
  "resource-needless",
  never,
  "a resource is named that the statement isn't about",
  (p) => (p.resource = quiet.resource),
);

const broken = (name, why, text) => put(`unusable-${name}`, text, ["unusable", why]);
const text = JSON.stringify(never);
broken("cut", "the file was cut", text.slice(0, -200));
broken("version", "another version", text.replace('"canopy_proof":1', '"canopy_proof":2'));
broken("twice", "a member stands twice", text.replace('"by":', '"by":"avid","by":'));
broken("more", "a member that isn't known", text.replace('"by":', '"valid":true,"by":'));
broken("nothing-said", "`where` names nothing", text.replace(/"where":\{[^}]*\}/u, '"where":{}'));
broken("time-zone", "a time in another spelling", text.replace('"from":null', '"from":"2026-11-01T10:00:00+01:00"'));
broken(
  "upper-case",
  "hashes in upper case",
  text.replace(/"path":\["[0-9a-f]+"/u, (each) => each.replace(/[0-9a-f]{64}/u, (hash) => hash.toUpperCase())),
);
broken("fraction", "an index that isn't whole", text.replace(/"position":(\d+)/u, '"position":$1.5'));
broken("list", "a list", `[${text}]`);

writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
writeFileSync(join(out, "audit.log"), `${main.lines.join("\n")}\n`);

// What the index of that log is made of, step by step.
const list = RunList.read(join(main.tlog, "index"), main.state.runs);
const records = Array.from({ length: main.state.runs }, (_, position) => formatRunRecord(list.record(position)));
list.close();
const ODD = [
  '{"timestamp":"2026-11-01T09:00:00Z","avid":5,"event":"e"}',
  '{"timestamp":"2026-11-01T10:00:00.5+01:00","avid":"a","event":"e","tenant_id":"t"}',
  '{"avid":"a","avid":"b"}',
  '{"timestamp":"yesterday","avid":"a"}',
  '{"timestamp":"2026-11-01T09:00:00Z","avid":"\\ud800"}',
  '{"timestamp":"2026-11-01T09:00:00Z","resource_keys":["r","r","unresolved",1]}',
  "{",
  "[]",
  '{"timestamp":"2026-11-01T09:00:00Z","x":NaN}',
];
const lines = [main.lines[0], main.lines.at(-1), ...ODD].map((line) => {
  const read = readIndexedLine(Buffer.from(line));
  const keys = termsOfLine(read).map((term) => ({ ...term, key: indexKey(term, sha256).toString("hex") }));
  return { line, time: read.time, odd: read.odd, keys };
});
const steps = { covered_entries: main.state.covered_entries, root: main.state.root, records, lines };
writeFileSync(join(out, "steps.json"), `${JSON.stringify(steps, null, 1)}\n`);
reader.close();
otherReader.close();
oddReader.close();
rmSync(temporary, { recursive: true });
process.stdout.write(`${manifest.length} proofs\n`);
