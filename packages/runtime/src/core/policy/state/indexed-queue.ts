// A list that is added to at its end and dropped from at its start, whose items keep their index for ever.

/** A queue with indexes. All steps are amortised constant. */
export class IndexedQueue<Item> {
  #items: Item[] = [];
  #head = 0;
  #dropped = 0;

  /** The index that the next item gets. */
  get end(): number {
    return this.#dropped + this.#items.length;
  }

  /** The index of the first item that is kept. */
  get firstIndex(): number {
    return this.#dropped + this.#head;
  }

  /** The first item that is kept. */
  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  /** The item of an index; undefined when it was dropped, or is yet to come. */
  at(index: number): Item | undefined {
    const place = index - this.#dropped;
    return place < this.#head ? undefined : this.#items[place];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Add an item before those at the end that come after it. Constant when it is the last. */
  insert(item: Item, isAfter: (other: Item) => boolean): void {
    let place = this.#items.length;
    while (place > this.#head) {
      const before = this.#items[place - 1];
      if (before === undefined || !isAfter(before)) break;
      place -= 1;
    }
    this.#items.splice(place, 0, item);
  }

  /** Drop the first item. */
  shift(): void {
    if (this.isEmpty) return;
    this.#head += 1;
    if (this.#head < 32 || this.#head * 2 < this.#items.length) return;
    this.#dropped += this.#head;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
