// The flag that most commands have: a text that may be left out. Apart from the parser, which quick starts do without.

/** A flag that takes a text and may be left out. */
export interface TextFlag {
  readonly kind: "parsed";
  readonly parse: (text: string) => string;
  readonly optional: true;
  readonly brief: string;
  readonly placeholder: string;
}

/** Make such a flag; `placeholder` stands for its text in the help. */
export function textFlag(brief: string, placeholder: string): TextFlag {
  return { kind: "parsed", parse: String, optional: true, brief, placeholder };
}
