// The way from a place in a log to its head, in parts that are each verified by themselves.
//
// That a part is true is known when the chain leads from it to the head. So what is far from the head is followed once, to
// there; the points remembered on the way are then as good as the head itself.

import { scanChain, type ChainFiles, type ChainStart } from "./chain-scan.ts";
import { isBefore, type ChainPoint } from "./log-point.ts";

/** Points of one log that the chain leads through to a head. */
export class KnownPoints {
  #points: readonly ChainPoint[] = [];

  /** Forget them: the log is another one. */
  clear(): void {
    this.#points = [];
  }

  /**
   * The point to go to from a place: the head, or one about `stepBytes` on. Cost: none while points are left or the head is
   * near; else one pass up to the head, a SHA-256 a line.
   *
   * @throws {CanopyError} as `scanChain`.
   */
  next(files: ChainFiles, from: ChainStart, head: ChainPoint, stepBytes: number): ChainPoint {
    this.#points = this.#points.filter((point) => isBefore(from, point));
    const isNear = head.segment === from.segment && head.offset - from.offset <= stepBytes;
    if (this.#points.length === 0 && !isNear) this.#points = follow(files, from, head, stepBytes);
    return this.#points[0] ?? head;
  }
}

/** Points about a step apart that the chain leads through to an end, which is the last of them. */
function follow(files: ChainFiles, from: ChainStart, end: ChainPoint, stepBytes: number): readonly ChainPoint[] {
  const points: ChainPoint[] = [];
  let bytes = 0;
  scanChain(files, from, end, (_line, { segment, offset, length, hash }) => {
    bytes += length + 1;
    if (bytes < stepBytes) return;
    points.push({ segment, offset: offset + length + 1, hash });
    bytes = 0;
  });
  return [...points, end];
}
