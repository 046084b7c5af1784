// Proofs of absence and presence by somebody who may lie, with keys of their own: entries, runs, trees and signatures fit
// together as far as the lies let them, so that a verifier has to look at what they say.
import { createPrivateKey, createPublicKey, hash, sign } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../setup.mjs";

const dist = (path) => import(`file://${join(root, "packages", "runtime", "dist", path)}`);
const { canonicalJson } = await dist("core/canonical.js");
const { GENESIS } = await dist("ledger/chain.js");
const { formatEntryTime } = await dist("ledger/entry-index/entry-time.js");
const { compareKeys, indexKey } = await dist("ledger/entry-index/index-key.js");
const { readIndexedLine, termsOfLine } = await dist("ledger/entry-index/indexed-line.js");
const { resourceCommitment, resourceKeyOf } = await dist("ledger/entry-index/resource-key.js");
const { addLine, emptyStretch } = await dist("ledger/entry-index/stretch.js");
const { leafHash } = await dist("ledger/merkle.js");
const { formatCheckpoint } = await dist("ledger/tlog/checkpoint.js");
const { lineLeaf } = await dist("ledger/tlog/entry-data.js");
const { formatNote } = await dist("ledger/tlog/note.js");
const { TreeFrontier, inclusionProof } = await dist("ledger/tlog/tree.js");
const { formatVerifierKey, verifierKey } = await dist("ledger/tlog/verifier-key.js");
const { sha256, startSha256 } = await dist("runtime/crypto.js");
const { bundleLines } = await dist("ledger/evidence/bundle-lines.js");

const LOG_ID = "0123456789abcdef0123456789abcdef";
const ORIGIN = `canopy/${LOG_ID}`;
const K = new Uint8Array(32).fill(7);
const NAME = "net.connect:evil.example.com";
const RESOURCE = resourceKeyOf(NAME, K, sha256);
const COMMITMENT = resourceCommitment(K, sha256);
const START = Date.UTC(2026, 10, 1) / 1000;

const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 9)]);
const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
const raw = Uint8Array.from(createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32));
const key = verifierKey(ORIGIN, "ed25519", raw, sha256);

/** The key that signs all of them. */
export const VKEY = formatVerifierKey(key);

const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** A tree over leaf hashes: root and paths. */
function treeOf(leaves) {
  const nodes = new Map();
  const frontier = TreeFrontier.at(0, () => null, sha256);
  for (const leaf of leaves) frontier.append(leaf, (level, at, value) => nodes.set(`${level}/${at}`, value));
  const node = (level, at) => nodes.get(`${level}/${at}`);
  const path = (index) =>
    index >= 0 && index < leaves.length ? inclusionProof(index, leaves.length, node, sha256).map(hex) : [];
  return { root: frontier.root(), path, node };
}

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
const rarely = (arbitrary, freq) => fc.option(arbitrary, { freq, nil: null });

const world = fc.record({
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

function runOf(lines, first, end, lies, at) {
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
function proofOf({ lines: kinds, cuts, statement: said, disclose, lies }) {
  const lines = kinds.map(lineText);
  const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < lines.length), lines.length])].sort(
    (a, b) => a - b,
  );
  const built = ends.map((end, at) => runOf(lines, at === 0 ? 0 : ends[at - 1], end, lies, at));
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

function reordered(items, lie, pick, other = (item) => item) {
  if (items.length === 0) return items;
  const at = pick % items.length;
  if (lie === "drop") return items.toSpliced(at, 1);
  if (lie === "twice") return items.toSpliced(at, 0, items[at]);
  if (lie === "swap") return items.with(at, items[0]).with(0, items[at]);
  return items.toSpliced(at, 0, other(items[at]));
}

function sealed(lines) {
  const tree = treeOf(lines.map((line) => lineLeaf(Buffer.from(line), sha256)));
  const body = formatCheckpoint({ origin: ORIGIN, size: lines.length, root: tree.root });
  const signature = { name: key.name, key_id: key.key_id, bytes: sign(null, Buffer.from(body), secret) };
  return { lines, tree, note: formatNote(body, [signature]) };
}

// ---- what is done to the text afterwards

const NUMBERS = [
  "-0",
  "-0.0",
  "0.0",
  "1.0",
  "2e0",
  "10e-1",
  "1.5",
  "-1",
  "01",
  "+1",
  "1e400",
  "NaN",
  "Infinity",
  "9007199254740992",
  "9007199254740992.0",
  "1e16",
  "1".repeat(400),
  "9".repeat(5000),
  '"1"',
  "null",
  "true",
  "[1]",
];
const STRINGS = [
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '""',
  "0",
  "null",
  "{}",
  '"\\u0000"',
  '"\\n"',
  '"A"',
  `"${"F".repeat(64)}"`,
  `"${"a".repeat(64)}"`,
  `"${"😀".repeat(40_000)}"`,
];

