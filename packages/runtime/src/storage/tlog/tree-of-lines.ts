// The tree computed from the log's lines themselves: what is asked when there are no tiles, or they can't be trusted.
//
// Kept in memory: the root of each 256 leaves and what stands above; the leaves below are read again when asked for.

import { TILE_HEIGHT, TILE_WIDTH } from "../../ledger/tlog/tile.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { TreeFrontier, type NodeReader } from "../../ledger/tlog/tree.ts";
import { nodeHash } from "../../ledger/merkle.ts";
import { nodeSha256 } from "./node-sha256.ts";
import type { LogLines } from "./log-lines.ts";

const YIELD_EVERY_LINES = 16_384;
const KEPT_BLOCKS = 64;

/** Nodes of a log's tree, from its lines. */
export class TreeOfLines {
  readonly #lines: LogLines;
  /** Asked for nodes that need not be computed; null: this one must be. */
  readonly #known: (level: number, index: number) => Uint8Array | null;
  /** By level - 8, then index. */
  readonly #upper: Map<number, Uint8Array>[] = [];
  readonly #blocks = new Map<number, Map<string, Uint8Array>>();

  constructor(lines: LogLines, known: (level: number, index: number) => Uint8Array | null) {
    this.#lines = lines;
    this.#known = known;
  }

  /** Go through the whole log once, so that no later question has to. Cost: one SHA-256 a line; lets others run meanwhile. */
  async fill(): Promise<void> {
    let leaves = 0;
    const frontier = TreeFrontier.at(0, () => new Uint8Array(0), nodeSha256);
    for (const line of this.#lines.lines(0)) {
      frontier.append(lineLeaf(line.bytes, nodeSha256), (level, index, hash) => {
        if (level >= TILE_HEIGHT) this.#keep(level, index, hash);
      });
      leaves += 1;
      if (leaves % YIELD_EVERY_LINES === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A node; the log has all of its leaves. Cost: up to 256 lines read; above, what was not asked for before. */
  readonly node: NodeReader = (level, index) => {
    const known = this.#known(level, index);
    if (known !== null) return known;
    if (level < TILE_HEIGHT) return this.#inBlock(level, index);
    const kept = this.#upper[level - TILE_HEIGHT]?.get(index);
    if (kept !== undefined) return kept;
    const hash = nodeHash(this.node(level - 1, index * 2), this.node(level - 1, index * 2 + 1), nodeSha256);
    this.#keep(level, index, hash);
    return hash;
  };

  #keep(level: number, index: number, hash: Uint8Array): void {
    while (this.#upper.length <= level - TILE_HEIGHT) this.#upper.push(new Map());
    this.#upper[level - TILE_HEIGHT]?.set(index, hash);
  }

  #inBlock(level: number, index: number): Uint8Array {
    const number = Math.floor((index * 2 ** level) / TILE_WIDTH);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = this.#readBlock(number);
      const [oldest] = this.#blocks.keys();
      if (this.#blocks.size >= KEPT_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
      this.#blocks.set(number, block);
    }
    const hash = block.get(`${level}/${index}`);
    if (hash === undefined) throw new RangeError(`the log has no node ${index} at level ${level}`);
    return hash;
  }

  #readBlock(number: number): Map<string, Uint8Array> {
    const nodes = new Map<string, Uint8Array>();
    const from = number * TILE_WIDTH;
    // A block is a tree of its own: its nodes stand at the same levels, from the block's place on.
    const frontier = TreeFrontier.at(0, () => new Uint8Array(0), nodeSha256);
    const append = (leaf: Uint8Array): void => {
      frontier.append(leaf, (level, index, hash) => nodes.set(`${level}/${from / 2 ** level + index}`, hash));
    };
    let next = from;
    for (; next < from + TILE_WIDTH; next += 1) {
      const leaf = this.#known(0, next);
      if (leaf === null) break;
      append(leaf);
    }
    const end = Math.min(from + TILE_WIDTH, this.#lines.size);
    if (next < end) for (const line of this.#lines.lines(next, end)) append(lineLeaf(line.bytes, nodeSha256));
    return nodes;
  }
}
