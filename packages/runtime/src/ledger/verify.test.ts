import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { GENESIS } from "./chain.ts";
import { prepareEntry, sealEntry } from "./entry.ts";
import { renderNumber } from "./foreign-json.ts";
import { ChainVerifier, MAX_LINE_BYTES, type ChainHost, type ChainState, type VisitedEntry } from "./verify.ts";

const VECTORS = new URL("../../../../vectors/audit/", import.meta.url);

const host: ChainHost = {
  sha256: (bytes) => hash("sha256", bytes, "hex"),
  latin1: (bytes, start, end) => new TextDecoder("latin1").decode(bytes.subarray(start, end)),
  allocate: (sizeBytes) => new Uint8Array(sizeBytes),
  lineFeed: (bytes, from) => bytes.indexOf(10, from),
};

function verify(bytes: Uint8Array, strict: boolean, piece = 4096): ChainState {
  const verifier = new ChainVerifier(host, { strict });
  for (let at = 0; at < bytes.length; at += piece) {
    const part = bytes.subarray(at, at + piece);
    verifier.room().set(part);
    if (!verifier.filled(part.length)) break;
  }
  return verifier.end();
}

interface Vector {
  readonly file: string;
  readonly sha256: string;
  readonly lines: number;
  readonly strict_valid: boolean | null;
  readonly strict_first_bad_line: number | null;
  readonly strict_failure: string | null;
}

const manifest: { readonly files: readonly Vector[] } = JSON.parse(
  readFileSync(new URL("manifest.json", VECTORS), "utf8"),
);

test("every vector log is judged as its manifest says, raw and strict, in any pieces", () => {
  assert.equal(manifest.files.length, 36);
  for (const vector of manifest.files) {
    const bytes = readFileSync(new URL(vector.file, VECTORS));
    assert.equal(hash("sha256", bytes, "hex"), vector.sha256);
    for (const [strict, piece] of [
      [true, 4096],
      [false, 4096],
      [true, 7],
      [false, 262_144],
    ] as const) {
      const state = verify(bytes, strict, piece);
      const got = [vector.file, state.first_bad_line, state.failure];
      assert.deepEqual(got, [vector.file, vector.strict_first_bad_line, vector.strict_failure]);
      if (vector.strict_valid === true) assert.equal(state.entries > 0, true);
      if (vector.strict_valid === null) assert.equal(state.entries, 0);
    }
  }
});

function writeLog(count: number): Buffer {
  let text = "";
  let prevHash = GENESIS;
  for (let seq = 1; seq <= count; seq += 1) {
    const draft = {
      event: "authorize_action",
      timestamp: "2026-01-01T00:00:00Z",
      reason: `é ${seq} 😀 "x"`,
      layers: {},
    };
    const sealed = sealEntry(prepareEntry(draft, "log", false), { prevHash, seq, payloadRef: null }, (data) =>
      hash("sha256", data, "hex"),
    );
    text += sealed.line;
    prevHash = sealed.entryHash;
  }
  return Buffer.from(text);
}

test("our own lines verify from their bytes, and the head is the last hash", () => {
  const bytes = writeLog(300);
  for (const piece of [1000, 64, 262_144]) {
    const state = verify(bytes, false, piece);
    assert.equal(state.failure, null);
    assert.equal(state.entries, 300);
    assert.equal(state.raw, true);
    assert.equal(bytes.toString("latin1", bytes.length - 67, bytes.length - 3), state.head);
    assert.equal(verify(bytes, true, piece).raw, true);
  }
});

test("any one flipped bit in our log is found, at its line", () => {
  const bytes = writeLog(20);
  fc.assert(
    fc.property(fc.nat(bytes.length - 2), fc.nat(7), fc.boolean(), (at, bit, strict) => {
      const copy = Uint8Array.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << bit);
      const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
      const state = verify(copy, strict);
      assert.notEqual(state.failure, null);
      assert.equal([line, line + 1].includes(state.first_bad_line ?? 0), true);
    }),
  );
});

test("a text that is half of a surrogate pair has no bytes that a hash could cover, however it is spelt", () => {
  for (const escape of ["\\ud800", "\\uDC00", "\\ud800\\ud800", "x\\udbff y"]) {
    for (const member of [`"event":"${escape}"`, `"${escape}":1`, `"list":[{"deep":"${escape}"}]`]) {
      const body = `{${member},"prev_hash":"${GENESIS}"`;
      const line = `${body},"entry_hash":"${hash("sha256", `${GENESIS}${body}}`, "hex")}"}\n`;
      assert.equal(verify(Buffer.from(line), true).failure, "entry_hash", line);
      assert.equal(verify(Buffer.from(line.replace("{", "{ ")), false).failure, "entry_hash", line);
    }
  }
  // A backslash before the letters, and a whole pair, are texts like any other.
  for (const text of ["\\\\ud800", "\\ud83d\\ude00"]) {
    const canonical = `{"event":${JSON.stringify(JSON.parse(`"${text}"`))},"prev_hash":"${GENESIS}"}`;
    const entry_hash = hash("sha256", GENESIS + canonical, "hex");
    const line = `{ "event":"${text}","prev_hash":"${GENESIS}","entry_hash":"${entry_hash}"}\n`;
    assert.equal(verify(Buffer.from(line), true).failure, null, line);
  }
});

