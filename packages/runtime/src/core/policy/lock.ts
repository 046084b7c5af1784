// The hashes of what a policy includes, written into its text: nothing else of the text is touched.

import { isMap, isScalar, isSeq, parseDocument, type Pair, type YAMLMap } from "yaml";

/** What an include names. */
export interface IncludeName {
  readonly pack: string | null;
  readonly file: string | null;
}

/** An include, and the hash that it had and has. */
export interface LockedInclude extends IncludeName {
  /** Null when none was written, or no text. */
  readonly was: string | null;
  readonly sha256: string;
}

/** A policy's text with the hashes of what it includes. */
export interface LockedPolicy {
  readonly text: string;
  readonly includes: readonly LockedInclude[];
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Write the hashes of a policy's includes. The text is one that `parseYaml` took. Includes that name neither a pack nor a
 * file are left alone. Cost: linear in the text.
 *
 * @param hashOf the SHA-256 of what an include names, as 64 hex digits; what it throws goes through.
 */
export function lockIncludes(text: string, hashOf: (include: IncludeName) => string): LockedPolicy {
  const root = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: false, logLevel: "silent" }).contents;
  const list = isMap(root) ? pairOf(root, "include")?.value : null;
  const edits: Edit[] = [];
  const includes: LockedInclude[] = [];
  for (const item of isSeq(list) ? list.items : []) {
    if (!isMap(item)) continue;
    const name = { pack: textOf(pairOf(item, "pack")), file: textOf(pairOf(item, "file")) };
    if ((name.pack === null) === (name.file === null)) continue;
    const sha256 = hashOf(name);
    const was = textOf(pairOf(item, "sha256"));
    includes.push({ ...name, was, sha256 });
    if (was !== sha256) edits.push(editFor(item, sha256, text));
  }
  return { text: applied(text, edits), includes };
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function textOf(pair: Pair | undefined): string | null {
  const value = pair?.value;
  return isScalar(value) && typeof value.value === "string" && value.value !== "" ? value.value : null;
}

// In place of what is there, else on a line of its own below what is named; within braces behind it.
function editFor(item: YAMLMap, sha256: string, text: string): Edit {
  const [hash, named] = [rangeOf(pairOf(item, "sha256")?.value), pairOf(item, "pack") ?? pairOf(item, "file")];
  if (hash !== null) return { ...hash, text: `"${sha256}"` };
  const [key, value] = [rangeOf(named?.key), rangeOf(named?.value)];
  if (item.flow === true) return { from: value?.to ?? 0, to: value?.to ?? 0, text: `, sha256: "${sha256}"` };
  const end = text.indexOf("\n", value?.to ?? 0);
  const at = end === -1 ? text.length : text.charAt(end - 1) === "\r" ? end - 1 : end;
  const from = key?.from ?? 0;
  const indent = " ".repeat(from - (text.lastIndexOf("\n", from - 1) + 1));
  return { from: at, to: at, text: `\n${indent}sha256: "${sha256}"` };
}

function rangeOf(node: unknown): { readonly from: number; readonly to: number } | null {
  const range = isScalar(node) ? node.range : null;
  return range === null || range === undefined ? null : { from: range[0], to: range[1] };
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { from, to, text: put } of edits.toReversed()) result = result.slice(0, from) + put + result.slice(to);
  return result;
}
