// Patterns in Python's dialect → RE2's, with the same meaning or a refusal; never another meaning in silence.
//
//   translated   \Z, $ before a last line end, {,n}, \d \w \s over all of Unicode, \s over all of ASCII, (?P<n>…),
//                (?x), (?#…), octal and \u escapes
//   refused      look-around, references back, atomic groups and possessive repeats, conditionals, \B, \N{…},
//                POSIX classes (Python reads them as sets of letters), flags in the middle, unknown escapes
//   can't match  `^` or `\A` after, or `$` or `\Z` before, something that takes up room
//
// `\b` stays RE2's, which knows ASCII only; on texts that hold more, matcher.ts asks for it on their shadow.
// One recursive descent over the source, which is at most MAX_PATTERN units long.

import { classMembers, isClassLetter, literal, range, wholeClass, type Alphabet } from "./char-class.ts";
import { readEscape } from "./python-escapes.ts";
import { anchor, inSequence, NOTHING, oneOf, repeated, room, type Piece, type Repeat } from "./piece.ts";
import { PatternProblem } from "./pattern-problem.ts";

export { PatternProblem } from "./pattern-problem.ts";

/** The longest pattern that is read, in UTF-16 units; 0.4.2 ignores longer ones without a word. */
export const MAX_PATTERN = 512;

/** How many instructions a pattern may come to, once its counted repeats are written out. */
export const MAX_SIZE = 2000;

/** A pattern in RE2's dialect. */
export interface Translation {
  readonly re2: string;
  /** Whether it uses `\b`. */
  readonly boundary: boolean;
  /** Whether it can match at all, as far as anchors tell. */
  readonly possible: boolean;
  /** About how many instructions the engine makes of it. */
  readonly size: number;
  /** Whether it holds a counted repeat. */
  readonly counted: boolean;
  /** ASCII text in lower case without which an ASCII text can't match; null when there is none. */
  readonly required: string | null;
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
  readonly dotAll: boolean;
  readonly verbose: boolean;
}

const LINE_END = 0x0a;

/** What stands between brackets, and whether that holds a line end. */
interface ClassMember {
  readonly re2: string;
  readonly lineEnd: boolean;
}

function holdsLineEnd(classLetter: string): boolean {
  return "sWD".includes(classLetter);
}

class Translator {
  readonly #source: string;
  readonly #alphabet: Alphabet;
  #at = 0;
  #boundary = false;
  #counted = false;

  constructor(source: string, alphabet: Alphabet) {
    this.#source = source;
    this.#alphabet = alphabet;
  }

