import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { canonicalJson } from "../../core/canonical.ts";
import { CanopyError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { GENESIS } from "../chain.ts";
import { checkEntry, follows, type CheckedEntry } from "./bundle-entry.ts";
import { layOut, parseBundleLine, parseHeader } from "./bundle-lines.ts";

const FIX = "give the bundle as it was written: docs/evidence-bundle.md describes it";
const HASH = "a".repeat(64);
const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

/** The value that was read, or why there is none. */
function said(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof CanopyError && error.code === "INVALID_PROOF", String(error));
    assert.equal(error.fix, FIX);
    return error.message;
  }
}

test("the first line says what the file is, in exactly its members", () => {
  const good = { canopy_evidence: 1, origin: "o", log_id: "l", made_at: "m", about: { a: 1 } };
  const header = (change: object): unknown => said(() => parseHeader(JSON.stringify({ ...good, ...change })));
  assert.deepEqual(header({}), good);
  const members = "a line's members must be exactly about, canopy_evidence, log_id, made_at, origin";
  const texts = "origin, log_id and made_at must be text";
  const cases: readonly [object, string][] = [
    [{ canopy_evidence: undefined }, "its first line must have `canopy_evidence`"],
    [{ canopy_evidence: 2 }, "it is of a version that this verifier doesn't know"],
    [{ canopy_evidence: "1", more: 1 }, "it is of a version that this verifier doesn't know"],
    [{ more: 1 }, members],
    [{ about: undefined }, members],
    [{ about: undefined, abouts: {} }, members],
    [{ origin: 1 }, texts],
    [{ log_id: null }, texts],
    [{ made_at: {} }, texts],
    [{ about: [] }, "`about` must be an object"],
    [{ about: null }, "`about` must be an object"],
  ];
  for (const [change, expected] of cases) assert.equal(header(change), expected, JSON.stringify(change));
  for (const text of ["[]", "1", "null", '"x"']) {
    assert.equal(
      said(() => parseHeader(text)),
      "a line must be a JSON object",
      text,
    );
  }
  for (const text of ["", "{", '{"a":1,"a":1}', "{} {}"]) {
    assert.equal(typeof said(() => parseHeader(text)), "string", text);
  }
});

const parse = (value: object): unknown => said(() => parseBundleLine(JSON.stringify(value)));

test("each kind of line has exactly its members, of their types", () => {
  const good: readonly JsonObject[] = [
    { kind: "key", vkey: "v", purpose: "p" },
    { kind: "checkpoint", note: "n" },
    { kind: "node", level: 0, index: 7, hash: HASH },
    { kind: "entry", index: 0, line: "{}" },
    { kind: "proof", name: "n", proof: {} },
    { kind: "policy", hash: HASH, text: "" },
    { kind: "report", format: "json", text: "" },
    { kind: "report", format: "md", text: "" },
    { kind: "end", lines: 3, sha256: HASH },
  ];
  const typed = "the line's members must be as documented for its kind";
  for (const line of good) {
    assert.deepEqual(parse(line), line);
    const names = Object.keys(line).sort().join(", ");
    const exactly = `a line's members must be exactly ${names}`;
    assert.equal(parse({ ...line, more: 1 }), exactly);
    for (const name of Object.keys(line)) {
      if (name === "kind") continue;
      assert.equal(parse({ ...line, [name]: undefined }), exactly);
      assert.equal(parse({ ...line, [name]: undefined, [`${name}s`]: 1 }), exactly);
      for (const value of [null, true, []]) assert.equal(parse({ ...line, [name]: value }), typed, name);
      const isCounted = typeof line[name] === "number";
      for (const value of isCounted ? [-1, 1.5, "1"] : [1]) {
        assert.equal(parse({ ...line, [name]: value }), typed, `${name}: ${value}`);
      }
      if (line[name] !== HASH) continue;
      for (const value of ["", HASH.slice(1), `${HASH}a`, HASH.toUpperCase(), "g".repeat(64)]) {
        assert.equal(parse({ ...line, [name]: value }), typed, `${name}: ${value}`);
      }
    }
  }
  assert.equal(parse({ kind: "report", format: "html", text: "" }), typed);
  for (const kind of ["", "keys", "toString", "__proto__", "constructor", 1, null, undefined]) {
    assert.equal(parse({ kind }), "a line must have a `kind` that is known", String(kind));
  }
  assert.equal(parse([]), "a line must be a JSON object");
});

