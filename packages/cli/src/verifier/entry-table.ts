// The table of a bundle's entries: found by text, shown in pieces, each entry's line whole on request.

import { inertLine, inertText } from "./inert-text.ts";

const PAGE = 500;
const COLUMNS = ["seq", "timestamp", "decision", "event", "action_type", "avid", "reason"] as const;
const DECISIONS: ReadonlySet<string> = new Set(["ALLOW", "DENY", "REQUIRE_APPROVAL"]);

/** The parts of the page that the table is made of. */
export interface TableParts {
  readonly rows: HTMLElement;
  readonly count: HTMLElement;
  readonly more: HTMLButtonElement;
  readonly find: HTMLInputElement;
}

/** Entries as they come, shown once asked for. */
export class EntryTable {
  readonly #parts: TableParts;
  #lines: string[] = [];
  #found: readonly string[] = [];
  #shown = 0;

  constructor(parts: TableParts) {
    this.#parts = parts;
    parts.find.addEventListener("input", () => this.show());
    parts.more.addEventListener("click", () => this.#showMore());
  }

  /** Forget all entries. */
  clear(): void {
    this.#lines = [];
    this.#parts.find.value = "";
  }

  /** Keep one entry's line. */
  add(line: string): void {
    this.#lines.push(line);
  }

  /** Show what is found, from the first. */
  show(): void {
    const wanted = this.#parts.find.value.toLowerCase();
    this.#found = wanted === "" ? this.#lines : this.#lines.filter((line) => line.toLowerCase().includes(wanted));
    this.#shown = 0;
    this.#parts.rows.replaceChildren();
    this.#showMore();
  }

  #showMore(): void {
    for (const line of this.#found.slice(this.#shown, this.#shown + PAGE)) this.#parts.rows.append(rowOf(line));
    this.#shown = Math.min(this.#found.length, this.#shown + PAGE);
    this.#parts.more.hidden = this.#shown === this.#found.length;
    this.#parts.count.textContent = `${this.#shown} of ${this.#found.length} shown, ${this.#lines.length} in the bundle`;
  }
}

function rowOf(line: string): HTMLTableRowElement {
  const members = membersOf(line);
  const row = document.createElement("tr");
  row.className = "entry";
  row.tabIndex = 0;
  for (const name of COLUMNS) {
    const cell = row.insertCell();
    const value = members[name];
    cell.textContent = inertLine(value);
    if (name === "decision" && typeof value === "string" && DECISIONS.has(value)) cell.className = value;
  }
  const toggle = (): void => toggleDetail(row, line);
  row.addEventListener("click", toggle);
  row.addEventListener("keydown", (event) => {
    if (event.key === "Enter") toggle();
  });
  return row;
}

function toggleDetail(row: HTMLTableRowElement, line: string): void {
  const next = row.nextElementSibling;
  if (next?.className === "detail") {
    next.remove();
    return;
  }
  const detail = document.createElement("tr");
  detail.className = "detail";
  const cell = detail.insertCell();
  cell.colSpan = COLUMNS.length;
  const text = document.createElement("pre");
  text.textContent = inertText(JSON.stringify(membersOf(line), null, 2));
  cell.append(text);
  row.after(detail);
}

function membersOf(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