const change = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: "none" }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("number"), at: fc.nat(), text: fc.constantFrom(...NUMBERS) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("respell"), at: fc.nat(), how: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("string"), at: fc.nat(), text: fc.constantFrom(...STRINGS) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("member twice"), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("member more"), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("escape"), at: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("byte"),
      at: fc.nat(),
      byte: fc.constantFrom(0x00, 0x0d, 0x20, 0x7f, 0x80, 0xc0, 0xff, 0x5c, 0x22),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("insert"),
      at: fc.nat(),
      text: fc.constantFrom("\ufeff", " ", "\u00a0", "\t", "[", "}", ",", "\u2028", "\v"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut"), at: fc.nat() }) },
);

function nth(text, pattern, at, replace) {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const hit = found[at % found.length];
  return text.slice(0, hit.index) + replace(hit[0], hit) + text.slice(hit.index + hit[0].length);
}

const NUMBER_VALUE = /(?<=":|\[|,)\d+(?=[,}\]])/g;
const STRING_VALUE = /(?<=":)"(?:[^"\\]|\\.)*"/g;

/** Bytes of a text after a change. */
function changed(text, { kind, at, text: by, how, byte }) {
  if (kind === "none") return Buffer.from(text);
  if (kind === "number") return Buffer.from(nth(text, NUMBER_VALUE, at, () => by));
  if (kind === "respell")
    return Buffer.from(nth(text, NUMBER_VALUE, at, (own) => [`${own}.0`, `${own}e0`, `${own}0e-1`, `0${own}`][how]));
  if (kind === "string") return Buffer.from(nth(text, STRING_VALUE, at, () => by));
  if (kind === "member twice")
    return Buffer.from(
      nth(text, /"[a-z_]+":(?=[^,{[]+[,}])(?:"(?:[^"\\]|\\.)*"|[^,}]+)/g, at, (own) => `${own},${own}`),
    );
  if (kind === "member more") return Buffer.from(nth(text, /\{(?=")/g, at, () => '{"more":1,'));
  if (kind === "escape")
    return Buffer.from(nth(text, /(?<=")[a-z](?=[a-z_]*":)/g, at, (own) => `\\u00${own.charCodeAt(0).toString(16)}`));
  const bytes = Buffer.from(text);
  const place = at % bytes.length;
  if (kind === "byte") return Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + 1)]);
  if (kind === "insert")
    return Buffer.concat([
      bytes.subarray(0, at % 3 === 0 ? 0 : place),
      Buffer.from(by),
      bytes.subarray(at % 3 === 0 ? 0 : place),
    ]);
  return bytes.subarray(0, place);
}

const isTrusted = fc.boolean();

/** Files of proofs: `{kind: "proof", trusted, bytes}`. */
export const proofFile = fc
  .record({ made: world, change, trusted: isTrusted })
  .map(({ made, change: how, trusted }) => ({
    kind: "proof",
    trusted,
    bytes: changed(JSON.stringify(proofOf(made).proof), how),
  }));

// ---- bundles

function chained(lines) {
  let head = GENESIS;
  return lines.map((text) => {
    let members;
    try {
      members = JSON.parse(text);
    } catch {
      members = { event: "unreadable" };
    }
    const sorted = Object.fromEntries(
      Object.entries({ ...members, log_id: LOG_ID, prev_hash: head }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    const canonical = JSON.stringify(sorted);
    head = hash("sha256", head + canonical);
    return `${canonical.slice(0, -1)},"entry_hash":"${head}"}`;
  });
}

/** Entries that a chain would hash, but that are hard to read. */
const HARD_LINES = [
  `{"a":${deep(200)}}`,
  `{"a":${deep(999)}}`,
  `{"a":${deep(1000)}}`,
  '{"a":1e400}',
  '{"a":-0}',
  '{"a":1E5}',
  '{"a":0.00001}',
  '{"a":123456789012345678901234567890}',
  `{"a":${"9".repeat(4300)}}`,
  `{"a":${"9".repeat(4301)}}`,
  '{"a":"\\ud800"}',
  '{"\\ud83d\\ude00":1,"\\uffff":2}',
  '{"a":"\u2028\u007f\\/"}',
  '{"a":{"b":1,"b":2}}',
  '{"log_id":"ffffffffffffffffffffffffffffffff"}',
  '{"log_id":5}',
];

const { readForeign } = await dist("ledger/foreign-json.js");

/** A line with the hash that its own text asks for, when it can have one. */
function selfHashed(text) {
  const open = `${text.slice(0, -1)},"prev_hash":"${GENESIS}","entry_hash":"${"0".repeat(64)}"}`;
  const read = readForeign(open);
  if (typeof read === "string" || read.canonical === null) return open;
  return open.replace(/0{64}"\}$/, `${hash("sha256", GENESIS + read.canonical)}"}`);
}

const bundleWorld = fc.record({
  made: world,
  isChained: fc.boolean(),
  hard: rarely(fc.constantFrom(...HARD_LINES), 1),
  shown: fc.array(fc.nat(8), { maxLength: 6 }),
  withProof: fc.boolean(),
  withPolicy: fc.boolean(),
  swap: rarely(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("swap", "drop", "twice")), 1),
  line: fc.nat(),
  change,
  isSealed: fc.boolean(),
  trusted: isTrusted,
});

const POLICY = "rules: []\n";

function bundleOf({ made, isChained, hard, shown, withProof, withPolicy, swap, line, change: how, isSealed }) {
  const { proof, log: own } = proofOf(made);
  let lines = isChained ? chained(own.lines) : own.lines;
  if (hard !== null) lines = [...lines, selfHashed(hard)];
  const log = isChained || hard !== null ? sealed(lines) : own;
  const entries = shown.map((index) => index % lines.length).concat(hard === null ? [] : [lines.length - 1]);
  const content = {
    origin: ORIGIN,
    log_id: LOG_ID,
    made_at: "2026-11-23T10:00:00.000Z",
    about: { n: 1, s: "x", list: [1] },
    keys: [{ vkey: VKEY, purpose: "checkpoint" }],
    checkpoint: log.note,
    size: lines.length,
    entries,
    line: (index) => lines[index],
    node: log.tree.node,
    proofs: withProof ? [{ name: "p", proof }] : [],
    policies: withPolicy ? [{ hash: hash("sha256", POLICY), text: POLICY }] : [],
  };
  let parts = [...bundleLines(content, startSha256)].slice(0, -1);
  if (swap !== null) {
    const [a, b] = [swap[0] % parts.length, swap[1] % parts.length];
    parts = swap[2] === "swap" ? parts.with(a, parts[b]).with(b, parts[a]) : reordered(parts, swap[2], a);
  }
  let pieces = parts.map((part) => Buffer.from(part));
  const at = pieces.length === 0 ? 0 : line % pieces.length;
  const edited = (text) => Buffer.concat([changed(text.slice(0, -1), how), Buffer.from("\n")]);
  if (isSealed && pieces.length > 0) pieces = pieces.with(at, edited(parts[at]));
  const body = Buffer.concat(pieces);
  const end = `${JSON.stringify({ kind: "end", lines: pieces.length, sha256: hash("sha256", body) })}\n`;
  return Buffer.concat([body, isSealed ? Buffer.from(end) : changed(end, how)]);
}

/** Files of bundles: `{kind: "bundle", trusted, bytes}`. */
export const bundleFile = bundleWorld.map((made) => ({ kind: "bundle", trusted: made.trusted, bytes: bundleOf(made) }));

// ---- notes under trust policies

const cosigner = (seed, name) => {
  const bytes = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const own = createPrivateKey({ key: bytes, format: "der", type: "pkcs8" });
  const point = Uint8Array.from(createPublicKey(own).export({ format: "der", type: "spki" }).subarray(-32));
  return { own, key: verifierKey(name, "cosignature-v1", point, sha256) };
};
const W1 = cosigner(21, "w1.example");
const W2 = cosigner(22, "w2.example");
const AUDITOR = cosigner(23, "auditor.example");
const { cosignedMessage, formatCosignature } = await dist("ledger/tlog/cosignature.js");

function cosigned(body, { own, key: of }, time) {
  const signature = sign(null, cosignedMessage(body, time), own);
  return formatCosignature({ name: of.name, key_id: of.key_id, time, signature });
}

const mostly = (usual, ...others) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const noteBody = fc
  .record({
    origin: fc.constantFrom(ORIGIN, ORIGIN, ORIGIN, "other"),
    size: mostly("7", "0", "1", "07", "9007199254740991", "9007199254740992", "1e3", "-1", "１"),
    root: mostly(Buffer.alloc(32, 1).toString("base64"), hashOfNothing(), "AA==", "AB==", "", "!"),
    more: mostly("", "extension\n", "\n", "\u0085\n"),
  })
  .map(({ origin, size, root: of, more }) => `${origin}\n${size}\n${of}\n${more}`);

function hashOfNothing() {
  return hash("sha256", "", "base64");
}

const policyText = fc
  .record({
    quorum: fc.constantFrom("none", "none", "w1", "g", "g", "w9"),
    group: mostly(
      "group g any w1 w2",
      "group g all w1 w2",
      "group g 2 w1 w2",
      "group g 3 w1 w2",
      "group g 1 w1 w1",
      "# none",
    ),
    auditor: fc.boolean(),
    more: mostly(
      "",
      "\t \n",
      "log\n",
      "\u00a0\n",
      "quorum none\n",
      `witness x ${VKEY}\n`,
      `log ${VKEY}\n`,
      "#\u0001\n",
    ),
  })
  .map(({ quorum, group, auditor, more }) =>
    [
      `log ${VKEY}`,
      `witness w1 ${formatVerifierKey(W1.key)} https://w1.example/`,
      `witness w2 ${formatVerifierKey(W2.key)}`,
      ...(auditor ? [`index-auditor ${formatVerifierKey(AUDITOR.key)}`] : []),
      group,
      `quorum ${quorum}`,
      more,
    ].join("\n"),
  );

const signatureLie = fc.constantFrom("good", "good", "good", "bad", "short", "other name", "twice", "stranger");
const INSERTS = [
  " ",
  "\u00a0",
  "\u2028",
  "\u3000",
  "\ufeff",
  "\u0000",
  "\u007f",
  "\u0085",
  "\t",
  "\r",
  "\n",
  "=",
  "+",
  "😀",
  "\u001f",
];

function signaturesOf(body, { lie, by, time }) {
  const log = { name: key.name, key_id: key.key_id, bytes: sign(null, Buffer.from(body), secret) };
  const all = [log, ...by.map((of) => cosigned(body, of, time))];
  if (lie === "bad")
    all[all.length - 1] = { ...all.at(-1), bytes: all.at(-1).bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) };
  if (lie === "short") all[all.length - 1] = { ...all.at(-1), bytes: all.at(-1).bytes.slice(1) };
  if (lie === "other name") all[0] = { ...log, name: "other" };
  if (lie === "twice") all.push(all.at(-1));
  if (lie === "stranger") all.unshift({ name: "x", key_id: "00000000", bytes: Uint8Array.of(1) });
  return all
    .map(
      ({ name, key_id, bytes }) =>
        `— ${name} ${Buffer.concat([Buffer.from(key_id, "hex"), bytes]).toString("base64")}\n`,
    )
    .join("");
}

/** Notes and the policies that they are judged by: `{kind: "note", policy, note}`. */
export const noteFile = fc
  .record({
    body: noteBody,
    policy: policyText,
    signed: fc.record({
      lie: signatureLie,
      by: fc.subarray([W1, W2, AUDITOR]),
      time: fc.constantFrom(0, 1_795_000_000, 2 ** 53 - 1),
    }),
    at: fc.nat(),
    insert: mostly("", ...INSERTS),
    intoPolicy: fc.boolean(),
  })
  .map(({ body, policy, signed, at, insert, intoPolicy }) => {
    const put = (text) => text.slice(0, at % (text.length + 1)) + insert + text.slice(at % (text.length + 1));
    const note = `${body}\n${signaturesOf(body, signed)}`;
    return { kind: "note", policy: intoPolicy ? put(policy) : policy, note: intoPolicy ? note : put(note) };
  });

// ---- signatures that fit after multiplication by the cofactor only

const { ed25519 } = await import("@noble/curves/ed25519.js");

/** A signature of that message by the key whose R has a part of small order. */
export function twistedSignature(message) {
  const { Point } = ed25519;
  const order8 = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  const scalar = ed25519.utils.getExtendedPublicKey(Buffer.alloc(32, 9)).scalar;
  const nonce = 12345n;
  const r = Point.BASE.multiply(nonce).add(order8).toBytes();
  const digest = Buffer.from(hash("sha512", Buffer.concat([r, raw, message]), "hex"), "hex");
  const k = Point.Fn.create(BigInt(`0x${Buffer.from(digest).reverse().toString("hex")}`));
  const s = Point.Fn.create(nonce + k * scalar);
  return Buffer.concat([r, Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
}

/** The key of `VKEY` as a host's verifier takes it. */
export const PUBLIC_KEY = { kind: "ed25519-pub", bytes: raw };
