// The YAML that policies are written in, read in one pass: block maps and lists, flow collections, every style of text.
//
// What it reads, it reads as YAML 1.2 does (a test compares it with the full parser on any text). It stops at anything
// else: aliases, anchors, tags, documents, explicit keys, keys without a value, and what is no YAML at all. The full
// parser says what is wrong there; it costs twenty times as much, so only a text of moderate size is given to it.

import { PlainText, Stopped } from "./plain-text.ts";
import { MAX_DEPTH } from "./prescan.ts";
import { scalarOf, type Located, type LocatedEntry } from "./located.ts";

/** The most values and keys that a policy may have. */
export const MAX_NODES = 600_000;

/**
 * Read a text of the plain kind.
 *
 * Cost: linear in the text.
 *
 * @throws {Stopped} where something else stands.
 */
export function readPlainYaml(text: string): Located {
  return new PlainReader(text).read();
}

class PlainReader {
  readonly #text: PlainText;
  #nodes = 0;

  constructor(text: string) {
    this.#text = new PlainText(text);
  }

  read(): Located {
    const text = this.#text;
    if (!text.toContent()) throw text.stop("empty", "the policy is empty");
    const root = this.#block(0);
    if (text.toContent()) throw text.stop("yaml_syntax", "this stands at a column that nothing before it has");
    return root;
  }

  /** A collection or text that begins a line, or follows a list's dash. */
  #block(depth: number, parent = -1): Located {
    const text = this.#text;
    const first = text.peek();
    if (first === "[" || first === "{") return this.#flow(depth, parent);
    if (text.isIndicator("-")) return this.#list(depth);
    const key = text.keyAhead();
    if (key !== null) return this.#map(key, depth);
    if (parent === -1)
      throw text.stop("wrong_type", "a policy is a map: expected `rules:` with a list of rules under it");
    return this.#inline(depth, parent);
  }

  #list(depth: number): Located {
    const text = this.#text;
    const at = this.#node(depth);
    const indent = text.column;
    const items: Located[] = [];
    do {
      text.skip(1);
      items.push(this.#item(depth, indent));
    } while (this.#another(indent) && text.isIndicator("-"));
    return { kind: "list", ...at, items };
  }

  #item(depth: number, indent: number): Located {
    const text = this.#text;
    if (text.restIsBlank()) {
      if (!text.toContent() || text.column <= indent) throw text.stop("empty", "an item of a list has no value");
    }
    return this.#block(depth + 1, indent);
  }

  #map(first: string, depth: number): Located {
    const text = this.#text;
    const at = this.#node(depth);
    const indent = text.column;
    const entries: LocatedEntry[] = [];
    const seen = new Map<string, number>();
    let key: string | null = first;
    while (key !== null) {
      const place = this.#node(depth);
      const line = seen.get(key);
      if (line !== undefined) throw text.repeated(key, line);
      seen.set(key, place.line);
      text.pastKey();
      entries.push({ ...place, key, value: this.#value(depth, indent) });
      key = this.#another(indent) ? this.#nextKey() : null;
    }
    return { kind: "map", ...at, entries };
  }

  #nextKey(): string {
    const text = this.#text;
    const key = text.isIndicator("-") ? null : text.keyAhead();
    if (key === null) throw text.stop("yaml_syntax", "expected `key: value` as on the lines before");
    return key;
  }

  #value(depth: number, indent: number): Located {
    const text = this.#text;
    if (!text.restIsBlank()) return this.#inline(depth + 1, indent);
    const from = text.place();
    const isThere = text.toContent();
    const isList = isThere && text.column === indent && text.isIndicator("-");
    if (!isThere || (text.column <= indent && !isList)) throw new Stopped("empty", from, "the key has no value");
    return this.#block(depth + 1, indent);
  }

  /** Whether another member follows at the collection's column; what stands further right belongs nowhere. */
  #another(indent: number): boolean {
    const text = this.#text;
    if (!text.toContent()) return false;
    if (!text.isFirstOnLine()) throw text.stop("yaml_syntax", "this stands after a value's end");
    if (text.column > indent) throw text.stop("yaml_syntax", "this is indented further than what it could belong to");
    return text.column === indent;
  }

  #inline(depth: number, indent: number): Located {
    const at = this.#node(depth);
    const text = this.#text;
    const first = text.peek();
    if (first === "[" || first === "{") return this.#flow(depth, indent);
    if (first === "|" || first === ">") return { kind: "text", ...at, text: text.blockText(indent), style: "block" };
    if (first === '"' || first === "'") return { kind: "text", ...at, text: text.quoted(indent), style: "quoted" };
    return scalarOf(text.plain(indent), at);
  }

  #flow(depth: number, indent: number): Located {
    const text = this.#text;
    const at = this.#node(depth);
    const isMap = text.peek() === "{";
    const end = isMap ? "}" : "]";
    const items: Located[] = [];
    const entries: LocatedEntry[] = [];
    const seen = new Map<string, number>();
    text.skip(1);
    text.toFlowContent(indent);
    while (text.peek() !== end) {
      if (isMap) entries.push(this.#flowEntry(seen, depth, indent));
      else items.push(this.#flowValue(depth + 1, indent));
      text.toFlowContent(indent);
      if (text.peek() === ",") text.skip(1);
      else if (text.peek() !== end) throw text.stop("yaml_syntax", `expected \`,\` or \`${end}\``);
      text.toFlowContent(indent);
    }
    text.skip(1);
    return isMap ? { kind: "map", ...at, entries } : { kind: "list", ...at, items };
  }

  #flowEntry(seen: Map<string, number>, depth: number, indent: number): LocatedEntry {
    const text = this.#text;
    const place = this.#node(depth);
    const key = text.flowKey();
    const line = seen.get(key);
    if (line !== undefined) throw text.repeated(key, line);
    seen.set(key, place.line);
    text.toFlowContent(indent);
    return { ...place, key, value: this.#flowValue(depth + 1, indent) };
  }

  #flowValue(depth: number, indent: number): Located {
    const text = this.#text;
    const at = this.#node(depth);
    const first = text.peek();
    if (first === "[" || first === "{") return this.#flow(depth, indent);
    if (first === '"' || first === "'") return { kind: "text", ...at, text: text.quoted(indent), style: "quoted" };
    return scalarOf(text.flowPlain(), at);
  }

  #node(depth: number): { readonly line: number; readonly col: number } {
    const text = this.#text;
    if (depth >= MAX_DEPTH) throw text.stop("too_deep", `nested deeper than ${MAX_DEPTH} levels`);
    if (++this.#nodes > MAX_NODES) throw text.stop("too_large", `the policy has over ${MAX_NODES} values`);
    return text.place();
  }
}
