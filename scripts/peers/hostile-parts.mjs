// Hostile files, the parts that they share: a log's key, its tree, and what is done to a text.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../setup.mjs";

export const dist = (path) => import(`file://${join(root, "packages", "runtime", "dist", path)}`);
const { formatCheckpoint } = await dist("ledger/tlog/checkpoint.js");
const { lineLeaf } = await dist("ledger/tlog/entry-data.js");
const { formatNote } = await dist("ledger/tlog/note.js");
const { TreeFrontier, inclusionProof } = await dist("ledger/tlog/tree.js");
const { formatVerifierKey, verifierKey } = await dist("ledger/tlog/verifier-key.js");
const { sha256 } = await dist("runtime/crypto.js");

export const LOG_ID = "0123456789abcdef0123456789abcdef";
export const ORIGIN = `canopy/${LOG_ID}`;

/** A key made of one byte: its private part, and the 32 bytes of its public part. */
export function seeded(seed) {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const raw = Uint8Array.from(createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32));
  return { secret, raw };
}

/** The byte of the log's key. */
export const SEED = 9;
export const { secret, raw } = seeded(SEED);
export const key = verifierKey(ORIGIN, "ed25519", raw, sha256);

/** The key that signs all of them. */
export const VKEY = formatVerifierKey(key);

export const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** Now and then a value, else null. */
export const rarely = (arbitrary, freq) => fc.option(arbitrary, { freq, nil: null });

/** A tree over leaf hashes: root and paths. */
export function treeOf(leaves) {
  const nodes = new Map();
  const frontier = TreeFrontier.at(0, () => null, sha256);
  for (const leaf of leaves) frontier.append(leaf, (level, at, value) => nodes.set(`${level}/${at}`, value));
  const node = (level, at) => nodes.get(`${level}/${at}`);
  const path = (index) =>
    index >= 0 && index < leaves.length ? inclusionProof(index, leaves.length, node, sha256).map(hex) : [];
  return { root: frontier.root(), path, node };
}

/** A log of these lines: its tree, and its signed checkpoint. */
export function sealed(lines) {
  const tree = treeOf(lines.map((line) => lineLeaf(Buffer.from(line), sha256)));
  const body = formatCheckpoint({ origin: ORIGIN, size: lines.length, root: tree.root });
  const signature = { name: key.name, key_id: key.key_id, bytes: sign(null, Buffer.from(body), secret) };
  return { lines, tree, note: formatNote(body, [signature]) };
}

/** A list with one thing wrong. */
export function reordered(items, lie, pick, other = (item) => item) {
  if (items.length === 0) return items;
  const at = pick % items.length;
  if (lie === "drop") return items.toSpliced(at, 1);
  if (lie === "twice") return items.toSpliced(at, 0, items[at]);
  if (lie === "swap") return items.with(at, items[0]).with(0, items[at]);
  return items.toSpliced(at, 0, other(items[at]));
}

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

/** What is done to a text. */
export const change = fc.oneof(
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
export function changed(text, { kind, at, text: by, how, byte }) {
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
