// Proofs of absence and presence by somebody who may lie, with keys of their own: entries, runs, trees and signatures fit
// together as far as the lies let them, so that a verifier has to look at what they say.
import fc from "fast-check";
import { change, changed, dist, hex, rarely, reordered, sealed, treeOf } from "./hostile-parts.mjs";

const { canonicalJson } = await dist("core/canonical.js");
const { formatEntryTime } = await dist("ledger/entry-index/entry-time.js");
const { compareKeys, indexKey } = await dist("ledger/entry-index/index-key.js");
const { readIndexedLine, termsOfLine } = await dist("ledger/entry-index/indexed-line.js");
const { resourceCommitment, resourceKeyOf } = await dist("ledger/entry-index/resource-key.js");
const { addLine, emptyStretch } = await dist("ledger/entry-index/stretch.js");
const { leafHash } = await dist("ledger/merkle.js");
const { sha256 } = await dist("runtime/crypto.js");

const K = new Uint8Array(32).fill(7);
const NAME = "net.connect:evil.example.com";
const RESOURCE = resourceKeyOf(NAME, K, sha256);
const COMMITMENT = resourceCommitment(K, sha256);
const START = Date.UTC(2026, 10, 1) / 1000;

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const listOf = (entries) => sha256(Buffer.concat(entries.map(u64)));
const leafOf = ({ key: of, count, list }) => leafHash(Buffer.concat([of, u64(count), list]), sha256);

// ---- lines, honest and odd

const deep = (levels) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const ODD_MEMBERS = [
  '"x":{"a":1,"a":2}',
  '"trace_id":"t-1","trace_id":"t-1"',
  '"x":NaN',
  '"x":1e400',
  '"x":123456789012345678901234567890',
  `"x":${"9".repeat(5000)}`,
  '"x":-0.0',
  '"x":"\\ud800"',
  '"avid":"\\udc00"',
  '"avid":7',
  '"event":null',
  '"tenant_id":["a"]',
  '"tenant_id":""',
  '"resource_keys":"unresolved"',
  '"resource_keys":["unresolved",3]',
  '"resource_keys":["",null]',
  '"resource_keys":["unresolved","unresolved"]',
  '"timestamp":null',
  '"timestamp":"2026-11-01T00:00:00+01:00"',
  '"timestamp":"2026-02-29T00:00:00Z"',
  '"timestamp":"1969-12-31T23:59:59Z"',
  '"timestamp":"9999-12-31T23:59:59-00:01"',
  '"timestamp":"2026-11-01T24:00:00Z"',
  '"timestamp":"2026-11-01T00:00:60Z"',
  '"timestamp":"２026-11-01T00:00:00Z"',
  '"timestamp":"2026-11-01T00:00:00.1234567890Z"',
  `"x":${deep(127)}`,
  `"x":${deep(128)}`,
  '"__proto__":{"event":"x"}',
  '"constructor":1',
  '"decision":"\\u0041LLOW"',
  '"decision":"😀"',
];

const member = fc.record({
  avid: fc.constantFrom("a", "b", undefined),
  action_type: fc.constantFrom("read", "delete", "ledger"),
  decision: fc.constantFrom("ALLOW", "DENY"),
  trace_id: fc.constantFrom("t-1", undefined),
  tenant_id: fc.constantFrom(undefined, undefined, "ten"),
  resource_keys: fc.constantFrom(undefined, undefined, [RESOURCE], [RESOURCE, "unresolved"]),
});
const lineKind = fc.record({
  members: member,
  late: fc.nat(3),
  odd: fc.option(fc.constantFrom(...ODD_MEMBERS), { freq: 3 }),
});

function lineText({ members, late, odd }, index) {
  const timestamp = formatEntryTime(START + index * 10 - late * 7);
  const text = JSON.stringify({ event: "e", ...members, timestamp });
  if (odd === null) return text;
  const name = odd.slice(0, odd.indexOf(":"));
  // Members that it takes the place of, but for the one that is to stand twice.
  const kept = Object.entries(JSON.parse(text)).filter(([own]) => JSON.stringify(own) !== name);
  const rest = JSON.stringify(Object.fromEntries(kept)).slice(1);
  return `{${odd}${rest === "}" ? "" : ","}${rest}`;
}

// ---- what may be said

