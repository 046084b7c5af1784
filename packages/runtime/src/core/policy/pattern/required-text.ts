// The longest text that every match of a sequence holds: what is looked for before the engine is asked.

/** Grows with each piece of a sequence. */
export class RequiredText {
  #run = "";
  #longest = "";
  #exact = true;

  /** The next piece: text that each of its matches holds, and whether they are exactly that. */
  add(piece: { readonly required: string; readonly exact: boolean }): void {
    this.#run = piece.exact ? this.#run + piece.required : "";
    const candidate = piece.exact ? this.#run : piece.required;
    if (candidate.length > this.#longest.length) this.#longest = candidate;
    this.#exact &&= piece.exact;
  }

  /** The longest text so far. */
  longest(): string {
    return this.#longest;
  }

  /** Whether every match is exactly that text. */
  get exact(): boolean {
    return this.#exact;
  }
}
