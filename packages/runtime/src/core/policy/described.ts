// What a value in a policy is, in words, for messages.

import type { Located } from "./parse.ts";

/** What a value is, in words. */
export function described(item: Located): string {
  switch (item.kind) {
    case "number":
      return `the number ${item.source}`;
    case "boolean":
      return `the truth value ${item.value}`;
    case "null":
      return "nothing";
    case "list":
      return "a list";
    case "map":
      return "a map";
    case "text":
      return "text";
    default:
      return item satisfies never;
  }
}
