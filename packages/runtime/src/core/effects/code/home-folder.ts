// The user's home folder, as scripts ask for it: `os.environ["HOME"]`, `process.env.HOME`, `$ENV{HOME}`, `Dir.home`.

import type { Token } from "./tokens.ts";

/** What stands for the home folder in texts of code. */
export const HOME = "~";

const LONGEST = 12;
const IS_HOME = /^(?:HOME|USERPROFILE)$/;
/** Calls, and members, that give the folder. */
const GIVES = /(?:^|\.)(?:homedir|Path\.home|Dir\.home|user_home)$/;
const ENVIRONMENT =
  /(?:^|\.)(?:environ|environb|environ\.get|getenv|env\.get|process\.env|ENV|ENV\.fetch|ENV\.dig|\$ENV|\$_SERVER|\$_ENV)$/;

/** Where an expression that gives the home folder ends; 0 when the one that begins at the place is none. */
export function behindHome(tokens: readonly Token[], from: number): number {
  let path = tokens[from]?.text ?? "";
  let at = from + 1;
  // `require("os").homedir()`
  if (path === "require" && tokens[at]?.text === "(") at = (tokens[at]?.close ?? at) + 1;
  for (let steps = 0; steps < LONGEST; steps++) {
    if (tokens[at]?.text !== "." || tokens[at + 1]?.kind !== "name") break;
    path += `.${tokens[at + 1]?.text ?? ""}`;
    at += 2;
  }
  if (/(?:^|\.)process\.env\.(?:HOME|USERPROFILE)$/.test(path)) return at;
  const bracket = tokens[at];
  const opens = bracket?.kind === "mark" && /^[([{]$/.test(bracket.text);
  const close = opens ? (bracket.close ?? 0) : 0;
  if (GIVES.test(path)) return close === at + 1 ? close + 1 : path.endsWith("Dir.home") ? at : 0;
  if (!ENVIRONMENT.test(path) || close === 0 || close >= tokens.length) return 0;
  return IS_HOME.test(tokens[at + 1]?.text ?? "") ? close + 1 : 0;
}

/** A text in which pieces of code that give the home folder are written out. */
export function withHome(text: string): string {
  return /HOME|home|~/.test(text) ? text.replaceAll(PIECE, HOME) : text;
}

const PIECE =
  /[#$]?\{\s*(?:os\.environ\[["']HOME["']\]|os\.(?:environ\.get|getenv)\(["']HOME["'](?:,[^(){}]{0,40})?\)|(?:os\.path\.expanduser|File\.expand_path)\(["']~["']\)|(?:pathlib\.)?Path\.home\(\)|process\.env\.HOME|process\.env\[["']HOME["']\]|(?:require\(["'](?:node:)?os["']\)|\w{1,20})\.homedir\(\)|homedir\(\)|ENV\[["']HOME["']\]|ENV\.fetch\(["']HOME["']\)|Dir\.home|\$?_?(?:ENV|SERVER)\[["']?HOME["']?\])\s*\}|\$ENV\{["']?HOME["']?\}|\$_(?:ENV|SERVER)\[["']?HOME["']?\]/g;
