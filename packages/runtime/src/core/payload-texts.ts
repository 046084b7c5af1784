// The texts in a payload: all of them, and the paths that a patch among them names.

import { isJsonObject, type JsonValue } from "./json.ts";

const PATCH_LINE =
  /^(?:\*\*\* (?:Update|Add|Delete) File: |\*\*\* Move to: |(?:---|\+\+\+) (?:[ab]\/)?|rename (?:from|to) |copy to )([^\t\r\n]+)/;

/** The paths that a patch names. Cost: linear. */
export function patchedPaths(patch: string): readonly string[] {
  const paths = new Set<string>();
  for (const line of patch.split("\n")) {
    const path = PATCH_LINE.exec(line)?.[1]?.trim();
    if (path !== undefined && path !== "" && path !== "/dev/null") paths.add(path);
  }
  return [...paths];
}

interface MemberText {
  readonly member: string;
  readonly text: string;
}

/** A patch that says so itself is one in whatever member it stands: the paths in it, instead of itself as one. */
export function readPatches(texts: readonly MemberText[], paths: MemberText[]): void {
  for (const { member, text } of texts) {
    if (!/^\s*\*\*\* Begin Patch/.test(text)) continue;
    const whole = paths.findIndex((path) => path.text === text);
    if (whole >= 0) paths.splice(whole, 1);
    for (const path of patchedPaths(text)) {
      if (!paths.some((known) => known.text === path)) paths.push({ member, text: path });
    }
  }
}

const MOST_PIECES = 8;

// A number cut into a list: `["4111", "1111", "1111", "1111"]`.
function isInPieces(items: readonly JsonValue[]): boolean {
  if (items.length < 2 || items.length > MOST_PIECES) return false;
  return items.every((item) => typeof item === "string" && /^\d{2,8}$/.test(item));
}

const LEAST_LONG_NUMBER = 1e8;

// A name that holds words, an address or a long number is data that stands where a name should.
const SAYS_SOMETHING = /[ @]|%40|(?:\d\D?){7}/;

/** Every text, wherever it stands, and long numbers as text: laws about content and personal data read all of it. */
export function collectTexts(
  value: JsonValue,
  into: { member: string; text: string }[],
  member: string,
  depth: number,
): void {
  if (typeof value === "string") {
    if (value !== "") into.push({ member, text: value });
  } else if (typeof value === "number") {
    if (Math.abs(value) >= LEAST_LONG_NUMBER) into.push({ member, text: String(value) });
  } else if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    if (isInPieces(items)) into.push({ member, text: items.map(String).join(" ") });
    for (const item of items) collectTexts(item, into, member, depth + 1);
  } else if (isJsonObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      if (SAYS_SOMETHING.test(name)) into.push({ member, text: name });
      collectTexts(item, into, member === "" ? name : `${member}.${name}`, depth + 1);
    }
  }
}