const time = fc.option(
  fc.nat(80).map((at) => formatEntryTime(START + at)),
  { freq: 2 },
);
const statement = fc.record({
  claim: fc.constantFrom("absent", "absent", "present"),
  where: fc.constantFrom(
    { avid: "a" },
    { avid: "b", action_type: "delete" },
    { avid: "nobody" },
    { avid: "nobody", decision: "DENY" },
    { trace_id: "t-1" },
    { event: "e" },
    { event: "never" },
    { decision: "😀" },
    { resource: RESOURCE },
    { resource: "unresolved" },
  ),
  except_agent: fc.option(fc.constantFrom("a", "b"), { freq: 1 }),
  tenant: fc.option(fc.constantFrom("ten", "other"), { freq: 1 }),
  from: time,
  to: time,
});

const byOf = ({ where }) => Object.keys(where).join("+");

// ---- lies about a run, before it is hashed

const leafLie = fc.constantFrom("twice", "swapped", "more", "other list", "gone", "none");
const recordLie = fc.record(
  {
    first: fc.nat(9),
    end: fc.nat(9),
    keys: fc.constantFrom(0, 1, 5, 2 ** 53 - 1),
    level: fc.constantFrom(1, 3, 99),
    longest_gap_s: fc.constantFrom(0, 2 ** 53 - 1),
    oldest: fc.constantFrom(null, formatEntryTime(START + 500), formatEntryTime(START - 500)),
    newest: fc.constantFrom(null, formatEntryTime(START + 500), formatEntryTime(START - 500)),
    undated: fc.nat(3),
    odd: fc.nat(3),
    unresolved: fc.nat(3),
    resource_key: fc.constantFrom(null, "mixed", COMMITMENT, "f".repeat(64)),
  },
  { requiredKeys: [] },
);
const shownLie = fc.constantFrom(
  "skip",
  "absent anyway",
  "present anyway",
  "edge",
  "apart",
  "swap sides",
  "reversed",
  "twice",
);

/** What a proof is made of. */
export const world = fc.record({
  lines: fc.array(lineKind, { minLength: 1, maxLength: 7 }),
  cuts: fc.array(fc.nat(7), { maxLength: 3 }),
  statement,
  disclose: fc.boolean(),
  lies: fc.record({
    leaf: rarely(fc.tuple(fc.nat(3), leafLie, fc.nat(9)), 2),
    record: rarely(fc.tuple(fc.nat(3), recordLie), 2),
    shown: rarely(fc.tuple(fc.nat(3), shownLie), 2),
    runs: rarely(fc.tuple(fc.constantFrom("drop", "twice", "swap"), fc.nat(3)), 1),
    meta: rarely(
      fc.constantFrom(
        { covered_entries: 0 },
        { covered_entries: 1 },
        { covered_entries: "3" },
        { covered_entries: 2 ** 53 },
        { covered_entries: null },
        { index: null },
        { index: { runs: "1", root: "0" } },
        { event: "authorize_action" },
        { action_type: "x" },
        { resource_key_commitment: "0".repeat(64) },
        { resource_key_commitment: 5 },
      ),
      1,
    ),
    entries: rarely(fc.tuple(fc.constantFrom("drop", "twice", "swap", "other"), fc.nat(6)), 1),
  }),
});

function runOf({ lines, first, end }, lies, at) {
  let stretch = emptyStretch(first, first === 0 ? null : readIndexedLine(Buffer.from(lines[first - 1])).time);
  const rows = new Map();
  for (let index = first; index < end; index += 1) {
    const read = readIndexedLine(Buffer.from(lines[index]));
    stretch = addLine(stretch, read);
    for (const term of termsOfLine(read)) {
      const of = indexKey(term, sha256);
      rows.set(hex(of), { key: of, entries: [...(rows.get(hex(of))?.entries ?? []), index] });
    }
  }
  const leaves = [...rows.values()]
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ key: of, entries }) => ({ key: of, entries, count: entries.length, list: listOf(entries) }));
  const [which, lie, pick] = lies.leaf ?? [-1];
  if (which === at && leaves.length > 0) lieAboutLeaves(leaves, lie, pick % leaves.length);
  const tree = treeOf(leaves.map(leafOf));
  const { last: _, ...said } = stretch;
  const times = Object.fromEntries(
    ["oldest", "newest"].map((name) => [name, said[name] === null ? null : formatEntryTime(said[name])]),
  );
  const record = { ...said, ...times, level: 0, keys: leaves.length, root: hex(tree.root) };
  return { leaves, tree, record: lies.record?.[0] === at ? { ...record, ...lies.record[1] } : record };
}

