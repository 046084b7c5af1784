// Patterns in Python's dialect → RE2's, with the same meaning or a refusal; never another meaning in silence.
//
//   translated   \Z, $ before a last line end, {,n}, \d \w \s over all of Unicode, \s over all of ASCII, (?P<n>…),
//                (?x), (?#…), octal and \u escapes
//   refused      look-around, references back, atomic groups and possessive repeats, conditionals, \B, \N{…},
//                POSIX classes (Python reads them as sets of letters), flags in the middle, unknown escapes
//   can't match  `^` or `\A` after, or `$` or `\Z` before, something that takes up room
//
// `\b` stays RE2's, which knows ASCII only; matcher.ts makes up for it on texts that hold more.
// One recursive descent over the source, which is at most MAX_PATTERN units long.

import { classMembers, isClassLetter, literal, wholeClass, type Alphabet } from "./char-class.ts";
import { readEscape } from "./python-escapes.ts";

/** The longest pattern that is read, in UTF-16 units; 0.4.2 ignores longer ones without a word. */
export const MAX_PATTERN = 512;

/** A pattern in RE2's dialect. */
export interface Translation {
  readonly re2: string;
  /** Whether it uses `\b`. */
  readonly boundary: boolean;
  /** Whether it can match at all, as far as anchors tell. */
  readonly possible: boolean;
}

/** What makes a pattern unusable. */
export class PatternProblem extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.fix = fix;
  }
}

/**
 * Translate a pattern for one alphabet.
 *
 * @throws {PatternProblem} when it isn't a pattern, or one that can't keep its meaning.
 */
export function translatePattern(source: string, alphabet: Alphabet): Translation {
  if (source.length > MAX_PATTERN) {
    throw new PatternProblem(
      `the pattern has ${source.length} characters: expected at most ${MAX_PATTERN}`,
      "split it into several patterns of the list",
    );
  }
  return new Translator(source, alphabet).translate();
}

interface Flags {
  readonly multiLine: boolean;
  readonly verbose: boolean;
}

/** A piece of a pattern: its RE2 spelling, and whether it must take up room, may be an end, or can't match. */
interface Piece {
  readonly re2: string;
  readonly takesRoom: boolean;
  readonly anchor: "start" | "end" | "other" | null;
  readonly possible: boolean;
}

const NOTHING: Piece = { re2: "", takesRoom: false, anchor: "other", possible: true };

class Translator {
  readonly #source: string;
  readonly #alphabet: Alphabet;
  #at = 0;
  #boundary = false;

  constructor(source: string, alphabet: Alphabet) {
    this.#source = source;
    this.#alphabet = alphabet;
  }

