// What one command may cost. Everything is counted, never timed, so that the same text always ends the same way.

/** Characters of command text that are parsed at all; more is `exec.unparsed`. */
export const MAX_TEXT = 65_536;
/** Steps of evaluation: commands run, words expanded, and characters built, weighed. */
export const MAX_STEPS = 40_000;
/** Characters of nested text (substitutions, `eval`, `sh -c`, here-documents fed to a shell) parsed in all. */
export const MAX_NESTED_TEXT = 524_288;
/** How deep substitutions, nested shells and function calls may go. */
export const MAX_DEPTH = 24;
/** Stages of one pipeline, and links of one `&&` chain. */
export const MAX_STAGES = 512;
/** Here-documents in one text: finding where each ends costs the rest of the text. */
export const MAX_HERE_DOCUMENTS = 512;

/** Process substitutions of a kind in a text that is parsed. */
export const MAX_PROCESS_SUBSTITUTIONS = 1_000;
/** Words that one brace expansion may become. */
export const MAX_BRACE_WORDS = 1_024;
/** Characters that one value may grow to. */
export const MAX_VALUE = 65_536;
/** Rounds of a loop that are followed one by one before its variables become unknown. */
export const MAX_ROUNDS = 32;
/** The same for a loop inside of another. */
export const MAX_INNER_ROUNDS = 8;
/** Effects that one command may give. */
export const MAX_EFFECTS = 2_000;
/** Values that one variable may have after branches are joined. */
export const MAX_ALTERNATIVES = 6;
