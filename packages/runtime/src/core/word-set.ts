/** The words of a text, which single spaces part: how tables of words are written. */
export function wordSet(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}
