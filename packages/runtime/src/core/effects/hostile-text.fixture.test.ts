// Texts made to be slow to read, and where they may stand: asked by the tests, and timed by the benchmark.

/** What each text repeats. */
export const HOSTILE_UNITS: readonly string[] = [
  "a1",
  "\n",
  ":a@",
  "de89aaaa ",
  "a a ",
  "<a",
  "\u0301\u0323",
  "1,",
  "4111 1111 1111 1112 ",
  "%2",
  "!\n",
  "../",
  "' or 1=1 -- ",
];

/** Types of actions, and the member in which the text stands. */
export const HOSTILE_PLACES: readonly (readonly [type: string, member: string])[] = [
  ["note", "text"],
  ["execute_shell", "command"],
  ["execute_code", "code"],
  ["write_file", "path"],
  ["fetch", "url"],
  ["sql_query", "query"],
  ["pay", "amount"],
  ["send_email", "to"],
];

/** 64 KiB of the unit. */
export function hostileText(unit: string): string {
  return unit.repeat(Math.floor(65_536 / unit.length));
}