test("a line that was hashed over bytes no reader agrees on is refused when strict", () => {
  const body = `{"decision":"DENY","decision":"ALLOW","event":"x","prev_hash":"${GENESIS}"`;
  const line = `${body},"entry_hash":"${hash("sha256", `${GENESIS}${body}}`, "hex")}"}\n`;
  assert.equal(verify(Buffer.from(line), true).failure, "duplicate_key");
});

test("a lone surrogate has no UTF-8, so no hash holds over it, not that of its escape either", () => {
  for (const member of ['"a":"\\ud800"', '"a":"\\udc00\\ud800"', '"\\ud800":1', '"a":["é\\ud83d"]']) {
    const body = `{${member},"event":"x","prev_hash":"${GENESIS}"`;
    const line = `${body},"entry_hash":"${hash("sha256", `${GENESIS}${body}}`, "hex")}"}\n`;
    // Written with spaces it is a line of another writer, whose hash is over what was read.
    for (const text of [line, line.replaceAll('":', '": ')]) {
      assert.equal(verify(Buffer.from(text), true).failure, "entry_hash", text);
    }
  }
  const body = `{"a":"\\ud83d\\ude00","event":"x","prev_hash":"${GENESIS}"`;
  const hashed = hash("sha256", `${GENESIS}${body.replace("\\ud83d\\ude00", "😀")}}`, "hex");
  assert.equal(verify(Buffer.from(`${body}, "entry_hash":"${hashed}"}\n`), true).failure, null);
});

test("a line that never ends is refused instead of read into memory", () => {
  const verifier = new ChainVerifier(host, { strict: false });
  let fed = 0;
  for (let goesOn = true; goesOn && fed <= 2 * MAX_LINE_BYTES;) {
    const count = verifier.room().fill(0x78).length;
    fed += count;
    goesOn = verifier.filled(count);
  }
  const { failure, first_bad_line, entries } = verifier.end();
  assert.deepEqual([failure, first_bad_line, entries], ["too_long", 1, 0]);
  assert.ok(fed > MAX_LINE_BYTES && fed < 2 * MAX_LINE_BYTES, `${fed} bytes were read`);
});

