import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { VisitedEntry } from "../ledger/verify.ts";
import { BatchMac, hasBatchMac } from "./batch-mac.ts";
import { VouchedLines } from "./vouched-lines.ts";

const KEY = Buffer.alloc(32, 7);
const HASH = "a".repeat(64);
const hashOf = (n: number): string => String(n).padStart(64, "0");

/** A line of ours; with a MAC by that key it ends a batch. `prev` is the hash of the line before. */
function lineOf(n: number, prev: string, key: Buffer | null, filler = ""): Buffer {
  const body = `{"filler":"${filler}","seq":${n}`;
  const mac = key === null ? "" : createHmac("sha256", key).update(`${prev}${body}}`).digest("hex").slice(0, 32);
  return Buffer.from(`${body}${key === null ? "" : `,"seq_mac":"${mac}"`},"entry_hash":"${hashOf(n)}"}`);
}

interface Fed {
  readonly lines: VouchedLines;
  /** Numbers of the lines that were let go. */
  readonly seen: number[];
}

/** Lines 1 to `count`, of which those of `macs` end a batch. */
function feed(lines: VouchedLines, count: number, macs: readonly number[], filler = ""): void {
  let offset = 0;
  for (let n = 1; n <= count; n += 1) {
    const line = lineOf(n, n === 1 ? HASH : hashOf(n - 1), macs.includes(n) ? KEY : null, filler);
    lines.take({ hash: hashOf(n), offset, line, number: n, raw: true });
    offset += line.length + 1;
    line.fill(0);
  }
}

function vouched(visits: boolean): Fed {
  const seen: number[] = [];
  const visit = ({ line }: VisitedEntry): void => {
    const entry: { readonly seq: number } = JSON.parse(Buffer.from(line).toString());
    seen.push(entry.seq);
  };
  return { lines: new VouchedLines(new BatchMac(KEY), HASH, visits ? visit : null), seen };
}

/** Where the lines up to that one end. */
const endOf = (count: number, macs: readonly number[], filler = ""): number => {
  let end = -1;
  for (let n = 1; n <= count; n += 1) {
    end += 1 + lineOf(n, n === 1 ? HASH : hashOf(n - 1), macs.includes(n) ? KEY : null, filler).length;
  }
  return Math.max(0, end);
};

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

test("lines are let go up to the newest MAC that holds, and those after it are nobody's", () => {
  const cases: readonly [count: number, macs: readonly number[], vouched: number][] = [
    [0, [], 0],
    [3, [], 0],
    [3, [3], 3],
    [3, [1], 1],
    [5, [2, 4], 4],
    [511, [1], 1],
    [512, [512], 512],
    [512, [1], 1],
    [600, [100, 600], 600],
    [1100, [500, 1000], 1000],
  ];
  for (const [count, macs, expected] of cases) {
    for (const visits of [true, false]) {
      const { lines, seen } = vouched(visits);
      feed(lines, count, macs);
      const end = { bytes: endOf(expected, macs), entries: expected, hash: expected === 0 ? HASH : hashOf(expected) };
      assert.deepEqual(lines.end(), end, `${count} ${macs.join()}`);
      assert.equal(lines.isForeign, false);
      assert.deepEqual(lines.end(), end, "asked again");
      assert.deepEqual(seen, visits ? upTo(expected) : []);
    }
  }
});

test("too many lines without a MAC are not this home's; where nothing is learned a later MAC still covers them", () => {
  for (const [count, macs, covered, foreign] of [
    [511, [], 0, false],
    [512, [], 0, true],
    [700, [700], 0, true],
    [522, [11], 11, false],
    [523, [11], 11, true],
    [1022, [511], 511, false],
    [1023, [511], 511, true],
    [1100, [511, 1100], 511, true],
  ] as const) {
    const { lines, seen } = vouched(true);
    feed(lines, count, macs);
    assert.equal(lines.isForeign, foreign, `${count} ${macs.join()}`);
    assert.equal(lines.end().entries, covered);
    assert.deepEqual(seen, upTo(covered));
    const counted = vouched(false);
    feed(counted.lines, count, macs);
    const all = macs.at(-1) ?? 0;
    assert.equal(counted.lines.isForeign, false);
    assert.deepEqual([counted.lines.end().entries, counted.lines.end().bytes], [all, endOf(all, macs)]);
  }
});

test("a MAC is HMAC-SHA-256 over the hash before and the line without its seal, cut to 32 digits", () => {
  for (const key of [KEY, Buffer.alloc(64, 9), Buffer.from("short")]) {
    const mac = new BatchMac(key);
    for (const text of [
      "",
      "{}",
      "é€😀",
      "x".repeat(21_823),
      "x".repeat(21_824),
      "é".repeat(40_000),
      "x".repeat(200_000),
    ]) {
      assert.equal(
        mac.of(text),
        createHmac("sha256", key).update(text).digest("hex").slice(0, 32),
        String(text.length),
      );
    }
  }
});

test("a line ends a batch by the MAC that its key makes of it, wherever it is looked at", () => {
  const mac = new BatchMac(KEY);
  for (const filler of ["", "é", "x".repeat(65_400), "x".repeat(65_536), "x".repeat(200_000)]) {
    const line = lineOf(3, HASH, KEY, filler);
    assert.equal(mac.isOn(line, HASH), true, String(filler.length));
    assert.equal(mac.isOn(line, hashOf(1)), false);
    assert.equal(new BatchMac(Buffer.alloc(32, 8)).isOn(line, HASH), false);
    const at = line.indexOf(',"seq_mac":"');
    for (const [where, byte] of [
      [2, 0x21],
      [at + 12, 0x7a],
      [at + 43, 0x7a],
      [at + 44, 0x27],
    ] as const) {
      const changed = Buffer.from(line);
      changed[where] = byte;
      assert.equal(mac.isOn(changed, HASH), false, String(where));
    }
    assert.equal(hasBatchMac(line), true);
  }
  const bare = lineOf(3, HASH, null);
  assert.deepEqual([mac.isOn(bare, HASH), hasBatchMac(bare)], [false, false]);
  // A name without room for its digits, or in the seal itself.
  for (const text of ['{"a":1,"seq_mac":"0"}', `{"a":1,"seq_mac":"${"0".repeat(32)}"}`, ',"seq_mac":"', ""]) {
    assert.equal(mac.isOn(Buffer.from(text), HASH), false, text);
  }
});