function lieAboutLeaves(leaves, lie, at) {
  const leaf = leaves[at];
  if (lie === "twice") leaves.splice(at, 0, { ...leaf });
  else if (lie === "swapped") [leaves[at], leaves[0]] = [leaves[0], leaf];
  else if (lie === "more") leaves[at] = { ...leaf, count: leaf.count + 1 };
  else if (lie === "other list")
    leaves[at] = { ...leaf, entries: [...leaf.entries].reverse(), list: listOf([...leaf.entries].reverse()) };
  else if (lie === "gone") leaves.splice(at, 1);
  else leaves.length = 0;
}

function shownOf(run, of, lie) {
  const { leaves, tree } = run;
  const place = (at) => {
    const leaf = leaves[at];
    if (leaf === undefined) return null;
    return { index: at, key: hex(leaf.key), count: leaf.count, list: hex(leaf.list), path: tree.path(at) };
  };
  const found = leaves.findIndex((leaf) => compareKeys(leaf.key, of) === 0);
  if (lie === "skip") return "skipped";
  const isPresent = lie === "present anyway" || (found >= 0 && lie !== "absent anyway");
  if (isPresent) {
    const at = Math.max(0, found);
    let entries = leaves[at]?.entries ?? [];
    if (lie === "reversed") entries = [...entries].reverse();
    if (lie === "twice") entries = entries.flatMap((entry) => [entry, entry]);
    return { present: { index: at, entries, path: tree.path(at) } };
  }
  const after = leaves.findIndex((leaf) => compareKeys(leaf.key, of) > 0);
  let [left, right] = after < 0 ? [leaves.length - 1, -1] : [after - 1, after];
  if (lie === "edge") [left, right] = [-1, 0];
  if (lie === "apart") right += 1;
  if (lie === "swap sides") [left, right] = [right, left];
  return { absent: { left: place(left), right: place(right) } };
}

/** A proof as JSON, and the lines of its log. */
export function proofOf({ lines: kinds, cuts, statement: said, disclose, lies }) {
  const lines = kinds.map(lineText);
  const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < lines.length), lines.length])].sort(
    (a, b) => a - b,
  );
  const built = ends.map((end, at) => runOf({ lines, first: at === 0 ? 0 : ends[at - 1], end }, lies, at));
  const values = Object.values(said.where);
  const of = indexKey({ field: byOf(said), tenant: said.tenant ?? "", values }, sha256);
  const list = treeOf(built.map(({ record }) => leafHash(Buffer.from(canonicalJson(record)), sha256)));
  let runs = built.map((run, position) => {
    const lie = lies.shown?.[0] === position ? lies.shown[1] : null;
    return { position, record: run.record, path: list.path(position), shown: shownOf(run, of, lie) };
  });
  if (lies.runs !== null) runs = reordered(runs, ...lies.runs);
  const meta = {
    action_type: "ledger",
    covered_entries: lines.length,
    event: "checkpoint_meta",
    index: { root: hex(list.root), runs: built.length },
    resource_key_commitment: COMMITMENT,
    ...lies.meta,
  };
  const log = sealed([...lines, JSON.stringify(meta), '{"event":"later"}']);
  const shown = (index) => ({ index, line: log.lines[index], path: log.tree.path(index) });
  const wanted = runs.flatMap((run) => run.shown.present?.entries ?? []).filter((index) => index < log.lines.length);
  let entries = [...new Set(wanted)].sort((a, b) => a - b).map(shown);
  if (lies.entries !== null) entries = reordered(entries, ...lies.entries, () => shown(0));
  const named = said.where.resource === RESOURCE ? { name: NAME, key: disclose ? hex(K) : null } : null;
  const proof = {
    canopy_proof: 1,
    statement: said,
    by: byOf(said),
    resource: named,
    checkpoint: log.note,
    meta: shown(lines.length),
    runs,
    entries,
  };
  return { proof, log };
}

/** Files of proofs: `{kind: "proof", trusted, bytes}`. */
export const proofFile = fc
  .record({ made: world, change, trusted: fc.boolean() })
  .map(({ made, change: how, trusted }) => ({
    kind: "proof",
    trusted,
    bytes: changed(JSON.stringify(proofOf(made).proof), how),
  }));