test("integers, exponents and whole numbers are spelled as Python spells them", () => {
  const cases = [
    ["10.0", "10.0"],
    ["-0.0", "-0.0"],
    ["-0", "0"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e+16"],
    ["1E-5", "1e-05"],
    ["0.0001", "0.0001"],
    ["1.00E1", "10.0"],
    ["1e400", "Infinity"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["5e-324", "5e-324"],
    ["1.7976931348623157e308", "1.7976931348623157e+308"],
  ];
  for (const [token = "", spelled] of cases) assert.equal(renderNumber(token), spelled);
});

/** The same, in a little room; before each piece the whole room holds something else. */
function verifyInDirt(bytes: Uint8Array, piece: number, dirt: number): ChainState {
  const verifier = new ChainVerifier(host, { strict: false, roomBytes: 4096 });
  for (let at = 0; at < bytes.length; at += piece) {
    const part = bytes.subarray(at, at + piece);
    const room = verifier.room().fill(dirt);
    room.set(part);
    if (!verifier.filled(part.length)) break;
  }
  return verifier.end();
}

test("what stood in the room before is never taken for what was read", () => {
  const bytes = writeLog(5);
  for (const dirt of [0x0a, 0x7d, 0x20]) {
    for (const piece of [1, 100, 257, 1000]) {
      const { entries, failure, bytes: judged, lines } = verifyInDirt(bytes, piece, dirt);
      assert.deepEqual([entries, failure, judged, lines], [5, null, bytes.length, 5], `${dirt}, ${piece}`);
    }
  }
});

test("every byte of a line's seal counts, also where lines are not read one by one", () => {
  const bytes = writeLog(3);
  const ends = [...bytes.keys()].filter((at) => bytes[at] === 10);
  for (const [line, end] of ends.entries()) {
    for (let at = end - 81; at < end; at += 1) {
      const copy = Uint8Array.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      const { failure, entries, first_bad_line } = verifyInDirt(copy, 4096, 0);
      assert.notEqual(failure, null, `byte ${at - end} of line ${line + 1}`);
      assert.deepEqual([entries, first_bad_line], [line, line + 1]);
    }
  }
  for (const seal of ["}}", '"]', "'}", '""']) {
    const copy = Buffer.from(bytes);
    copy.write(seal, (ends[1] ?? 0) - 2);
    assert.deepEqual([verifyInDirt(copy, 4096, 0).failure, verify(copy, true).failure], ["json", "json"], seal);
  }
});

test("the state tells lines, bytes, what is odd and whether the end is open, at each step", () => {
  const bytes = writeLog(3);
  const [one = "", two = "", three = ""] = bytes.toString().split("\n");
  const spaced = two.replace('":', '": ');
  const cases: readonly [string, Partial<ChainState>][] = [
    ["", { entries: 0, lines: 0, bytes: 0, head: GENESIS, raw: true, is_open: false, first_odd_line: null }],
    [`${one}\n${two}\n`, { entries: 2, lines: 2, raw: true, is_open: false, first_odd_line: null }],
    [`${one}\n${two}`, { entries: 2, lines: 2, raw: true, is_open: true, first_odd_line: null }],
    [`${one}\n\n${two}\n`, { entries: 2, lines: 3, raw: true, is_open: false, first_odd_line: 2 }],
    [`${one}\n${spaced}\n\n${three}\n`, { entries: 3, lines: 4, raw: false, is_open: false, first_odd_line: 2 }],
    [`${one}\n \t\r`, { entries: 1, lines: 2, raw: true, is_open: true, first_odd_line: 2 }],
  ];
  for (const [text, expected] of cases) {
    const data = Buffer.from(text);
    const state = verify(data, true);
    assert.deepEqual({ ...state, ...expected }, state, text);
    assert.deepEqual([state.failure, state.first_bad_line, state.bytes], [null, null, data.length]);
  }
  const broken: readonly [string, Partial<ChainState>][] = [
    [`${two}\n`, { failure: "genesis", entries: 0, bytes: 0, first_bad_line: 1 }],
    [`${one}\n${three}\n`, { failure: "prev_hash", entries: 1, bytes: one.length + 1, first_bad_line: 2 }],
    [`${one}\n${one}\n`, { failure: "prev_hash", entries: 1, first_bad_line: 2 }],
    [`${one}\n{}\n`, { failure: "prev_hash", entries: 1, first_bad_line: 2 }],
    ["[]\n", { failure: "not_object", entries: 0, first_bad_line: 1 }],
    [`${one}\n${two.replace("é 2", "é 3")}\n`, { failure: "entry_hash", entries: 1, first_bad_line: 2 }],
    [`${one}\n{"prev_hash":"${one.slice(-66, -2)}"}\n`, { failure: "entry_hash", first_bad_line: 2 }],
    [`${one}\n${two.slice(0, -1)}`, { failure: "json", first_bad_line: 2, bytes: one.length + 1, is_open: true }],
  ];
  for (const [text, expected] of broken) {
    const bytesOf = {
      bytes: expected.bytes === undefined ? undefined : Buffer.byteLength(text.slice(0, expected.bytes)),
    };
    const wanted = expected.bytes === undefined ? expected : { ...expected, ...bytesOf };
    const state = verify(Buffer.from(text), true);
    assert.deepEqual({ ...state, ...wanted }, state, text);
  }
  const invalid = Buffer.concat([Buffer.from(`${one}\n{"a":"`), Buffer.of(0xff), Buffer.from('"}\n')]);
  assert.equal(verify(invalid, false).failure, "utf8");
});

test("a chain goes on after a hash that is given, and each entry is shown where it stands", () => {
  const bytes = writeLog(3);
  const first = bytes.indexOf(10) + 1;
  const head = bytes.toString("latin1", first - 67, first - 3);
  const seen: string[] = [];
  const visit = ({ hash: own, offset, line, number }: VisitedEntry): void => {
    seen.push(`${number} at ${offset}: ${line.length}, ${own === Buffer.from(line).toString("latin1").slice(-66, -2)}`);
  };
  const verifier = new ChainVerifier(host, { strict: true, after: head, visit });
  verifier.room().set(bytes.subarray(first));
  verifier.filled(bytes.length - first);
  assert.equal(verifier.end().entries, 2);
  const second = bytes.indexOf(10, first) + 1;
  assert.deepEqual(seen, [
    `1 at 0: ${second - first - 1}, true`,
    `2 at ${second - first}: ${bytes.length - second - 1}, true`,
  ]);
});

test("a line longer than the room is kept whole, and a blank first line moves no hash", () => {
  const draft = { event: "x", timestamp: "2026-01-01T00:00:00Z", filler: "é".repeat(9000) };
  const seat = { prevHash: GENESIS, seq: 1, payloadRef: null };
  const { line } = sealEntry(prepareEntry(draft, "log", false), seat, (data) => hash("sha256", data, "hex"));
  for (const piece of [100, 1000, 4096]) {
    assert.deepEqual(verifyInDirt(Buffer.from(line), Math.min(piece, 1024), 0x0a).failure, null);
  }
  for (let blanks = 0; blanks < 8; blanks += 1) {
    const text = Buffer.from(`${" ".repeat(blanks)}\n${writeLog(2).toString()}`);
    assert.deepEqual([verify(text, false).failure, verify(text, false).entries], [null, 2], String(blanks));
  }
});

test("a line that no hash can cover is refused, also with the hash of what stands for it in code", () => {
  for (const stand of ["null", "undefined", ""]) {
    const own = hash("sha256", `${GENESIS}${stand}`);
    const line = `{ "a":"\\ud800","prev_hash":"${GENESIS}","entry_hash":"${own}"}\n`;
    assert.equal(verify(Buffer.from(line), true).failure, "entry_hash", stand);
  }
});
