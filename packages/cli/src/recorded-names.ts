// What a log calls the things that a person asks about: an action by any of its names, an event, a decision. A question
// about a name that no entry can have is answered truly and misleads, so it is turned into the name that is written, and
// said to be; or refused.

import {
  ENTRY_DECISIONS,
  ENTRY_EVENTS,
  ENTRY_TYPES,
  nearestWord,
  recordedType,
  registeredTypes,
  typeKey,
} from "canopy-runtime/entry-names";
import { CanopyError } from "canopy-runtime/errors";
import type { Io } from "./io.ts";
import { terminalText } from "./terminal-text.ts";

/** An action type that was asked about, and the one that entries have. */
export interface AskedType {
  readonly asked: string;
  /** What Canopy writes for it. */
  readonly recorded: string;
  /** One of Canopy's own names; any other is spelled as a policy in force spelled it. */
  readonly own: boolean;
  /** What else its entries may be called, where they only show a file. */
  readonly viewing: string | null;
}

/** What an action type is recorded as. Cost: linear in the name. */
export function askedType(asked: string): AskedType {
  if (ENTRY_TYPES.includes(asked)) return { asked, recorded: asked, own: true, viewing: null };
  const { name, viewing, listed } = recordedType(asked);
  return { asked, recorded: name, own: listed, viewing };
}

/** Whether two names of actions are spellings of one. */
export function sameType(one: string, other: string): boolean {
  return one === other || typeKey(one) === typeKey(other);
}

/**
 * What whoever asked by that name should know; nothing when it is a name that entries have.
 *
 * @param used the name that the answer is about.
 * @param others further spellings that the log has.
 */
export function typeNotes(
  { asked, recorded, own, viewing }: AskedType,
  used: string,
  others: readonly string[] = [],
): readonly string[] {
  const notes: string[] = [];
  if (used !== asked) notes.push(`\`${asked}\` is recorded as \`${used}\`, as is all that means the same`);
  else if (own && recorded !== asked) {
    notes.push(`the log has \`${asked}\` itself, but Canopy records it as \`${recorded}\`: ask about that, too`);
  }
  if (viewing !== null) notes.push(`where it only shows a file it is recorded as \`${viewing}\`: ask about that, too`);
  if (!own) notes.push(`\`${used}\` is none of the action types that Canopy writes by itself${meant(asked)}`);
  for (const other of others) {
    if (!own || other !== recorded) notes.push(`the log also has \`${other}\`: ask about that, too`);
  }
  return notes;
}

function meant(asked: string): string {
  const near = nearestWord(asked, registeredTypes());
  return near === null ? ": a tool's own name is recorded as it is spelled" : `: did you mean \`${near}\`?`;
}

/**
 * What the reader of a proof should know whose maker named what Canopy doesn't write: such a proof is true of any log.
 */
export function claimNotes(where: {
  readonly action_type?: string;
  readonly decision?: string;
  readonly event?: string;
}): readonly string[] {
  const { action_type, decision, event } = where;
  const type = action_type === undefined ? null : askedType(action_type);
  return [
    ...(type === null || type.recorded === type.asked
      ? []
      : [`Canopy writes no entry with the action \`${type.asked}\`: it records \`${type.recorded}\``]),
    ...(type === null || type.recorded !== type.asked || type.own
      ? []
      : [`\`${type.asked}\` is none of the action types that Canopy writes by itself`]),
    ...wordNote("decision", decision),
    ...wordNote("event", event),
  ];
}

function wordNote(name: WordMember, word: string | undefined): readonly string[] {
  if (word === undefined || !unknownWord(name, word)) return [];
  return [`Canopy writes no entry with the ${name} \`${word}\``];
}

type WordMember = "decision" | "event";

const WORDS: Readonly<Record<WordMember, readonly string[]>> = { decision: ENTRY_DECISIONS, event: ENTRY_EVENTS };

/** Whether Canopy writes no such word there. */
export function unknownWord(name: WordMember, word: string): boolean {
  return !WORDS[name].includes(word);
}

/**
 * Refuse a word that no entry can have.
 *
 * @param holds whether the log has an entry with it all the same: one that something else than Canopy wrote.
 * @throws {CanopyError} `USAGE` with the words that are known.
 */
export function refuseUnknownWord(flag: WordMember, word: string, holds: () => boolean): void {
  if (!unknownWord(flag, word) || holds()) return;
  const words = WORDS[flag];
  const near = nearestWord(word, words);
  throw new CanopyError("USAGE", `--${flag} can't be \`${word}\`: no entry that Canopy writes has that ${flag}`, {
    at: `--${flag}`,
    fix: `${near === null ? "" : `did you mean ${near}? `}the ${flag}s are ${words.join(", ")}`,
  });
}

/** Say notes on standard error. */
export function sayNotes(io: Io, notes: readonly string[]): void {
  for (const note of notes) io.err(`${io.errStyle.caution("note")}: ${terminalText(note)}\n`);
}
