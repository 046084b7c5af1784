// Where the newest entries stand, in memory: by their hash, and by the authorization they belong to.
//
// An entry can only name an authorization whose hash existed before it. So when an authorization's own entry is among
// the remembered ones, everything about it is, and no index or scan is needed. Nor is a scan where the index reaches `from`.

import type { EntryPosition, LogPoint } from "./log-point.ts";

/** What is remembered about one authorization. */
export interface Remembered {
  /** Whether the authorization's own entry is remembered, so that there can be no others in the log. */
  readonly complete: boolean;
  readonly positions: readonly EntryPosition[];
}

const GENERATION_SIZE = 32_768;

/** Positions of the newest 32,768 to 65,536 entries: two generations, the older of which is dropped whole. */
export class RecentEntries {
  #newer = new Generation();
  #older = new Generation();

  /** From where on every entry is remembered; null before the first. */
  get from(): LogPoint | null {
    return this.#older.from ?? this.#newer.from;
  }

  /** Remember an entry; entries come in the log's order, none left out. Cost: constant. */
  add(authorizationId: string | null, position: EntryPosition): void {
    if (this.#newer.own.size >= GENERATION_SIZE) {
      this.#older = this.#newer;
      this.#newer = new Generation();
    }
    this.#newer.from ??= position;
    this.#newer.own.set(position.hash, position);
    if (authorizationId === null) return;
    const related = this.#newer.related.get(authorizationId);
    if (related === undefined) this.#newer.related.set(authorizationId, [position]);
    else related.push(position);
  }

  /** Where the entry of that hash stands, or null. Cost: two map look-ups. */
  own(hash: string): EntryPosition | null {
    return this.#newer.own.get(hash) ?? this.#older.own.get(hash) ?? null;
  }

  /** Everything remembered about an authorization, in order. Cost: four map look-ups. */
  of(authorizationId: string): Remembered {
    const own = this.#older.own.get(authorizationId) ?? this.#newer.own.get(authorizationId);
    const related = [this.#older, this.#newer].flatMap((part) => part.related.get(authorizationId) ?? []);
    return { complete: own !== undefined, positions: own === undefined ? related : [own, ...related] };
  }
}

class Generation {
  readonly own = new Map<string, EntryPosition>();
  readonly related = new Map<string, EntryPosition[]>();
  from: LogPoint | null = null;
}
