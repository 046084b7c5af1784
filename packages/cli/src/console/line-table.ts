// Where the lines of a log stand. Lines are numbered by when they became known: 0 is the first that was written after
// the console looked for the first time, -1 the one before it. So a number stays with its line while both ends grow.

/** Lines that stand in one file, oldest first. */
export interface LineBlock {
  /** A descriptor of the file. */
  readonly fd: number;
  readonly offsets: readonly number[];
  /** Bytes, without the line feed. */
  readonly lengths: readonly number[];
}

/** Where a line stands. */
export interface LinePlace {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
}

/** The places of all lines known. 20 bytes a line. */
export class LineTable {
  readonly #older = new PlaceList();
  readonly #newer = new PlaceList();

  /** The number of the oldest line known; one more than `newest` when there is none. */
  get oldest(): number {
    return -this.#older.length;
  }

  /** The number of the newest line known. */
  get newest(): number {
    return this.#newer.length - 1;
  }

  /** How many lines are known. */
  get size(): number {
    return this.#older.length + this.#newer.length;
  }

  /** Lines that come after all that are known. */
  addNewer({ fd, offsets, lengths }: LineBlock): void {
    offsets.forEach((offset, index) => this.#newer.add(fd, offset, lengths[index] ?? 0));
  }

  /** Lines that come before all that are known. */
  addOlder({ fd, offsets, lengths }: LineBlock): void {
    for (let index = offsets.length - 1; index >= 0; index -= 1) {
      this.#older.add(fd, offsets[index] ?? 0, lengths[index] ?? 0);
    }
  }

  /** The place of a line; null when it is not known. Cost: constant. */
  place(number: number): LinePlace | null {
    return number >= 0 ? this.#newer.at(number) : this.#older.at(-1 - number);
  }
}

class PlaceList {
  #length = 0;
  #offsets = new Float64Array(1024);
  #lengths = new Float64Array(1024);
  #fds = new Int32Array(1024);

  get length(): number {
    return this.#length;
  }

  add(fd: number, offset: number, length: number): void {
    if (this.#length === this.#offsets.length) this.#grow();
    this.#offsets[this.#length] = offset;
    this.#lengths[this.#length] = length;
    this.#fds[this.#length] = fd;
    this.#length += 1;
  }

  at(index: number): LinePlace | null {
    if (index < 0 || index >= this.#length) return null;
    return { fd: this.#fds[index] ?? -1, offset: this.#offsets[index] ?? 0, length: this.#lengths[index] ?? 0 };
  }

  #grow(): void {
    const size = this.#offsets.length * 2;
    const [offsets, lengths, fds] = [new Float64Array(size), new Float64Array(size), new Int32Array(size)];
    offsets.set(this.#offsets);
    lengths.set(this.#lengths);
    fds.set(this.#fds);
    [this.#offsets, this.#lengths, this.#fds] = [offsets, lengths, fds];
  }
}
