// Colour and weight, from the sixteen named colours only, so that a light and a dark terminal both show them well.
// Colour never carries meaning alone: every verdict is also a word.

/** Ways to set text off. Each gives the text back unchanged when colour is off. */
export interface Style {
  readonly color: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly caution: (text: string) => string;
  readonly accent: (text: string) => string;
}

const plain = (text: string): string => text;

/** No colour at all. */
export const PLAIN: Style = {
  color: false,
  bold: plain,
  dim: plain,
  good: plain,
  bad: plain,
  caution: plain,
  accent: plain,
};

const sgr =
  (on: string, off: string) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;

const COLORED: Style = {
  color: true,
  bold: sgr("1", "22"),
  dim: sgr("2", "22"),
  good: sgr("32", "39"),
  bad: sgr("1;31", "22;39"),
  caution: sgr("33", "39"),
  accent: sgr("36", "39"),
};

/**
 * The style for one stream: colour on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`;
 * `FORCE_COLOR` (not `0` or `false`) turns it on anywhere.
 *
 * @see https://no-color.org
 */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  if ((env["NO_COLOR"] ?? "") !== "") return PLAIN;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced === "0" || forced === "false" ? PLAIN : COLORED;
  return isTerminal && env["TERM"] !== "dumb" ? COLORED : PLAIN;
}

/** A verdict in its colour. Words that are no verdict stay plain. */
export function verdictText(style: Style, verdict: string, shown: string = verdict): string {
  switch (verdict) {
    case "ALLOW":
    case "APPROVED":
      return style.good(shown);
    case "DENY":
    case "REJECTED":
      return style.bad(shown);
    case "REQUIRE_APPROVAL":
      return style.caution(shown);
    default:
      return shown;
  }
}