  translate(): Translation {
    const global = /^\(\?([aiLmsux]+)\)/.exec(this.#source);
    const letters = global?.[1] ?? "";
    this.#at = global?.[0].length ?? 0;
    const flags = {
      multiLine: letters.includes("m"),
      dotAll: letters.includes("s"),
      verbose: letters.includes("x"),
    };
    const body = this.#alternatives(flags, this.#flagPrefix(letters));
    if (this.#at < this.#source.length) throw new PatternProblem("`)` closes no group");
    const required = body.required.length < 2 ? null : body.required;
    return {
      re2: body.re2,
      boundary: this.#boundary,
      possible: body.possible,
      size: body.size,
      counted: this.#counted,
      required,
    };
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
    return oneOf(branches, prefix);
  }

  #sequence(flags: Flags): Piece {
    const pieces: Piece[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#peek())) pieces.push(this.#repeated(flags));
    return inSequence(pieces);
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
    const whole = repeated(piece, repeat, lazy);
    if (whole.size > MAX_SIZE)
      throw new PatternProblem("the counted repeats come to too much", "count to less, or use + or *");
    return whole;
  }

  #repeat(): Repeat | null {
    const letter = this.#peek();
    if (letter === "*" || letter === "+" || letter === "?") {
      this.#at++;
      return { re2: letter, least: letter === "+" ? 1 : 0, times: 1, source: letter };
    }
    const counted = letter === "{" ? /^\{(\d*)(,?)(\d*)\}/.exec(this.#source.slice(this.#at)) : null;
    if (counted === null) return null;
    const [source, low = "", comma = "", high = ""] = counted;
    if (low === "" && comma === "") return null;
    this.#at += source.length;
    this.#counted = true;
    // Without a least it is none: Number("") is 0.
    const least = Number(low);
    const most = comma === "" ? least : high === "" ? null : Number(high);
    if (least > 1000 || (most ?? 0) > 1000) throw new PatternProblem(`\`${source}\`: at most 1000 repeats are counted`);
    if (most !== null && most < least) throw new PatternProblem(`\`${source}\`: the least is over the most`);
    return { re2: `{${least},${most ?? ""}}`, least, times: most ?? least + 1, source };
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
        return room(".", flags.dotAll);
      case "^":
        this.#at++;
        return anchor(flags.multiLine ? "(?m:^)" : "\\A", flags.multiLine ? "other" : "start");
      case "$":
        this.#at++;
        return flags.multiLine ? anchor("(?m:$)", "other") : anchor("(?:\\x{a}?\\z)", "dollar");
      case "{":
        if (this.#repeat() !== null) throw new PatternProblem("there is nothing to repeat before `{`");
        return this.#letter(this.#character());
      default:
        return this.#letter(this.#character());
    }
  }

  #escape(): Piece {
    const letter = this.#source.charAt(this.#at + 1);
    if (letter === "A" || letter === "Z" || letter === "z" || letter === "b") {
      this.#at += 2;
      this.#boundary ||= letter === "b";
      // Spelled for all of Unicode the boundary is left out: the matcher asks for it on the shadow.
      if (letter === "b") return anchor(this.#alphabet === "unicode" ? "" : "\\b", "other");
      return letter === "A" ? anchor("\\A", "start") : anchor("\\z", "end");
    }
    if (letter === "B") throw new PatternProblem("`\\B` is not supported", "name the characters that may stand there");
    if (isClassLetter(letter)) {
      this.#at += 2;
      return room(wholeClass(letter, this.#alphabet), holdsLineEnd(letter));
    }
    return this.#letter(this.#escaped(false));
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
      dotAll: (flags.dotAll || on.includes("s")) && !off.includes("s"),
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
    const negated = this.#take("^");
    let members = negated ? "^" : "";
    let lineEnd = false;
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      const member = this.#classMember();
      members += member.re2;
      lineEnd ||= member.lineEnd;
    }
    this.#at++;
    // What a shadow stands for may be any letter, so also one that the class doesn't exclude.
    const re2 = negated && this.#alphabet === "shadow" ? `(?:[${members}]|[_0])` : `[${members}]`;
    return room(re2, lineEnd !== negated);
  }

  #classMember(): ClassMember {
    if (/^\[[:.=]/.test(this.#source.slice(this.#at))) {
      throw new PatternProblem("`[:…:]` is read by Python as a set of letters", "write A-Za-z, 0-9 or \\s instead");
    }
    const low = this.#classEnd();
    if (this.#peek() !== "-" || this.#source.charAt(this.#at + 1) === "]") return low;
    this.#at++;
    const high = this.#classEnd();
    if (low.codePoint === null || high.codePoint === null || low.codePoint > high.codePoint) {
      throw new PatternProblem("a range in a class goes from a lower to a higher character");
    }
    const lineEnd = low.codePoint <= LINE_END && high.codePoint >= LINE_END;
    return { re2: range(low.codePoint, high.codePoint, this.#alphabet), lineEnd };
  }

  #classEnd(): ClassMember & { readonly codePoint: number | null } {
    const letter = this.#source.charAt(this.#at + 1);
    if (this.#peek() === "\\" && isClassLetter(letter)) {
      this.#at += 2;
      return { re2: classMembers(letter, this.#alphabet), codePoint: null, lineEnd: holdsLineEnd(letter) };
    }
    const codePoint = this.#peek() === "\\" ? this.#escaped(true) : this.#character();
    return { re2: literal(codePoint, this.#alphabet), codePoint, lineEnd: codePoint === LINE_END };
  }

  // The character that stands here, or at least should.
  #character(): number {
    const codePoint = this.#source.codePointAt(this.#at);
    if (codePoint === undefined) throw new PatternProblem("`[` is not closed");
    this.#at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  #escaped(inClass: boolean): number {
    const escape = readEscape(this.#source, this.#at, inClass);
    if ("problem" in escape) throw new PatternProblem(escape.problem, escape.fix);
    this.#at += escape.length;
    return escape.codePoint;
  }

  #letter(codePoint: number): Piece {
    if (codePoint > 0x7f) return room(literal(codePoint, this.#alphabet), false);
    const required = String.fromCharCode(codePoint).toLowerCase();
    return { ...room(literal(codePoint, this.#alphabet), codePoint === LINE_END), required, exact: true };
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
