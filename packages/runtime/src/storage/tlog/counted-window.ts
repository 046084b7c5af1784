// A window of entries, counted as the index takes them: what can be said of the log up to the window's end.

import { readIndexedLine, type IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { scanLine } from "../entry-index/read-line.ts";
import type { IndexedLine as PlacedLine } from "./log-lines.ts";
import { LogTally } from "./log-tally.ts";
import { nodeSha256 } from "./node-sha256.ts";
import type { CoveredSpan } from "./tlog-state.ts";

/** Counts the lines of a window as they are read. */
export class CountedWindow {
  readonly #before: Pick<CoveredSpan, "decisions" | "policy_hash">;
  #span: CoveredSpan | null = null;

  /** `before` is what is said of the entries before the window. */
  constructor(before: Pick<CoveredSpan, "decisions" | "policy_hash">) {
    this.#before = before;
  }

  /** What is said up to the window's end; null until its lines were read to the end. */
  get span(): CoveredSpan | null {
    return this.#span;
  }

  /** What the index knows of the window's lines, counted as they pass. Each pass counts anew. */
  *pass(lines: Iterable<PlacedLine>): Generator<IndexedLine, void, void> {
    const tally = new LogTally(this.#before.decisions, this.#before.policy_hash);
    let last: PlacedLine | null = null;
    for (const line of lines) {
      const read = scanLine(line.bytes);
      tally.add(line.bytes, read);
      last = line;
      yield read ?? readIndexedLine(line.bytes);
    }
    if (last === null) return;
    // Its bytes are lent until the next line is asked for, and there is none.
    const leaf = Buffer.from(lineLeaf(last.bytes, nodeSha256)).toString("hex");
    const { index, segment, offset, bytes } = last;
    const { decisions, policy_hash } = tally;
    const place = { segment, offset: offset + bytes.length + 1 };
    this.#span = { covered: index + 1, ...place, leaf, decisions, policy_hash };
  }
}
