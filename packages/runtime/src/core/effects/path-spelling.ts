// The readings of a path's spelling. The same text names different places to different readers: to a C program
// `%2e%2e` is a name, to a web framework it is the parent folder. `plainReading` gives the reading of the local
// file system, `otherReading` the one of a reader that decodes; whoever asks judges both and keeps the worse.

import type { Surroundings } from "./surroundings.ts";
import { compatibilityForm } from "./text.ts";

/** Longest path that is read; longer ones name nothing that exists. */
const MAX_PATH_LENGTH = 16_384;

/** How often percent-encoding is taken off: twice-encoded text is decoded by layered readers. */
const MAX_DECODINGS = 3;

/** Variables that stand for known folders when a path begins with them. */
const LEADING_VARIABLES: readonly (readonly [RegExp, "home" | "cwd" | "temp" | "windows" | "programs"])[] = [
  [/^(?:\$HOME|\$\{HOME\}|%USERPROFILE%|%HOMEPATH%|%HOME%|\$env:USERPROFILE|\$env:HOME)(?=[/\\]|$)/i, "home"],
  [/^(?:\$PWD|\$\{PWD\}|%CD%)(?=[/\\]|$)/i, "cwd"],
  [/^(?:\$TMPDIR|\$\{TMPDIR\}|%TEMP%|%TMP%|\$env:TEMP)(?=[/\\]|$)/i, "temp"],
  [/^(?:%WINDIR%|%SYSTEMROOT%|\$env:SystemRoot|\$env:windir)(?=[/\\]|$)/i, "windows"],
  [/^(?:%PROGRAMFILES%|%PROGRAMDATA%|\$env:ProgramFiles|\$env:ProgramData)(?=[/\\]|$)/i, "programs"],
];

const PERCENT = /%[0-9a-f]{2}/gi;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const SLASH_ALIKES = /[\u2044\u2215\u29f8\u2571\u27cb\u2f03\u3033\u30ce\u4e3f]/g;
const BACKSLASH_ALIKES = /[\u2216\u29f5\u29f9\ufe68]/g;
const DOT_ALIKES = /[\u0660\u06d4\u0701\u0702\u2024\u2027\u3002\ua4f8\ua60e\uff0e\uff61]/g;

/** Why a text is not read as a path at all; null when it is. */
export function unreadable(text: string): string | null {
  if (text === "") return "an empty path";
  if (text.length > MAX_PATH_LENGTH) return "a path that is too long";
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 32 || code === 127) return "control characters";
  }
  return null;
}

/** The text up to the first NUL and without other control characters: how a careless reader takes it. */
export function withoutControls(text: string): readonly string[] {
  const zero = text.indexOf("\0");
  const kept = strip(text);
  return zero < 0 ? [kept] : [strip(text.slice(0, zero)), kept];
}

function strip(text: string): string {
  let kept = "";
  for (const unit of text) {
    const code = unit.charCodeAt(0);
    if (code >= 32 && code !== 127) kept += unit;
  }
  return kept;
}

/** Whether another reader may take the text for another place. One pass. */
export function isAmbiguous(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 126 || code === 92 || code === 37 || code === 59) return true;
    if ((code === 32 || code === 46) && isSegmentEnd(text, index + 1) && !isDotStep(text, index)) return true;
  }
  return false;
}

function isSegmentEnd(text: string, index: number): boolean {
  return index === text.length || text.charCodeAt(index) === 47;
}

// `.` and `..` as whole segments are plain steps, not names with a trailing dot.
function isDotStep(text: string, index: number): boolean {
  if (text.charCodeAt(index) !== 46) return false;
  let start = index;
  while (start > 0 && text.charCodeAt(start - 1) === 46) start -= 1;
  const length = index - start + 1;
  return length <= 2 && (start === 0 || text.charCodeAt(start - 1) === 47);
}

