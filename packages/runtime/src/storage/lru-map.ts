// A map that holds a bounded number of things and lets go of those that were asked for longest ago.

/** A bounded map by text. Every step is constant. */
export class LruMap<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;
  readonly #dropped: (value: Value) => void;

  /** `dropped` is told of each value that leaves. */
  constructor(most: number, dropped: (value: Value) => void = () => undefined) {
    this.#most = most;
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The value of a key, which is now the newest asked for. */
  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** The value of a key, without asking for it. */
  peek(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.delete(key);
    while (this.#values.size >= this.#most) this.dropOldest();
    this.#values.set(key, value);
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#dropped(value);
  }

  /** Let go of what was asked for longest ago. */
  dropOldest(): void {
    const [oldest] = this.#values.keys();
    if (oldest !== undefined) this.delete(oldest);
  }
}
