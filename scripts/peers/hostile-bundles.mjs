// Evidence bundles by somebody who may lie, with the log's key: entries, proofs and lines that are wrong, sealed anew.
import { hash } from "node:crypto";
import fc from "fast-check";
import { change, changed, dist, LOG_ID, ORIGIN, rarely, reordered, sealed, VKEY } from "./hostile-parts.mjs";
import { proofOf, world } from "./hostile-proofs.mjs";

const { GENESIS } = await dist("ledger/chain.js");
const { bundleLines } = await dist("ledger/evidence/bundle-lines.js");
const { readForeign } = await dist("ledger/foreign-json.js");
const { startSha256 } = await dist("runtime/crypto.js");

const deep = (levels) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

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
  trusted: fc.boolean(),
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