  translate(): Translation {
    const global = /^\(\?([aiLmsux]+)\)/.exec(this.#source);
    const letters = global?.[1] ?? "";
    this.#at = global?.[0].length ?? 0;
    const flags = { multiLine: letters.includes("m"), verbose: letters.includes("x") };
    const body = this.#alternatives(flags, this.#flagPrefix(letters));
    if (this.#at < this.#source.length) throw new PatternProblem("`)` closes no group");
    return { re2: body.re2, boundary: this.#boundary, possible: body.possible };
  }

  // Python's u is the default and a narrows to ASCII, which never matches more; x is dealt with here.
  #flagPrefix(letters: string): string {
    if (letters.includes("L")) throw new PatternProblem("the flag `L` is not supported");
    const kept = [...new Set(letters)].filter((letter) => "ims".includes(letter)).join("");
    return kept === "" ? "" : `(?${kept})`;
  }

  #alternatives(flags: Flags, prefix: string): Piece {
    const branches: Piece[] = [this.#sequence(flags)];
    while (this.#take("|")) branches.push(this.#sequence(flags));
    return {
      re2: prefix + branches.map((branch) => branch.re2).join("|"),
      takesRoom: branches.every((branch) => branch.takesRoom),
      anchor: null,
      possible: branches.some((branch) => branch.possible),
    };
  }

  #sequence(flags: Flags): Piece {
    let re2 = "";
    let takesRoom = false;
    let ended = false;
    let possible = true;
    while (this.#at < this.#source.length && !"|)".includes(this.#peek())) {
      const piece = this.#repeated(flags);
      if (piece.anchor === "start" && takesRoom) possible = false;
      if (ended && piece.takesRoom) possible = false;
      ended ||= piece.anchor === "end";
      takesRoom ||= piece.takesRoom;
      possible &&= piece.possible;
      re2 += piece.re2;
    }
    return { re2, takesRoom, anchor: null, possible };
  }

  #repeated(flags: Flags): Piece {
    const piece = this.#atom(flags);
    if (flags.verbose) this.#skipVerbose();
    const repeat = this.#repeat();
    if (repeat === null) return piece;
    if (piece.anchor !== null) throw new PatternProblem(`there is nothing to repeat before \`${repeat.source}\``);
    if (this.#peek() === "+")
      throw new PatternProblem("possessive repeats (`*+`) are not supported", "drop the last +");
    const lazy = this.#take("?") ? "?" : "";
    if (this.#repeat() !== null) throw new PatternProblem("a repeat is repeated", "put the first in a group (?:…)");
    return {
      re2: `(?:${piece.re2})${repeat.re2}${lazy}`,
      takesRoom: piece.takesRoom && repeat.least > 0,
      anchor: null,
      possible: piece.possible || repeat.least === 0,
    };
  }

  #repeat(): { readonly re2: string; readonly least: number; readonly source: string } | null {
    const letter = this.#peek();
    if (letter === "*" || letter === "+" || letter === "?") {
      this.#at++;
      return { re2: letter, least: letter === "+" ? 1 : 0, source: letter };
    }
    const counted = letter === "{" ? /^\{(\d*)(,?)(\d*)\}/.exec(this.#source.slice(this.#at)) : null;
    const [source = "", low = "", comma = "", high = ""] = counted ?? [];
    if (counted === null || (low === "" && comma === "")) return null;
    this.#at += source.length;
    const least = low === "" ? 0 : Number(low);
    const most = comma === "" ? least : high === "" ? null : Number(high);
    if (least > 1000 || (most ?? 0) > 1000) throw new PatternProblem(`\`${source}\`: at most 1000 repeats are counted`);
    if (most !== null && most < least) throw new PatternProblem(`\`${source}\`: the least is over the most`);
    return { re2: `{${least},${most ?? ""}}`, least, source };
  }

  #atom(flags: Flags): Piece {
    if (flags.verbose) this.#skipVerbose();
    const letter = this.#peek();
    switch (letter) {
      case "":
      case "|":
      case ")":
        return NOTHING;
      case "*":
      case "+":
      case "?":
        throw new PatternProblem(`there is nothing to repeat before \`${letter}\``);
      case "(":
        return this.#group(flags);
      case "[":
        return this.#class();
      case "\\":
        return this.#escape();
      case ".":
        this.#at++;
        return room(".");
      case "^":
        this.#at++;
        return anchor(flags.multiLine ? "(?m:^)" : "\\A", flags.multiLine ? "other" : "start");
      case "$":
        this.#at++;
        return flags.multiLine ? anchor("(?m:$)", "other") : anchor("(?:\\x{a}?\\z)", "end");
      default:
        return this.#literalCharacter();
    }
  }

  #literalCharacter(): Piece {
    const codePoint = this.#source.codePointAt(this.#at) ?? 0;
    this.#at += codePoint > 0xffff ? 2 : 1;
    return room(literal(codePoint));
  }

  #escape(): Piece {
    const letter = this.#source.charAt(this.#at + 1);
    if (letter === "A" || letter === "Z" || letter === "z" || letter === "b") {
      this.#at += 2;
      this.#boundary ||= letter === "b";
      if (letter === "b") return anchor("\\b", "other");
      return letter === "A" ? anchor("\\A", "start") : anchor("\\z", "end");
    }
    if (letter === "B") throw new PatternProblem("`\\B` is not supported", "name the characters that may stand there");
    if (isClassLetter(letter)) {
      this.#at += 2;
      return room(wholeClass(letter, this.#alphabet));
    }
    const escape = readEscape(this.#source, this.#at, false);
    if ("problem" in escape) throw new PatternProblem(escape.problem, escape.fix);
    this.#at += escape.length;
    return room(literal(escape.codePoint));
  }

  #group(flags: Flags): Piece {
    this.#at++;
    if (!this.#take("?")) return this.#close(this.#alternatives(flags, ""));
    const rest = this.#source.slice(this.#at);
    if (rest.startsWith("#")) return this.#comment();
    if (/^(?:<?[=!])/.test(rest)) {
      throw new PatternProblem(
        "look-ahead and look-behind can't be matched in linear time",
        "use two rules or when_not",
      );
    }
    const named = /^P<[A-Za-z_]\w*>/.exec(rest);
    if (named !== null) {
      this.#at += named[0].length;
      return this.#close(this.#alternatives(flags, ""));
    }
    const scoped = /^([aimsux]*)(?:-([imsx]+))?:/.exec(rest);
    if (scoped !== null) return this.#scoped(flags, scoped);
    if (rest.startsWith("P=")) {
      throw new PatternProblem("references back to a group can't be matched in linear time");
    }
    if (rest.startsWith(">")) throw new PatternProblem("atomic groups are not supported", "write (?:…)");
    if (rest.startsWith("(")) throw new PatternProblem("conditional groups are not supported");
    if (/^[aiLmsux]+\)/.test(rest)) {
      throw new PatternProblem("flags must stand at the start of the pattern", "move them there, or write (?i:…)");
    }
    throw new PatternProblem(`\`(?${rest.slice(0, 1)}\` begins no group that is known`);
  }

  #scoped(flags: Flags, scoped: RegExpExecArray): Piece {
    const [whole, on = "", off = ""] = scoped;
    this.#at += whole.length;
    const inner = {
      multiLine: (flags.multiLine || on.includes("m")) && !off.includes("m"),
      verbose: (flags.verbose || on.includes("x")) && !off.includes("x"),
    };
    const body = this.#close(this.#alternatives(inner, ""));
    const set = on.replaceAll(/[^is]/g, "");
    const unset = off.replaceAll(/[^is]/g, "");
    if (set === "" && unset === "") return body;
    return { ...body, re2: `(?${set}${unset === "" ? "" : `-${unset}`}:${body.re2})` };
  }

  #comment(): Piece {
    const end = this.#source.indexOf(")", this.#at);
    if (end === -1) throw new PatternProblem("a comment (?#…) is not closed");
    this.#at = end + 1;
    return NOTHING;
  }

