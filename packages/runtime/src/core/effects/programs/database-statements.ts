// Statements that database clients are given: in options, on standard input, in files that the same command wrote.

import type { DbStatement, Effect } from "../effect.ts";
import { sqlEffects } from "../sql.ts";
import { watched } from "./bare-shell.ts";
import { connects, reads, writes } from "./describe.ts";
import { literal } from "./options.ts";
import { hostOf } from "./place.ts";
import type { ProgramCall, Word } from "./program.ts";

/** The statements of a file: judged when this very command wrote it, unknown otherwise. */
export function fromFile(
  call: ProgramCall,
  word: Word,
  judge: (text: string) => readonly Effect[] = (text) => statements(call, text),
): readonly Effect[] {
  const text = call.run.written?.(word) ?? null;
  return [...reads(call, [word]), ...(text === null ? [statement(call, "unknown", word.text)] : judge(text))];
}

/** Whether a word is a database by its address. */
export function isAddress(word: Word): boolean {
  return /^[a-z][a-z0-9+]*:\/\//i.test(word.prefix) && !word.prefix.startsWith("file:");
}

/** Reaching a database on another machine: local ones are what clients are for. */
export function remote(call: ProgramCall, word: Word): readonly Effect[] {
  if (word.value !== null && word.value.startsWith("/")) return [];
  const host = hostOf(word.value, word.text);
  if (host.class === "loopback" || host.class === "private" || host.class === "internal_name") return [];
  return connects(call, word, { sends: true });
}

/** The effects of statements, with the client's own commands (`\!`, `\copy`, `system`, `.shell`) taken out and judged. */
export function statements(call: ProgramCall, text: string | null, isIncluded = false): readonly Effect[] {
  if (text === null) return [{ kind: "db.statement", via: call.name, operation: "unknown", text: "" }];
  const effects: Effect[] = [...piped(call, text)];
  const plain: string[] = [];
  for (const line of text.split("\n")) {
    const shell = /(?:^|;)\s*(?:\\!|\.shell|\.system|system|\\system)\s+(.*)$/.exec(line.trim());
    const program = /\b(?:to|from)\s+program\s+'([^']*)'/i.exec(line);
    const file =
      /^\s*(?:\\(?:i|ir|o|w|copy\s.*?(?:from|to))|\.(?:read|output|once|import|backup|save|dump|open)|source|\\\.|tee|\\T)\s+'?([^\s';]+)/i.exec(
        line,
      );
    if (shell !== null) effects.push(...call.run.shell(shell[1] ?? null, call.name));
    if (program !== null) effects.push(...call.run.shell(program[1] ?? null, call.name));
    if (file !== null && /^\s*(?:\\(?:i|ir|\.)|\.read|source)\s/i.test(line))
      effects.push(...included(call, file[1] ?? "", isIncluded));
    if (file !== null)
      effects.push(
        ...(/\\o|\\w|output|once|backup|save|tee|\\T|\bto\b/i.test(line.slice(0, line.indexOf(file[1] ?? "")))
          ? writes
          : reads)(call, [literal(file[1] ?? "")]),
      );
    if (shell === null && !/^\s*[\\.]/.test(line)) plain.push(line);
  }
  const sql = plain.join("\n").trim();
  return sql === "" ? effects : [...effects, ...sqlEffects(sql, call.name)];
}

/** `\\i FILE`, `.read FILE`, `source FILE`: statements that this very command wrote are judged. */
function included(call: ProgramCall, file: string, again: boolean): readonly Effect[] {
  const word = literal(file);
  const text = call.run.written?.(word) ?? null;
  // Files that include each other end nowhere: one level is read.
  if (text !== null && !again) return statements(call, text, true);
  return call.run.made?.(word) === true
    ? [{ kind: "exec.unresolved", via: call.name, part: "code", text: `statements in ${file}` }]
    : [];
}

/** `.once |cmd`, `.output |cmd`, `.import "|cmd" t`, `\\o |cmd`: results that flow into or out of a program. */
function piped(call: ProgramCall, text: string): readonly Effect[] {
  if (!text.includes("|")) return [];
  return text.split("\n").flatMap((line) => {
    const command = /^\s*(?:\.(?:once|output|import|excel)|\\[ogw]x?)\s+(?:--?\w+\s+)*["']?\|(.*)$/.exec(line);
    return command === null ? [] : watched(call.run).shell((command[1] ?? "").replace(/["']\s*\w*\s*$/, ""), call.name);
  });
}

/** A statement of a database that has no SQL. */
export function statement(call: ProgramCall, operation: DbStatement["operation"], text: string): Effect {
  return { kind: "db.statement", via: call.name, operation, text };
}
