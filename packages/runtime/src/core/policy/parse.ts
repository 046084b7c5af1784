// A policy's text → strict YAML 1.2 values with places. Knows nothing of rules.

import { isMap, isScalar, isSeq, LineCounter, parseDocument, type ParsedNode } from "yaml";
import { MAX_POLICY_BYTES, prescan, refuseCharacters } from "./prescan.ts";
import type { Located, LocatedEntry } from "./located.ts";
import { Stopped } from "./plain-text.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import { MAX_PROBLEMS, type Place, type ProblemList } from "./problem.ts";

export type { Located, LocatedEntry } from "./located.ts";

/** The text of a policy's bytes, or null (with a problem) when they are not UTF-8 or too many. */
export function decodePolicy(bytes: Uint8Array | string, problems: ProblemList): string | null {
  const start = { line: 1, col: 1 };
  const encoded = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  if (encoded.length > MAX_POLICY_BYTES) {
    problems.refuse("too_large", start, `the policy has ${encoded.length} bytes: expected at most ${MAX_POLICY_BYTES}`);
    return null;
  }
  if (typeof bytes === "string") return withoutMark(bytes);
  try {
    return withoutMark(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    problems.refuse("encoding", start, "the policy is not UTF-8 text", "save the file as UTF-8");
    return null;
  }
}

function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/**
 * Parse a policy's text. Null when a problem makes the rest meaningless. Cost: linear in the text; small for what
 * `readPlainYaml` reads, twenty times that for the rest, which is therefore read only up to a moderate size.
 */
export function parseYaml(text: string, problems: ProblemList): Located | null {
  if (refuseCharacters(text, problems)) return null;
  try {
    return readPlainYaml(text);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (text.length <= MAX_ODD_LENGTH) return parseAnyYaml(text, problems);
    problems.refuse(error.code, error.place, error.message, error.fix);
    return null;
  }
}

/** The longest text that is read when it isn't plain, in UTF-16 units. */
const MAX_ODD_LENGTH = 256 * 1024;

/** As `parseYaml`, by the full parser alone. */
export function parseAnyYaml(text: string, problems: ProblemList): Located | null {
  prescan(text, problems);
  if (problems.refused) return null;
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    // Anything quieter reads the first of several documents and drops the rest.
    logLevel: "error",
  });
  for (const error of [...document.errors, ...document.warnings].slice(0, MAX_PROBLEMS)) {
    problems.refuse("yaml_syntax", placeOf(lines, error.pos[0]), `not YAML: ${oneLine(error.message)}`);
  }
  if (document.errors.length > 0 || document.warnings.length > 0) return null;
  if (document.contents === null) return { kind: "null", line: 1, col: 1 };
  return new Locator(lines, problems).locate(document.contents);
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), col: Math.max(1, col) };
}

function oneLine(message: string): string {
  const first = message.split("\n", 1)[0] ?? "";
  return first.charAt(0).toLowerCase() + first.slice(1);
}

/** Turns the parser's nodes into located values; refuses keys that are not text or occur twice. */
class Locator {
  readonly #lines: LineCounter;
  readonly #problems: ProblemList;

  constructor(lines: LineCounter, problems: ProblemList) {
    this.#lines = lines;
    this.#problems = problems;
  }

  locate(node: ParsedNode | null): Located {
    if (node === null) return { kind: "null", line: 1, col: 1 };
    const at = placeOf(this.#lines, node.range[0]);
    if (isMap(node)) return { kind: "map", ...at, entries: this.#entries(node.items, at) };
    if (isSeq(node)) return { kind: "list", ...at, items: node.items.map((item) => this.locate(item)) };
    if (isScalar(node)) return scalar(node.value, { source: node.source, type: node.type ?? "PLAIN", at });
    this.#problems.refuse("yaml_refused", at, "aliases are not allowed");
    return { kind: "null", ...at };
  }

  #entries(
    items: readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[],
    map: Place,
  ): readonly LocatedEntry[] {
    const seen = new Map<string, Place>();
    const entries: LocatedEntry[] = [];
    for (const { key, value } of items) {
      const located = key === null ? { kind: "null" as const, ...map } : this.locate(key);
      if (located.kind !== "text") {
        this.#problems.refuse("wrong_type", located, "a key is text: expected `name: value`");
        continue;
      }
      const first = seen.get(located.text);
      if (first !== undefined) {
        const message = `the key \`${located.text}\` stands here a second time (first on line ${first.line})`;
        this.#problems.refuse("duplicate_key", located, message, "write one list under one key");
        continue;
      }
      seen.set(located.text, located);
      const at = { line: located.line, col: located.col };
      entries.push({ ...at, key: located.text, value: value === null ? { kind: "null", ...at } : this.locate(value) });
    }
    return entries;
  }
}

function scalar(value: unknown, from: { readonly source: string; readonly type: string; readonly at: Place }): Located {
  const { at } = from;
  switch (typeof value) {
    case "string":
      return { kind: "text", ...at, ...styled(value, from.type) };
    case "boolean":
      return { kind: "boolean", ...at, value };
    case "number":
    case "bigint":
      return { kind: "number", ...at, source: from.source };
    default:
      return { kind: "null", ...at };
  }
}

// A block scalar's line ends are how it is written, not what is meant: nobody looks for "drop\n".
function styled(text: string, type: string): { readonly text: string; readonly style: "plain" | "quoted" | "block" } {
  if (type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED") return { text: text.trim(), style: "block" };
  return { text, style: type === "PLAIN" ? "plain" : "quoted" };
}
