// Emacs Lisp that an editor is told to run: the programs that it starts and the files that it works on.

import type { Effect } from "../effect.ts";
import { connects, deletes, permits, reads, settled, unresolved, writes } from "./describe.ts";
import { literal } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";

const STARTS =
  /\((?:call-process|start-process|start-file-process|make-process|process-file|process-lines|async-start|dired-do-shell-command|dired-do-async|shell-command-on|term|ansi-term|shell|eshell|eval|eval-buffer|eval-region|load|load-file|server-start|sudo-edit|(?:funcall|apply)\s+\(|intern)(?![\w]*-mode\b)[\w-]*/;
const SHELL = /\((?:shell-command(?:-to-string)?|async-shell-command|compile)\s+"((?:[^"\\]|\\.)*)"/;
/** Buffers that were opened from files are written by these. */
const SAVES = /\((?:save-buffer|basic-save-buffer|save-some-buffers|save-buffers-kill-\w+)\b/;

type FileCall = (call: ProgramCall, given: readonly Word[], saves: boolean) => readonly Effect[];

function at(given: readonly Word[], index: number): readonly Word[] {
  return given.slice(index, index + 1);
}

const visits: FileCall = (call, given, saves) => [
  ...reads(call, at(given, 0)),
  ...(saves ? writes(call, at(given, 0), "change") : []),
];
const removes: FileCall = (call, given) => deletes(call, at(given, 0), true);
const copies: FileCall = (call, given) => [...reads(call, at(given, 0)), ...writes(call, at(given, 1))];
const puts: FileCall = (call, given) => writes(call, at(given, 0));
const third: FileCall = (call, given) => writes(call, at(given, 2));

/** Functions that work on files, and what each does with its arguments. */
const FILES: ReadonlyMap<string, FileCall> = new Map<string, FileCall>([
  ["write-region", third],
  ["append-to-file", third],
  ["write-file", puts],
  ["with-temp-file", puts],
  ["make-empty-file", puts],
  ["dump-emacs-portable", puts],
  ["rename-file", (call, given) => [...removes(call, given, false), ...writes(call, at(given, 1))]],
  ["copy-file", copies],
  ["copy-directory", copies],
  ["make-symbolic-link", (call, given) => writes(call, at(given, 1))],
  ["add-name-to-file", (call, given) => writes(call, given.slice(0, 2), "change")],
  ["set-file-modes", (call, given) => permits(call, at(given, 0), "other")],
  ["set-file-times", (call, given) => writes(call, at(given, 0), "change")],
  ["make-directory", (call, given) => writes(call, settled(call, at(given, 0)), "change")],
  ["delete-file", removes],
  ["delete-directory", removes],
  ["dired-delete-file", removes],
  ["move-file-to-trash", removes],
  ["find-file", visits],
  ["find-file-noselect", visits],
  ["find-file-other-window", visits],
  ["find-file-literally", visits],
  ["find-alternate-file", visits],
  ["insert-file", visits],
  ["insert-file-contents", visits],
  ["insert-file-contents-literally", visits],
  ["url-copy-file", (call, given) => [...connects(call, given[0]), ...writes(call, at(given, 1))]],
]);

/** How many calls are read; of more than these nothing is known. */
const MAX_CALLS = 64;

/** What code does. Linear: every call of a function that works on files is read once. */
export function lisp(call: ProgramCall, word: Word): readonly Effect[] {
  if (word.value === null) return unresolved(call, "code");
  const text = word.value;
  const shell = SHELL.exec(text);
  const effects: Effect[] = shell === null ? [] : [...call.run.shell(unquoted(shell[1] ?? ""), call.name)];
  if (STARTS.test(text)) effects.push(...call.run.shell(null, call.name));
  const saves = SAVES.test(text);
  let count = 0;
  for (const match of text.matchAll(/\(([a-z][a-z-]{3,40})(?=[\s)"(])/g)) {
    const works = FILES.get(match[1] ?? "");
    if (works === undefined) continue;
    count += 1;
    if (count > MAX_CALLS) return [...effects, ...unresolved(call, "code")];
    effects.push(...works(call, argumentsAt(text, match.index + match[0].length), saves));
  }
  return effects;
}

/** How much of a call's text is read for its arguments. */
const MAX_TEXT = 4000;

/** The arguments of a call, up to three: texts, texts put together of texts, or words that can't be known. */
function argumentsAt(text: string, from: number): readonly Word[] {
  const given: Word[] = [];
  const end = Math.min(text.length, from + MAX_TEXT);
  let at = from;
  while (at < end && given.length < 3) {
    const unit = text.charAt(at);
    if (unit === ")") break;
    if (/\s/.test(unit)) at += 1;
    else {
      const next = endOf(text, at, end);
      given.push(argument(text.slice(at, next)));
      at = next;
    }
  }
  return given;
}

/** Where the expression that starts here ends. */
function endOf(text: string, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end; at++) {
    const unit = text.charAt(at);
    if (unit === '"') {
      at += 1;
      while (at < end && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      if (depth === 0) return Math.min(at + 1, end);
    } else if (unit === "(") depth += 1;
    else if (unit === ")") {
      if (depth === 0) return Math.max(at, from + 1);
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && /\s/.test(unit)) return at;
  }
  return end;
}

const TEXTS =
  /^\((concat|expand-file-name|file-truename|substitute-in-file-name|identity)\s+((?:"(?:[^"\\]|\\.)*"\s*)+)\)$/;

function argument(written: string): Word {
  if (/^"(?:[^"\\]|\\.)*"$/s.test(written)) return literal(unquoted(written.slice(1, -1)));
  // The file of the buffer itself, which was opened before.
  if (/^\(?buffer-file-name\)?$/.test(written)) return literal("./buffer");
  const [, name = "", rest = ""] = TEXTS.exec(written) ?? [];
  const texts = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => unquoted(match[1] ?? ""));
  if (texts.length === 0) return { value: null, text: written, glob: false, prefix: "" };
  if (name === "concat") return literal(texts.join(""));
  const [path = "", folder] = texts;
  return literal(folder === undefined || /^[/~]/.test(path) ? path : `${folder}/${path}`);
}

function unquoted(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}
