// Pieces of a pattern, put together: their spelling for RE2, and what is known of their matches.
//
// Python's `$` also holds before a last line end, without taking it. RE2 can't look ahead, so here it takes it: whether a
// text matches stays the same as long as nothing behind the `$` needs the line end, or asks where it stands. Such
// patterns are refused.

import { PatternProblem } from "./pattern-problem.ts";
import { RequiredText } from "./required-text.ts";

/** A piece of a pattern: its RE2 spelling, and what is known of its matches. */
export interface Piece {
  readonly re2: string;
  /** Whether every match is at least one character long. */
  readonly takesRoom: boolean;
  /** Whether it matches the empty text wherever it stands. */
  readonly nullable: boolean;
  /** Whether a match may begin with a line end, as far as known. */
  readonly lineEnd: boolean;
  /** Whether a match may have come by a `$`. */
  readonly dollar: boolean;
  readonly anchor: "start" | "end" | "dollar" | "other" | null;
  readonly possible: boolean;
  readonly size: number;
  /** Text that every match holds, as far as known; a single character for a plain letter. */
  readonly required: string;
  /** Whether the match is exactly `required`. */
  readonly exact: boolean;
}

/** How often a piece is repeated. */
export interface Repeat {
  readonly re2: string;
  readonly least: number;
  /** How often the engine writes the repeated piece out. */
  readonly times: number;
  readonly source: string;
}

/** No text at all: a comment, an empty branch. */
export const NOTHING: Piece = { ...anchor("", "other"), nullable: true, size: 0 };

/** One character. */
export function room(re2: string, lineEnd: boolean): Piece {
  const about = { takesRoom: true, nullable: false, lineEnd, dollar: false, anchor: null, possible: true };
  return { re2, ...about, size: 1, required: "", exact: false };
}

/** A place between characters. */
export function anchor(re2: string, kind: "start" | "end" | "dollar" | "other"): Piece {
  const about = { takesRoom: false, nullable: false, lineEnd: false, dollar: kind === "dollar", anchor: kind };
  return { re2, ...about, possible: true, size: 1, required: "", exact: true };
}

/** One branch or another, under flags. */
export function oneOf(branches: readonly Piece[], prefix: string): Piece {
  const [only] = branches.length === 1 ? branches : [];
  return {
    re2: prefix + branches.map((branch) => branch.re2).join("|"),
    takesRoom: branches.every((branch) => branch.takesRoom),
    nullable: branches.some((branch) => branch.nullable),
    lineEnd: branches.some((branch) => branch.lineEnd),
    dollar: branches.some((branch) => branch.dollar),
    anchor: null,
    possible: branches.some((branch) => branch.possible),
    size: branches.reduce((sum, branch) => sum + branch.size + 1, 0),
    required: only?.required ?? "",
    exact: only?.exact ?? false,
  };
}

/**
 * One piece after the other.
 *
 * @throws {PatternProblem} when what follows a `$` can't keep its meaning.
 */
export function inSequence(pieces: readonly Piece[]): Piece {
  let takesRoom = false;
  let lineEnd = false;
  let ended = false;
  let dollar = false;
  let possible = true;
  const known = new RequiredText();
  for (const piece of pieces) {
    if (dollar && !mayFollowDollar(piece)) throw behindDollar();
    if (piece.anchor === "start" && takesRoom) possible = false;
    if (ended && piece.takesRoom) possible = false;
    ended ||= piece.anchor === "end" || piece.anchor === "dollar";
    // What begins with another character than the line end leaves no match that came by a `$`.
    dollar = piece.dollar || (dollar && !piece.takesRoom);
    if (!takesRoom) lineEnd ||= piece.lineEnd;
    takesRoom ||= piece.takesRoom;
    possible &&= piece.possible;
    known.add(piece);
  }
  return {
    re2: pieces.map(({ re2 }) => re2).join(""),
    takesRoom,
    nullable: pieces.every(({ nullable }) => nullable),
    lineEnd,
    dollar,
    anchor: null,
    possible,
    size: pieces.reduce((sum, { size }) => sum + size, 0),
    required: known.longest(),
    exact: known.exact,
  };
}

/**
 * A piece several times over.
 *
 * @throws {PatternProblem} when a `$` in it would have to come before another round.
 */
export function repeated(piece: Piece, repeat: Repeat, lazy: string): Piece {
  if (piece.dollar && repeat.least > 1 && !mayFollowDollar(piece)) throw behindDollar();
  const again = repeat.least > 0;
  return {
    ...piece,
    re2: `(?:${piece.re2})${repeat.re2}${lazy}`,
    takesRoom: piece.takesRoom && again,
    nullable: piece.nullable || !again,
    anchor: null,
    possible: piece.possible || !again,
    size: piece.size * repeat.times + 1,
    required: again ? piece.required : "",
    exact: false,
  };
}

// Characters but the line end can't follow at all; what may be empty is taken for empty.
function mayFollowDollar(piece: Piece): boolean {
  return piece.nullable || piece.anchor === "dollar" || (piece.takesRoom && !piece.lineEnd);
}

function behindDollar(): PatternProblem {
  const fix = "let `$` be the last, or write `\\Z` for the very end";
  return new PatternProblem("`$` also holds before a last line end, and what follows it here could take that", fix);
}