  #close(body: Piece): Piece {
    if (!this.#take(")")) throw new PatternProblem("`(` is not closed");
    return { ...body, re2: `(?:${body.re2})` };
  }

  #class(): Piece {
    this.#at++;
    let members = this.#take("^") ? "^" : "";
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      if (this.#at >= this.#source.length) throw new PatternProblem("`[` is not closed");
      members += this.#classMember();
    }
    this.#at++;
    return room(`[${members}]`);
  }

  #classMember(): string {
    if (/^\[[:.=]/.test(this.#source.slice(this.#at))) {
      throw new PatternProblem("`[:…:]` is read by Python as a set of letters", "write A-Za-z, 0-9 or \\s instead");
    }
    const low = this.#classEnd();
    if (this.#peek() !== "-" || this.#source.charAt(this.#at + 1) === "]") return low.re2;
    this.#at++;
    const high = this.#classEnd();
    if (low.codePoint === null || high.codePoint === null || low.codePoint > high.codePoint) {
      throw new PatternProblem("a range in a class goes from a lower to a higher character");
    }
    return `${low.re2}-${high.re2}`;
  }

  #classEnd(): { readonly re2: string; readonly codePoint: number | null } {
    const letter = this.#source.charAt(this.#at + 1);
    if (this.#peek() === "\\" && isClassLetter(letter)) {
      this.#at += 2;
      return { re2: classMembers(letter, this.#alphabet), codePoint: null };
    }
    if (this.#peek() === "\\") {
      const escape = readEscape(this.#source, this.#at, true);
      if ("problem" in escape) throw new PatternProblem(escape.problem, escape.fix);
      this.#at += escape.length;
      return { re2: literal(escape.codePoint), codePoint: escape.codePoint };
    }
    const codePoint = this.#source.codePointAt(this.#at);
    if (codePoint === undefined) throw new PatternProblem("`[` is not closed");
    this.#at += codePoint > 0xffff ? 2 : 1;
    return { re2: literal(codePoint), codePoint };
  }

  // (?x): blanks and comments mean nothing outside classes.
  #skipVerbose(): void {
    const skipped = /^(?:\s|#[^\n]*(?:\n|$))+/.exec(this.#source.slice(this.#at));
    this.#at += skipped?.[0].length ?? 0;
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(letter: string): boolean {
    if (this.#peek() !== letter) return false;
    this.#at++;
    return true;
  }
}

function room(re2: string): Piece {
  return { re2, takesRoom: true, anchor: null, possible: true };
}

function anchor(re2: string, kind: "start" | "end" | "other"): Piece {
  return { re2, takesRoom: false, anchor: kind, possible: true };
}
