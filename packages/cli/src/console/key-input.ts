// What a terminal sends, as events: keys, wheel and clicks, pasted text. Pure: bytes may come in any pieces.

/** Keys that are no character. */
export type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "page up"
  | "page down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "tab"
  | "back tab"
  | "backspace"
  | "delete"
  | `ctrl ${string}`;

/** What a person did. Columns and rows count from 0. */
export type InputEvent =
  | { readonly kind: "key"; readonly key: KeyName }
  | { readonly kind: "character"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | { readonly kind: "click"; readonly column: number; readonly row: number }
  | { readonly kind: "wheel"; readonly down: boolean };

/** Events, and what may be the beginning of another one. */
export interface ParsedInput {
  readonly events: readonly InputEvent[];
  readonly rest: string;
}

const SEQUENCES: ReadonlyMap<string, KeyName> = new Map([
  ["[A", "up"],
  ["[B", "down"],
  ["[C", "right"],
  ["[D", "left"],
  ["OA", "up"],
  ["OB", "down"],
  ["OC", "right"],
  ["OD", "left"],
  ["[H", "home"],
  ["[F", "end"],
  ["OH", "home"],
  ["OF", "end"],
  ["[1~", "home"],
  ["[4~", "end"],
  ["[7~", "home"],
  ["[8~", "end"],
  ["[3~", "delete"],
  ["[5~", "page up"],
  ["[6~", "page down"],
  ["[Z", "back tab"],
]);
const CONTROLS: ReadonlyMap<string, KeyName> = new Map([
  ["\r", "enter"],
  ["\n", "enter"],
  ["\t", "tab"],
  ["\u007f", "backspace"],
  ["\b", "backspace"],
]);

const PASTE_BEGIN = "\u001b[200~";
const PASTE_END = "\u001b[201~";
/** More than this is no paste of a person; the rest is dropped. */
const MOST_PASTED = 65_536;
// After the escape character.
const SEQUENCE = /^(?:\[[0-9;<?]*[ -/]*[@-~]|O[A-Za-z])/u;
const BEGUN = /^(?:\[[0-9;<?]*[ -/]*|O)?$/u;
const MOUSE = /^\[<(\d{1,4});(\d{1,5});(\d{1,5})([Mm])$/u;

/**
 * The events in a text. What may be the beginning of a sequence comes back as `rest`, to be put before the next text;
 * when none follows (`ended`), a lone escape is the escape key.
 */
export function parseInput(text: string, ended = false): ParsedInput {
  const events: InputEvent[] = [];
  let rest = text;
  while (rest !== "") {
    if (rest.startsWith(PASTE_BEGIN)) {
      const end = rest.indexOf(PASTE_END);
      if (end < 0 && !ended) return { events, rest: rest.slice(0, MOST_PASTED) };
      events.push({ kind: "paste", text: rest.slice(PASTE_BEGIN.length, end < 0 ? undefined : end) });
      rest = end < 0 ? "" : rest.slice(end + PASTE_END.length);
      continue;
    }
    if (rest.startsWith("\u001b")) {
      const after = rest.slice(1);
      const sequence = SEQUENCE.exec(after)?.[0];
      if (sequence === undefined && !ended && BEGUN.test(after)) return { events, rest };
      if (sequence === undefined) events.push({ kind: "key", key: "escape" });
      else events.push(...sequenceEvents(sequence));
      rest = after.slice(sequence?.length ?? 0);
      continue;
    }
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    events.push(characterEvent(character));
    rest = rest.slice(character.length);
  }
  return { events, rest };
}

function sequenceEvents(sequence: string): readonly InputEvent[] {
  const key = SEQUENCES.get(sequence);
  if (key !== undefined) return [{ kind: "key", key }];
  const [, code, column, row, press] = MOUSE.exec(sequence) ?? [];
  // What is not known means nothing: it must not be read as the characters it is made of.
  if (code === undefined || press !== "M") return [];
  switch (Number(code) & ~0b1_1100) {
    case 0:
      return [{ kind: "click", column: Number(column) - 1, row: Number(row) - 1 }];
    case 64:
      return [{ kind: "wheel", down: false }];
    case 65:
      return [{ kind: "wheel", down: true }];
    default:
      return [];
  }
}

function characterEvent(character: string): InputEvent {
  const control = CONTROLS.get(character);
  if (control !== undefined) return { kind: "key", key: control };
  const code = character.codePointAt(0) ?? 0;
  if (code < 32) return { kind: "key", key: `ctrl ${String.fromCodePoint(code + 96)}` };
  return { kind: "character", text: character };
}
