// A policy, or a file of tests, in its canonical layout: what it says stays the same to the value, and so does every
// comment.
//
//   · two spaces a level, lists indented below their key, LF line ends, at most one empty line in a row
//   · keys in the order of FILE_ORDER, RULE_ORDER, TEST_ORDER; a key that is in none of them follows
//   · rules and tests that are written in blocks stand apart by one empty line, and have none within
//   · CEL and patterns in single quotes, so that YAML reads no backslash; any other text as its author quoted it
//   · what is written in braces and brackets stays on one line
//
// INVARIANT: the values of what is given back are those of the text (their places aside), its comments are the same
// ones, and laying it out again changes nothing. All three are checked each time; what fails them is refused.

import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  parseDocument,
  Scalar,
  visit,
  type CollectionTag,
  type Node,
  type Pair,
  type ParsedNode,
  type ScalarTag,
  type YAMLMap,
} from "yaml";
import { CanopyError } from "../errors.ts";
import { decodePolicy, parseYaml, type Located } from "./parse.ts";
import { ProblemList, type Problem } from "./problem.ts";

/** A text in canonical layout, or why it has none: what is wrong with it as YAML. */
export type FormatResult =
  | { readonly text: string; readonly problems: null }
  | { readonly text: null; readonly problems: readonly Problem[] };

/**
 * Lay a policy or a file of tests out canonically. Cost: linear in the text, some times that of reading it.
 *
 * @throws {CanopyError} `INVALID_POLICY` when it can't be laid out without changing what it says or losing a comment.
 */
export function formatPolicy(bytes: Uint8Array | string): FormatResult {
  const problems = new ProblemList();
  const text = decodePolicy(bytes, problems);
  const before = text === null ? null : parseYaml(text, problems);
  if (text === null || before === null || problems.refused) return { text: null, problems: problems.problems };
  const formatted = settled(text);
  if (formatted === null || !saysTheSame(formatted, before) || !hasComments(formatted, text)) {
    throw new CanopyError("INVALID_POLICY", "this can't be laid out without changing it", {
      fix: "put comments on lines of their own, above what they are about",
    });
  }
  return { text: formatted, problems: null };
}

/** How often a text is laid out again until nothing changes: comments find their last place in one or two rounds. */
const ROUNDS = 4;

function settled(text: string): string | null {
  let last = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = layOut(last);
    if (next === last) return next;
    last = next;
  }
  return layOut(last) === last ? last : null;
}

function layOut(text: string): string {
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    customTags: (tags) => tags.map((tag) => (typeof tag === "string" ? tag : asWritten(tag))),
  });
  visit(document, { Node: tidyComments });
  if (document.contents !== null) {
    const head = splitHead(document.contents);
    arrangeFile(document.contents);
    if (head !== null)
      document.commentBefore = [document.commentBefore, head].filter((each) => each != null).join("\n\n");
  }
  const shape = {
    lineWidth: 0,
    indent: 2,
    indentSeq: true,
    flowCollectionPadding: false,
    singleQuote: true,
    nullStr: "",
  };
  const lines = document.toString(shape);
  return lines.endsWith("\n") ? lines : `${lines}\n`;
}

// What stands above an empty line at the top is about the file, not about the key that happens to come first.
function splitHead(root: ParsedNode): string | null {
  const first = isMap(root) ? root.items[0]?.key : null;
  const comment = first?.commentBefore ?? "";
  const end = comment.lastIndexOf("\n\n");
  if (first === null || first === undefined || end === -1) return null;
  first.commentBefore = comment.slice(end + 2);
  return comment.slice(0, end);
}

// Empty lines at the ends of a comment, or several in a row, are layout.
function tidyComments(_key: unknown, node: Node): void {
  if (typeof node.comment === "string") node.comment = tidied(node.comment);
  if (typeof node.commentBefore === "string") node.commentBefore = tidied(node.commentBefore);
}

function tidied(comment: string): string {
  return comment
    .replaceAll(/[ \r]+$/gm, "")
    .replaceAll(/^\n+|\n+$/g, "")
    .replaceAll(/\n{3,}/g, "\n\n");
}

// A number stays as it was written: whoever wrote 1.50 did not mean to write 1.5, nor 1000 with 1e3.
function asWritten(tag: ScalarTag | CollectionTag): ScalarTag | CollectionTag {
  if (tag.collection !== undefined) return tag;
  const { stringify } = tag;
  return {
    ...tag,
    stringify: (item, ...rest) => {
      if (typeof item.value !== "string" && item.source !== undefined) return item.source;
      return stringify === undefined ? String(item.value) : stringify(item, ...rest);
    },
  };
}

