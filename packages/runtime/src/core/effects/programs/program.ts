// What is known of one program: data (names, where that is documented) and one function from its arguments to effects.

import type { Effect } from "../effect.ts";
import type { Surroundings } from "../surroundings.ts";

/** One word of a command after expansion. */
export interface Word {
  /** The value, or null when it can't be known from the text. */
  readonly value: string | null;
  /** As written. */
  readonly text: string;
  /** Holds an unquoted pattern character, so it may stand for many paths. */
  readonly glob: boolean;
  /** The part known before the first unknown piece (`/etc/` of `/etc/$x`); equal to `value` when that is known. */
  readonly prefix: string;
  /** The kind of secret whose value it carries (`$(cat ~/.ssh/id_rsa)`), if it does. */
  readonly secret?: string | null;
  /** How it came to be, if it was decoded, reversed, downloaded or generated. */
  readonly obfuscated?: Stream["obfuscated"];
  /** A place that is known, though its spelling is not: the home or working folder where nobody said which that is. */
  readonly symbolic?: boolean;
}

/** Data that flows into a program by a pipe, here-document, here-string or redirection. */
export interface Stream {
  /** The text, when it is known. */
  readonly text: string | null;
  /** Whether a secret flows in (its kind), judged from what came before in the pipeline. */
  readonly secret: string | null;
  /** How the data came to be, if it was decoded, reversed, downloaded or generated on the way. */
  readonly obfuscated: "decoded" | "downloaded" | "reversed" | "generated" | null;
  /** Path names flow in (`ls / | xargs …`): a pattern that all of them match (`/*`, `./*.pyc`), when known. */
  readonly origin: string | null;
  /** It is what a shell prints that takes its commands from elsewhere: given to a socket, that is a remote shell. */
  readonly shell?: boolean;
}

/** One call of a program, as a row sees it. */
export interface ProgramCall {
  /** Base name, as found in the table. */
  readonly name: string;
  /** Arguments, without the name. */
  readonly args: readonly Word[];
  /** Standard input; null when it is the terminal or nothing. */
  readonly stdin: Stream | null;
  readonly surroundings: Surroundings;
  /** Nested commands: run the words as a command (wrappers), the text as shell code, the text as code of another language. */
  readonly run: NestedRunner;
}

/** How a row hands what it would run back to the evaluator. All return the effects of the nested part. */
export interface NestedRunner {
  /** The words are a command of their own: `env`, `sudo`, `xargs`, `find -exec`, `timeout`. */
  words(words: readonly Word[], stdin: Stream | null): readonly Effect[];
  /** The text is shell code: `sh -c`, `ssh host '…'`, `eval`. A null text is unresolved code. */
  shell(text: string | null, via: string): readonly Effect[];
  /** The text is code of another language: `python -c`, `node -e`, `perl -e`, `awk`. */
  code(language: string, text: string | null, via: string): readonly Effect[];
  /** What this very command wrote into the file, when it did and that is known. */
  readonly written?: (file: Word) => string | null;
  /** Whether this very command wrote or fetched the file, known or not. */
  readonly made?: (file: Word) => boolean;
  /** What the file would do as code of the language, when this very command wrote or fetched it; nothing when it did not. */
  readonly content?: (file: Word, language: string, via: string) => readonly Effect[];
  /** Notes that a link was made: what is later reached through it, from the place given back, is judged by where it leads. */
  readonly linked?: (target: string, name: string) => Surroundings;
}

/** What a row says of one call. */
export interface ProgramResult {
  readonly effects: readonly Effect[];
  /** What its standard output carries; omit when it is unknown and harmless. */
  readonly stdout?: Stream;
}

/** One program, or several that behave alike. */
export interface ProgramRow {
  readonly names: readonly string[];
  /** Where its options are documented: a manual page or a project's page. */
  readonly source: string;
  /** What the call would do, beyond being run. A program that only computes on data gives no effects. */
  readonly effects: (call: ProgramCall) => ProgramResult;
  /** The row says no more than that the program is known and harmless by itself: without it, verdicts must stay. */
  readonly marksOnly?: boolean;
}