const pieces = (size: number, entries: readonly number[]): string =>
  [...layOut(size, entries)].map(({ level, index, entry }) => (entry ? `e${index}` : `${level}/${index}`)).join(" ");

test("the pieces of a tree lie side by side, each as large as it can be, and nothing outside it is asked for", () => {
  const cases: readonly [size: number, entries: readonly number[], expected: string][] = [
    [0, [], ""],
    [1, [], "0/0"],
    [1, [0], "e0"],
    [2, [0], "e0 0/1"],
    [2, [1], "0/0 e1"],
    [7, [], "2/0 1/2 0/6"],
    [8, [], "3/0"],
    [8, [3], "1/0 0/2 e3 2/1"],
    [8, [5, 4, 5], "2/0 e4 e5 1/3"],
    [11, [10, 0], "e0 0/1 1/1 2/1 1/4 e10"],
  ];
  for (const [size, entries, expected] of cases) assert.equal(pieces(size, entries), expected);
  for (const [size, index] of [
    [3, 3],
    [3, -1],
    [3, 1.5],
    [0, 0],
    [3, Number.NaN],
  ] as const) {
    const message = `entry ${index} is not in a tree of ${size}`;
    assert.throws(() => pieces(size, [0, index].slice(size === 0 ? 1 : 0)), { name: "RangeError", message });
  }
});

function lineOf(members: JsonObject, change: JsonObject = {}): string {
  const canonical = canonicalJson({ log_id: "log", prev_hash: GENESIS, ...members });
  const entry_hash = hash("sha256", `${GENESIS}${canonical}`);
  return JSON.stringify({ ...JSON.parse(canonical), entry_hash, ...change });
}

const check = (line: string): unknown => {
  const checked = checkEntry(7, line, "log", sha256);
  return "reason" in checked ? checked.reason : checked.members;
};

test("an entry of a bundle is one line of that log whose own hash holds", () => {
  const good = lineOf({ n: 1 });
  assert.deepEqual(check(good), JSON.parse(good));
  assert.equal(typeof check(lineOf({ log_id: "log" })), "object");
  const bare = canonicalJson({ prev_hash: GENESIS });
  const own = hash("sha256", `${GENESIS}${bare}`);
  assert.equal(typeof check(`${bare.slice(0, -1)},"entry_hash":"${own}"}`), "object", "a line that names no log");
  const cases: readonly [string, string][] = [
    [`${good}\n`, "entry 7 is more than one line"],
    [good.replace(",", ",\r"), "entry 7 is more than one line"],
    ["[]", "entry 7 can't be read as an entry (not_object)"],
    ["{", "entry 7 can't be read as an entry (json)"],
    ['{"a":1,"a":1}', "entry 7 can't be read as an entry (duplicate_key)"],
    ["{}", "entry 7 has no hash that could hold"],
    [lineOf({}, { prev_hash: 1 }), "entry 7 has no hash that could hold"],
    [lineOf({}, { entry_hash: null }), "entry 7 has no hash that could hold"],
    [lineOf({ n: "x" }).replace('"x"', '"\\ud800"'), "entry 7 has no hash that could hold"],
    [lineOf({ n: 1 }, { n: 2 }), "the hash of entry 7 does not hold"],
    [lineOf({}, { entry_hash: HASH }), "the hash of entry 7 does not hold"],
    [lineOf({ log_id: "other" }), "entry 7 is of another log"],
    [lineOf({ log_id: null }), "entry 7 is of another log"],
  ];
  for (const [line, expected] of cases) assert.equal(check(line), expected, line);
});

const entry = (prev_hash: string, members: JsonObject = {}, entry_hash = "x"): CheckedEntry => {
  return { index: 1, members, prev_hash, entry_hash };
};

test("an entry follows another by its hash, or where it begins a segment that names it", () => {
  const before = entry("", {}, HASH);
  const rotated = { event: "log_rotated", previous_head: HASH };
  const cases: readonly [CheckedEntry, boolean][] = [
    [entry(HASH), true],
    [entry(GENESIS, rotated), true],
    [entry("b", rotated), false],
    [entry(GENESIS, { ...rotated, event: "other" }), false],
    [entry(GENESIS, { ...rotated, previous_head: "b" }), false],
    [entry(GENESIS), false],
    [entry("b"), false],
  ];
  for (const [one, expected] of cases) assert.equal(follows(one, before), expected);
});
