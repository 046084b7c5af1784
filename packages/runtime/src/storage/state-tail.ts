// What the newest entries add to the state, in memory: what the index may not cover yet.
//
// Bounded: two generations, the older of which is dropped whole; `from` says from which point on nothing is missing.

import { isBefore, type ChainPoint, type EntryPosition, type LogPoint } from "./log-point.ts";
import type { PartsChange } from "./state-parts.ts";

/** Where an entry stands, and the newest time, in seconds, that the log had shown with it. */
export interface StateRow extends EntryPosition {
  readonly at: number;
}

/** The newest rows of the state. */
export class StateTail {
  #newer: Generation;
  #older: Generation;

  readonly #size: number;

  /** `from` is the point from which on entries will be added; `size` to twice as many rows are remembered. */
  constructor(from: ChainPoint, size: number) {
    this.#size = size;
    this.#newer = new Generation(from);
    this.#older = this.#newer;
  }

  /** From where on nothing is missing. */
  get from(): ChainPoint {
    return this.#older.from;
  }

  /** Remember what an entry changes; `before` is the hash of the one before it. Entries come in the log's order. */
  add({ change, counters, tags }: PartsChange, row: StateRow, before: string): void {
    const generation = this.#room(row, before);
    generation.size += counters.length + tags.length;
    for (const { part } of counters) push(generation.counters, part, row);
    for (const { part, name } of tags) {
      const names = generation.tags.get(part) ?? new Map<string, number>();
      generation.tags.set(part, names.set(name, row.at));
    }
    if (change.kind === "reserve") return;
    generation.size += 1;
    push(generation.followUps, change.id, row);
  }

  /** Entries that reserve in a counter, in order. */
  ofCounter(part: string): readonly StateRow[] {
    return this.#generations().flatMap((generation) => generation.counters.get(part) ?? []);
  }

  /** Entries that follow up an authorization, in order. */
  ofAuthorization(id: string): readonly StateRow[] {
    return this.#generations().flatMap((generation) => generation.followUps.get(id) ?? []);
  }

  /** Names set in a part, and when, in seconds. */
  tagsOf(part: string): ReadonlyMap<string, number> {
    return new Map(this.#generations().flatMap((generation) => [...(generation.tags.get(part) ?? [])]));
  }

  /** Let go of a generation that the index covers by now. */
  forgetBefore(point: LogPoint): void {
    if (this.#older !== this.#newer && !isBefore(point, this.#newer.from)) this.#older = this.#newer;
  }

  #generations(): readonly Generation[] {
    return this.#older === this.#newer ? [this.#newer] : [this.#older, this.#newer];
  }

  #room({ segment, offset }: LogPoint, hash: string): Generation {
    if (this.#newer.size < this.#size) return this.#newer;
    this.#older = this.#newer;
    this.#newer = new Generation({ segment, offset, hash });
    return this.#newer;
  }
}

class Generation {
  readonly from: ChainPoint;
  readonly counters = new Map<string, StateRow[]>();
  readonly tags = new Map<string, Map<string, number>>();
  readonly followUps = new Map<string, StateRow[]>();
  size = 0;

  constructor(from: ChainPoint) {
    this.from = from;
  }
}

function push(map: Map<string, StateRow[]>, key: string, row: StateRow): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [row]);
  else known.push(row);
}
