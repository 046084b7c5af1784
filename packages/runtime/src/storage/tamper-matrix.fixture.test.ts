// One log, changed in every way at every byte, each change judged by the verifier's own parts: the chain, the form, the
// tree, and what comes first. What stands before the changed line is the same as ever, so judging begins there.

import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { merkleTree } from "../ledger/merkle.ts";
import { lineLeaf } from "../ledger/tlog/entry-data.ts";
import { TreeFrontier, type NodeReader } from "../ledger/tlog/tree.ts";
import { ChainVerifier, type ChainState } from "../ledger/verify.ts";
import { GENESIS } from "../ledger/chain.ts";
import { nodeChainHost } from "./chain-host.ts";
import { CheckpointAudit, type KnownCheckpoint } from "./checkpoint-audit.ts";
import { hashOfLine } from "./parse-entry.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";
import { verifyLog, type VerifyResult } from "./verify-log.ts";
import { earlier, lineFailure, type Failing } from "./verify-verdict.ts";

/** A way to change a log at one byte. */
export interface Change {
  readonly what: "flip" | "delete" | "insert" | "cut";
  /** Which byte; `cut` removes it and all that follows. */
  readonly at: number;
  /** `flip`: the bits to turn over; `insert`: the byte that is put before it. */
  readonly value: number;
}