/** The text as a reader takes it that decodes percent-encoding, folds look-alikes and treats backslashes as separators. */
export function decodedReading(text: string): string {
  let reading = text.includes("%") || text.includes("\\") ? withoutOddEscapes(text) : text;
  for (let round = 0; round < MAX_DECODINGS && reading.includes("%"); round += 1) {
    const next = reading.replace(PERCENT, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
    if (next === reading) break;
    reading = next;
  }
  reading = foldLookAlikes(reading).replaceAll("\\", "/");
  const names = reading.split("/");
  return names.map((name, index) => trimSegment(name, index === names.length - 1)).join("/");
}

/** Encodings of `.`, `/` and `\` that strict readers refuse and careless ones take: overlong UTF-8, `%u002e`, `\x2e`. */
const ODD_ESCAPES: readonly (readonly [RegExp, string])[] = [
  [/%c0%ae|%e0%80%ae|%u002e|%uff0e|\\x2e|\\u002e/gi, "."],
  [/%c0%af|%e0%80%af|%u002f|%u2215|%u2044|%uff0f|\\x2f|\\u002f/gi, "/"],
  [/%c1%9c|%u005c|%u2216/gi, "\\"],
];

function withoutOddEscapes(text: string): string {
  return ODD_ESCAPES.reduce((plain, [escape, sign]) => plain.replaceAll(escape, sign), text);
}

function foldLookAlikes(text: string): string {
  const plain = text
    .replace(INVISIBLE, "")
    .replace(SLASH_ALIKES, "/")
    .replace(BACKSLASH_ALIKES, "\\")
    .replace(DOT_ALIKES, ".");
  return compatibilityForm(plain);
}

// Windows drops trailing dots and spaces; some servers cut a segment at `;`.
function trimSegment(segment: string, last: boolean): string {
  const cut = segment.indexOf(";");
  const name = cut < 0 ? segment : segment.slice(0, cut);
  const stream = name.toLowerCase().endsWith("::$data") ? name.slice(0, -"::$data".length) : name;
  const bare = stream.trim();
  if (isDots(bare)) return bare;
  // `...` climbs further on some systems; one step up is enough to tell that it is no name. At the end it is a pattern
  // of build tools (`./...`).
  if (/^\.{3,}$/.test(bare)) return last ? bare : "..";
  let end = stream.length;
  while (end > 0 && (stream.charCodeAt(end - 1) === 32 || stream.charCodeAt(end - 1) === 46)) end -= 1;
  return stream.slice(0, end);
}

function isDots(name: string): boolean {
  return name === "." || name === "..";
}

/** A place that a text begins at, and the rest of the text. */
export interface Start {
  /** `unknown`: a variable or scheme that stands for a place nobody can tell. */
  readonly at: "absolute" | "home" | "cwd" | "temp" | "drive" | "share" | "other_home" | "relative" | "unknown";
  /** The drive (`c:`), or the other user's name. */
  readonly name: string;
  readonly rest: string;
}

/** Where a text starts: root, home, a drive, a share, a known variable, or the working folder. */
export function startOf(text: string, surroundings: Surroundings): Start {
  const lead = text.charCodeAt(0);
  if (lead === 47) return { at: "absolute", name: "", rest: text };
  if (lead === 126) return homeStart(text, surroundings);
  if (lead === 36 || lead === 37) return variableStart(text);
  if (lead === 92) return windowsStart(text);
  const colon = text.indexOf(":");
  if (colon === 1 && isLetter(lead)) return driveStart(text);
  if (colon > 1 && hasScheme(text, colon)) return schemeStart(text, colon);
  return { at: "relative", name: "", rest: text };
}

function homeStart(text: string, surroundings: Surroundings): Start {
  const slash = text.search(/[/\\]/);
  const name = slash < 0 ? text.slice(1) : text.slice(1, slash);
  const rest = slash < 0 ? "" : text.slice(slash);
  if (name === "") return { at: "home", name: "", rest };
  if (name === "+") return { at: "cwd", name: "", rest };
  if (!/^[a-z_][a-z0-9_.-]*$/i.test(name)) return { at: "relative", name: "", rest: text };
  if (surroundings.home?.endsWith(`/${name}`) === true && name !== "root") return { at: "home", name: "", rest };
  return { at: "other_home", name, rest };
}

function variableStart(text: string): Start {
  for (const [pattern, stands] of LEADING_VARIABLES) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const rest = text.slice(found[0].length);
    if (stands === "windows") return { at: "drive", name: "c:", rest: `/windows${rest}` };
    if (stands === "programs") return { at: "drive", name: "c:", rest: `/program files${rest}` };
    return { at: stands, name: "", rest };
  }
  if (/^(?:\$\w|\$\{|\$\(|%\w+%)/.test(text)) return { at: "unknown", name: "", rest: text };
  return { at: "relative", name: "", rest: text };
}

// `\\?\C:\x`, `\\.\PhysicalDrive0`, `\\server\share\x`, `\x`.
function windowsStart(text: string): Start {
  const slashed = text.replaceAll("\\", "/");
  if (!slashed.startsWith("//")) return { at: "relative", name: "", rest: text };
  const marker = slashed.slice(2, 4);
  if (marker === "?/" || marker === "./") {
    const rest = slashed.slice(4).replace(/^unc\//i, "//");
    if (isLetter(rest.charCodeAt(0)) && rest.charAt(1) === ":") return driveStart(rest);
    return marker === "./" ? { at: "absolute", name: "", rest: `/dev/${rest}` } : { at: "share", name: "", rest };
  }
  return { at: "share", name: "", rest: slashed };
}

function driveStart(text: string): Start {
  const rest = text.slice(2).replaceAll("\\", "/");
  return { at: "drive", name: text.slice(0, 2).toLowerCase(), rest: rest.startsWith("/") ? rest : `/${rest}` };
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function hasScheme(text: string, colon: number): boolean {
  const scheme = text.slice(0, colon).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return false;
  return scheme === "file" || text.startsWith("//", colon + 1);
}

// `file:///etc/passwd`, `file:/etc/passwd`, `file://localhost/etc/passwd`; any other scheme names no file here.
function schemeStart(text: string, colon: number): Start {
  if (text.slice(0, colon).toLowerCase() !== "file") return { at: "unknown", name: "", rest: text };
  let rest = text.slice(colon + 1).replaceAll("\\", "/");
  if (rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    const host = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    if (host !== "" && host.toLowerCase() !== "localhost" && host !== "127.0.0.1")
      return { at: "share", name: "", rest };
    rest = slash < 0 ? "/" : rest.slice(slash);
  }
  if (/^\/[a-z][:|]/i.test(rest)) return driveStart(rest.slice(1).replace("|", ":"));
  return { at: "absolute", name: "", rest: decodedReading(rest) };
}