const FILE_ORDER: readonly string[] = words(
  "policy name description parameters include labels engines defaults rules tests",
);
const RULE_ORDER: readonly string[] = words(
  "id description owner severity mode expires action_type actions when when_all when_any when_not hours " +
    "after rate budget deny deny_if deny_regex deny_effects require_approval require_approval_if " +
    "require_approval_regex require_approval_effects approval allow_if mark obligations transform tests",
);
const TEST_ORDER: readonly string[] = words(
  "name now cwd home agent_ctx action_type action_payload after repeat outcome expect steps",
);
function words(text: string): readonly string[] {
  return text.split(" ");
}

/** Keys whose texts are code of their own. */
const CODE_KEYS: ReadonlySet<string> = new Set(["when", "deny_regex", "require_approval_regex"]);

function arrangeFile(root: ParsedNode): void {
  if (!isMap(root)) return;
  arrange(root, FILE_ORDER);
  for (const [index, pair] of root.items.entries()) setApart(pair, index);
  for (const rule of itemsUnder(root, "rules")) arrangeRule(rule);
  for (const test of itemsUnder(root, "tests")) arrangeTest(test);
}

function arrangeRule(rule: YAMLMap): void {
  arrange(rule, RULE_ORDER);
  for (const pair of rule.items) {
    if (CODE_KEYS.has(nameOf(pair))) quoteCode(pair.value);
  }
  for (const test of itemsUnder(rule, "tests")) arrangeTest(test);
}

function arrangeTest(test: YAMLMap): void {
  arrange(test, TEST_ORDER);
  for (const step of itemsUnder(test, "steps")) arrange(step, TEST_ORDER);
}

/** The maps in the list under a key; those in blocks are set apart from each other. */
function itemsUnder(map: YAMLMap, key: string): readonly YAMLMap[] {
  const list = map.items.find((pair) => nameOf(pair) === key)?.value;
  if (!isSeq(list)) return [];
  const maps = list.items.filter((item) => isMap(item));
  list.spaceBefore = false;
  const apart = key !== "steps" && list.flow !== true && maps.every((item) => item.flow !== true);
  for (const [index, item] of maps.entries()) {
    if (apart) item.spaceBefore = index > 0;
    if (item.flow !== true) for (const pair of item.items) withoutSpace(pair);
    raiseComment(item);
  }
  return maps;
}

// A comment above the first key of an item is written above the item.
function raiseComment(item: YAMLMap): void {
  const first = item.items[0]?.key;
  if (item.flow === true || !isScalar(first) || typeof first.commentBefore !== "string") return;
  item.commentBefore = [item.commentBefore, first.commentBefore].filter((each) => typeof each === "string").join("\n");
  first.commentBefore = null;
}

/** Lists and maps of the file stand apart from what is above them. */
function setApart({ key, value }: Pair, index: number): void {
  if (!isScalar(key)) return;
  if (index === 0) key.spaceBefore = false;
  else if (isCollection(value) && value.flow !== true) key.spaceBefore = true;
}

function withoutSpace({ key }: Pair): void {
  if (isScalar(key) || isCollection(key)) key.spaceBefore = false;
}

function arrange(map: YAMLMap, order: readonly string[]): void {
  const rank = (pair: Pair): number => {
    const at = order.indexOf(nameOf(pair));
    return at === -1 ? order.length : at;
  };
  map.items.sort((left, right) => rank(left) - rank(right));
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function quoteCode(value: unknown): void {
  if (isSeq(value)) for (const item of value.items) quoteCode(item);
  else if (isScalar(value) && typeof value.value === "string" && !value.value.includes("\n") && !isBlock(value)) {
    value.type = Scalar.QUOTE_SINGLE;
  }
}

function isBlock({ type }: Scalar): boolean {
  return type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED;
}

function saysTheSame(formatted: string, before: Located): boolean {
  const problems = new ProblemList();
  const after = parseYaml(formatted, problems);
  return after !== null && !problems.refused && meaningOf(after) === meaningOf(before);
}

/** A value without its place, and with its members in the order of their names: equal for equal meaning. */
function meaningOf(value: Located): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(value.value);
    case "number":
      return `number ${value.source}`;
    case "text":
      return `${value.style === "block" ? "block " : ""}${JSON.stringify(value.text)}`;
    case "list":
      return `[${value.items.map(meaningOf).join()}]`;
    case "map": {
      const members = value.entries.map((entry) => `${JSON.stringify(entry.key)}:${meaningOf(entry.value)}`);
      return `{${members.toSorted().join()}}`;
    }
    default:
      return value satisfies never;
  }
}

function hasComments(formatted: string, text: string): boolean {
  const [after, before] = [commentsOf(formatted), commentsOf(text)];
  return after.length === before.length && after.every((comment, index) => comment === before[index]);
}

function commentsOf(text: string): readonly string[] {
  const found: string[] = [];
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (!scalar && token.startsWith("#")) found.push(token.trim());
    scalar = token === SCALAR;
  }
  return found.toSorted();
}

/** What the lexer puts before the text of a plain or block scalar, which may begin with anything. */
const SCALAR = "\u001f";