/** A log as it was written, and what an anchor keeps of it. */
export class TamperedLog {
  readonly bytes: Buffer;
  readonly anchor: KnownCheckpoint;
  readonly #lines: readonly Buffer[];
  readonly #starts: readonly number[];
  readonly #heads: readonly string[];
  readonly #leaves: readonly Uint8Array[];
  readonly #nodes: NodeReader;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#lines = linesOf(bytes);
    let start = 0;
    this.#starts = this.#lines.map(({ length }) => {
      start += length;
      return start - length;
    });
    const texts = this.#lines.map((line) => line.toString("utf8", 0, line.length - 1));
    this.#heads = [GENESIS, ...texts.map((text) => hashOfLine(text) ?? "")];
    this.#leaves = this.#lines.map((line) => lineLeaf(line, nodeSha256));
    const nodes = new Map<string, Uint8Array>();
    this.#nodes = (level, index) => {
      const key = `${level} ${index}`;
      const leaves = this.#leaves.slice(index * 2 ** level, (index + 1) * 2 ** level);
      const found = nodes.get(key) ?? merkleTree(leaves, nodeSha256).root;
      nodes.set(key, found);
      return found;
    };
    this.anchor = { name: "elsewhere", size: this.#leaves.length, root: merkleTree(this.#leaves, nodeSha256).root };
  }

  /** How many lines it has. */
  get size(): number {
    return this.#lines.length;
  }

  /** Where each line begins. */
  get starts(): readonly number[] {
    return this.#starts;
  }

  /** The log with a change made. */
  changed(change: Change): Buffer {
    const { line, rest } = this.#changedLine(change);
    const start = this.#starts[this.#lineAt(change.at)] ?? 0;
    return Buffer.concat([this.bytes.subarray(0, start), line, rest]);
  }

  /** The line that a change is in, changed, and the bytes after it, shared. */
  #changedLine({ what, at, value }: Change): { readonly line: Buffer; readonly rest: Buffer } {
    const index = this.#lineAt(at);
    const start = this.#starts[index] ?? 0;
    const end = start + (this.#lines[index]?.length ?? 0);
    const [before, after] = [this.bytes.subarray(start, at), this.bytes.subarray(at, end)];
    const rest = this.bytes.subarray(end);
    switch (what) {
      case "flip":
        return { line: Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ value]), after.subarray(1)]), rest };
      case "delete":
        return { line: Buffer.concat([before, after.subarray(1)]), rest };
      case "insert":
        return { line: Buffer.concat([before, Buffer.from([value]), after]), rest };
      case "cut":
        return { line: Buffer.from(before), rest: rest.subarray(0, 0) };
      default: {
        const never: never = what;
        return never;
      }
    }
  }

  /** The physical line, from 1, at which a changed log first differs from what was written; 0 when it does not. */
  firstDifference(changed: Buffer): number {
    const lines = linesOf(changed);
    const at = lines.findIndex((line, index) => Buffer.compare(line, this.#lines[index] ?? Buffer.alloc(0)) !== 0);
    if (at >= 0) return at + 1;
    return lines.length < this.#lines.length ? lines.length + 1 : 0;
  }

  /** What the verifier says of a change, judged from the changed line on; null when it finds nothing. */
  judge(change: Change): Failing | null {
    const line = this.#lineAt(change.at);
    const { line: first, rest } = this.#changedLine(change);
    const tree = TreeFrontier.at(line, this.#nodes, nodeSha256);
    const audit = new CheckpointAudit([this.anchor], tree, (index) => this.#leaves[index] ?? null);
    const state = feed([first, rest], { after: this.#heads[line] ?? "", line }, audit);
    const form = { isExact: true, isWhole: audit.isWholeKept() };
    const seen = { entries: line + state.entries, base: 0, lines: line + state.lines, segment: null };
    const found = lineFailure(state, form);
    return earlier(found === null ? null : { ...found, line: found.line + line }, audit.finish(), seen);
  }

  /** Which line is the first that differs, from 1: the changed one, or the next when only a line was put in after it. */
  expectedLine(change: Change): number {
    const index = this.#lineAt(change.at);
    const { line } = this.#changedLine(change);
    const end = line.indexOf(10);
    const first = end < 0 ? line : line.subarray(0, end + 1);
    return Buffer.compare(first, this.#lines[index] ?? first) === 0 ? index + 2 : index + 1;
  }

  #lineAt(byte: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= byte) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const PIECE_BYTES = 4096;

function feed(
  pieces: readonly Buffer[],
  { after, line: before }: { readonly after: string; readonly line: number },
  audit: CheckpointAudit,
): ChainState {
  const verifier = new ChainVerifier(nodeChainHost, {
    strict: false,
    after,
    roomBytes: PIECE_BYTES,
    visit: ({ line, number }) => audit.saw(line, { segment: null, line: before + number }),
  });
  for (const bytes of pieces) {
    for (let at = 0; at < bytes.length;) {
      const count = bytes.copy(verifier.room(), 0, at);
      at += count;
      if (!verifier.filled(count)) return verifier.state();
    }
  }
  return verifier.end();
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return lines;
}

/** Which changes are made. */
export interface MatrixOptions {
  /** Of each kind but `flip`, this share of the bytes, chosen by the seed: 1 is all. */
  readonly share: number;
  readonly seed: number;
  /** Bits to turn over at each byte: the byte's own one of eight, or each of the eight. */
  readonly everyBit: boolean;
}

/** What is put before a byte, in turn: what a parser may pass over, and what it may not. */
const INSERTED: readonly number[] = [0x20, 0x0a, 0x0d, 0x09, 0x30, 0x00, 0x22, 0x2c, 0x7d, 0x80];

/** Every change of the matrix, in order. */
export function* changesOf(log: TamperedLog, { share, seed, everyBit }: MatrixOptions): Generator<Change> {
  const { length } = log.bytes;
  const isChosen = (at: number, kind: string): boolean =>
    share >= 1 || Number.parseInt(hash("sha256", `${seed} ${kind} ${at}`).slice(0, 8), 16) / 2 ** 32 < share;
  for (let at = 0; at < length; at += 1) {
    if (everyBit) for (let bit = 0; bit < 8; bit += 1) yield { what: "flip", at, value: 1 << bit };
    else yield { what: "flip", at, value: 1 << (at % 8) };
    if (isChosen(at, "delete")) yield { what: "delete", at, value: 0 };
    if (isChosen(at, "insert")) yield { what: "insert", at, value: INSERTED[at % INSERTED.length] ?? 0x20 };
  }
  for (const value of INSERTED) yield { what: "insert", at: length, value };
  for (const at of log.starts) if (at > 0) yield { what: "cut", at, value: 0 };
  const lastLines = log.starts.at(-3) ?? 0;
  for (let at = lastLines + 1; at < length; at += 1) yield { what: "cut", at, value: 0 };
}

/** A change that was not found, or whose place was not named. */
export interface Miss {
  readonly change: Change;
  readonly expected: number;
  readonly found: Failing | null;
}

/** Make every change and judge it. Cost: about 20 µs each. */
export function runMatrix(
  log: TamperedLog,
  options: MatrixOptions,
): { readonly changes: number; readonly misses: readonly Miss[] } {
  let changes = 0;
  const misses: Miss[] = [];
  for (const change of changesOf(log, options)) {
    changes += 1;
    const found = log.judge(change);
    const expected = log.expectedLine(change);
    if (found === null || found.line !== expected) misses.push({ change, expected, found });
  }
  return { changes, misses };
}

/** Put a change into a file and verify it as `canopy verify --anchor` does. */
export async function verifyChanged(log: TamperedLog, change: Change, path: string): Promise<VerifyResult> {
  const kept = readFileSync(path);
  writeFileSync(path, log.changed(change));
  try {
    return await verifyLog(path, { checkpoints: [log.anchor] });
  } finally {
    writeFileSync(path, kept);
  }
}
