// Names that get another value by what is done to them: imported, taken by a pattern, changed by a function. What they
// hold then is not known, and what they held before counts as long as it can't be told which of the two is meant.

import { afterBracket, splitArguments, UNKNOWN, type Bindings } from "./constants.ts";
import { noteRebinding, type Scene } from "./rebinding.ts";

/** Tokens within which the names of one list are looked for. */
const LONGEST_LIST = 64;

/** Notes the names that a word or sign at a place gives other values, besides those set elsewhere. Cost: constant. */
export function rebindNames(scene: Scene, at: number): void {
  if (scene.bindings.size === 0) return;
  const { tokens, language } = scene;
  const token = tokens[at];
  if (token?.kind === "mark") {
    if (token.text === ">" && language.name === "ruby" && tokens[at - 1]?.text === "-") ofParameters(scene, at);
    return;
  }
  if (token?.text === "catch") ofParameters(scene, at);
  else if (token?.kind === "name" && CHANGING.test(token.text) && /^(?:perl|php)$/.test(language.name))
    changed(scene, at);
}

/** Functions of Perl and PHP that change what they are given. */
const CHANGING = /^(?:push|unshift|splice|pop|shift|chop|substr|array_(?:push|unshift|splice|pop|shift|walk)|settype)$/;

/** `push @a, "x"`, `substr($c, 0, 2) = "rm"`, `substr($c, 0, 2, "rm")`. */
function changed(scene: Scene, at: number): void {
  const { tokens } = scene;
  const open = tokens[at + 1]?.text === "(" ? at + 1 : at;
  if (tokens[at]?.text === "substr") {
    const end = afterBracket(tokens, open);
    const sets = tokens[end]?.text === "=" && tokens[end + 1]?.text !== "=";
    if (!sets && splitArguments({ tokens, from: open + 1, to: end - 1 }).length < 4) return;
  }
  rebindWithin(scene, open + 1, open + 2);
}

/** Notes that names within a stretch hold something else from there on. */
export function rebindWithin(scene: Scene, from: number, to: number): void {
  const { tokens, bindings } = scene;
  for (let at = from; at < to && at - from < LONGEST_LIST; at++) {
    const name = tokens[at]?.text ?? "";
    if (tokens[at]?.kind === "name" && isBound(bindings, name)) noteRebinding(scene, name, at);
  }
}

function isBound(bindings: Bindings, name: string): boolean {
  const known = bindings.get(name);
  return known !== undefined && known !== UNKNOWN;
}

/** `->(a)`, `catch (e)`: what stands in the first brackets. */
function ofParameters(scene: Scene, at: number): void {
  const { tokens } = scene;
  for (let open = at + 1; open < at + 5; open++) {
    if (tokens[open]?.kind === "end") return;
    if (tokens[open]?.text === "(") return rebindWithin(scene, open + 1, afterBracket(tokens, open) - 1);
  }
}
