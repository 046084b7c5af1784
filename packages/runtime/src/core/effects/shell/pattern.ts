// Shell patterns as they are matched against known text: `${x#*/}`, `${x/a/b}`, `case`.
//
// A pattern is a list of elements: a character, any character, any run, or a set. Matching is the two-pointer walk with
// one place to return to, so its cost is at most the product of both lengths, which is capped.

/** One element of a pattern. */
export type PatternElement =
  | { readonly kind: "character"; readonly character: string }
  | { readonly kind: "any" }
  | { readonly kind: "run" }
  | { readonly kind: "set"; readonly negated: boolean; readonly members: readonly (readonly [string, string])[] };

/** A pattern: its elements, and whether it has none but characters. */
export type Pattern = readonly PatternElement[];

const ANY: PatternElement = { kind: "any" };
const RUN: PatternElement = { kind: "run" };
const MAX_COST = 1_000_000;

/** Text that stands for itself. */
export function literalPattern(text: string): Pattern {
  return Array.from(text, (character) => ({ kind: "character", character }));
}

/** Text whose `*`, `?` and `[…]` are active. Null for sets this doesn't understand (classes, extended patterns). */
export function activePattern(text: string): Pattern | null {
  const elements: PatternElement[] = [];
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") elements.push(RUN);
    else if (character === "?") elements.push(ANY);
    else if (character === "\\") {
      at += 1;
      elements.push({ kind: "character", character: characters[at] ?? "\\" });
    } else if (character === "[") {
      const end = characters.indexOf("]", characters[at + 1] === "!" || characters[at + 1] === "^" ? at + 3 : at + 2);
      if (end < 0) elements.push({ kind: "character", character });
      else {
        const set = parseSet(characters.slice(at + 1, end));
        if (set === null) return null;
        elements.push(set);
        at = end;
      }
    } else elements.push({ kind: "character", character });
  }
  return elements;
}

function parseSet(characters: readonly string[]): PatternElement | null {
  const negated = characters[0] === "!" || characters[0] === "^";
  const body = negated ? characters.slice(1) : characters;
  if (body.includes("[")) return null;
  const members: [string, string][] = [];
  for (let at = 0; at < body.length; at += 1) {
    const from = body[at] ?? "";
    const isRange = body[at + 1] === "-" && at + 2 < body.length;
    members.push([from, isRange ? (body[at + 2] ?? from) : from]);
    if (isRange) at += 2;
  }
  return { kind: "set", negated, members };
}

function matchesOne(element: PatternElement, character: string): boolean {
  switch (element.kind) {
    case "character":
      return element.character === character;
    case "set":
      return element.members.some(([from, to]) => from <= character && character <= to) !== element.negated;
    case "any":
    case "run":
      return true;
    default:
      return element satisfies never;
  }
}

/** Whether the whole text matches. Null when it would cost too much to say. */
export function matches(pattern: Pattern, text: string): boolean | null {
  if (pattern.length * text.length > MAX_COST) return null;
  let element = 0;
  let at = 0;
  let runElement = -1;
  let runAt = 0;
  while (at < text.length) {
    const current = pattern[element];
    if (current?.kind === "run") {
      runElement = element;
      runAt = at;
      element += 1;
    } else if (current !== undefined && matchesOne(current, text.charAt(at))) {
      element += 1;
      at += 1;
    } else if (runElement >= 0) {
      element = runElement + 1;
      runAt += 1;
      at = runAt;
    } else return false;
  }
  while (pattern[element]?.kind === "run") element += 1;
  return element === pattern.length;
}

function isSimple(pattern: Pattern): boolean {
  return pattern.every((element) => element.kind === "character");
}

function characters(pattern: Pattern): string {
  return pattern.map((element) => (element.kind === "character" ? element.character : "")).join("");
}

function affordable(pattern: Pattern, text: string): boolean {
  return pattern.length * text.length * text.length <= MAX_COST;
}

/** Remove the matching start (`#`, `##`) or end (`%`, `%%`). Null when it would cost too much. */
export function removeAffix(pattern: Pattern, text: string, operator: "#" | "##" | "%" | "%%"): string | null {
  const atStart = operator.startsWith("#");
  if (isSimple(pattern)) {
    const affix = characters(pattern);
    if (atStart) return text.startsWith(affix) ? text.slice(affix.length) : text;
    return text.endsWith(affix) ? text.slice(0, text.length - affix.length) : text;
  }
  if (!affordable(pattern, text)) return null;
  const longest = operator.length === 2;
  for (let step = 0; step <= text.length; step += 1) {
    const length = longest ? text.length - step : step;
    const part = atStart ? text.slice(0, length) : text.slice(text.length - length);
    if (matches(pattern, part) === true) {
      return atStart ? text.slice(length) : text.slice(0, text.length - length);
    }
  }
  return text;
}

/** Replace the first (`/`), every (`//`), the starting (`/#`) or the ending (`/%`) match. Null when it would cost too much. */
export function replaceMatch(
  pattern: Pattern,
  text: string,
  replacement: string,
  operator: "/" | "//" | "/#" | "/%",
): string | null {
  if (pattern.length === 0)
    return operator === "/#" ? replacement + text : operator === "/%" ? text + replacement : text;
  if (isSimple(pattern)) {
    const part = characters(pattern);
    if (operator === "//") return text.replaceAll(part, () => replacement);
    if (operator === "/") return text.replace(part, () => replacement);
  }
  if (!affordable(pattern, text)) return null;
  let result = "";
  let at = 0;
  while (at <= text.length) {
    const length = operator === "/%" && at > 0 && text === "" ? 0 : longestAt(pattern, text, at, operator === "/%");
    if (length < 0 || (length === 0 && at === text.length)) {
      if (operator === "/#") return text;
      result += text.charAt(at);
      at += 1;
    } else {
      result += replacement + (length === 0 ? text.charAt(at) : "");
      at += Math.max(length, 1);
      if (operator !== "//") return result + text.slice(at);
    }
  }
  return result;
}

function longestAt(pattern: Pattern, text: string, at: number, toEnd: boolean): number {
  for (let end = text.length; end > at; end -= 1) {
    if (matches(pattern, text.slice(at, end)) === true) return end - at;
    if (toEnd) return -1;
  }
  return -1;
}
