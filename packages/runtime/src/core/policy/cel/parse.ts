// A condition's source → its syntax tree: CEL's grammar, one recursive descent, no backtracking.
//
//   expression  = or [ "?" or ":" expression ]
//   or          = and *( "||" and )          and      = relation *( "&&" relation )
//   relation    = sum *( ( "<" / "<=" / ">" / ">=" / "==" / "!=" / "in" ) sum )
//   sum         = product *( ( "+" / "-" ) product )
//   product     = unary *( ( "*" / "/" / "%" ) unary )
//   unary       = 1*"!" member / 1*"-" member / member
//   member      = primary *( "." name [ "(" arguments ")" ] / "[" expression "]" )
//   primary     = literal / name [ "(" arguments ")" ] / "(" expression ")" / "[" items "]" / "{" entries "}"
//
// Refused with a reason: messages (`Type{…}`), optional members (`?.`, `[?`), names from the root (`.name`), reserved
// words as names, macros over two variables, and what is over a limit.

import { macroOf } from "./macros.ts";
import type { CelNode, CelOperator } from "./node.ts";
import { CelProblem, type Span } from "./problem.ts";
import { tokenize, type Token } from "./lexer.ts";
import { inInt64, inUint64, CelUint } from "./value.ts";

/** The longest condition, in UTF-16 units. */
export const MAX_SOURCE = 4096;
/** The most nodes of a condition. */
export const MAX_NODES = 1000;
/** How deep a condition may nest: brackets, calls, and operators within operators. */
export const MAX_NESTING = 64;

const RESERVED: ReadonlySet<string> = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
const RELATIONS: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!=", "in"]);

/**
 * Parse a condition. Cost: linear in its length.
 *
 * @throws {CelProblem} with the place, what was expected, and where it can be told, what to write.
 */
export function parseCel(source: string): CelNode {
  if (source.length > MAX_SOURCE) {
    const span = { start: MAX_SOURCE, end: source.length };
    const message = `the condition has ${source.length} characters: expected at most ${MAX_SOURCE}`;
    throw new CelProblem("too_large", span, message, "split it into several rules");
  }
  return new Parser(tokenize(source)).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #nesting = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): CelNode {
    const node = this.#expression();
    if (this.#peek().kind !== "end") throw this.#unexpected("an operator or the end");
    return node;
  }

  #expression(): CelNode {
    return this.#nested(() => {
      const test = this.#chain("or", "||", () => this.#chain("and", "&&", () => this.#relation()));
      if (!this.#take("?")) return test;
      const yes = this.#chain("or", "||", () => this.#chain("and", "&&", () => this.#relation()));
      this.#expect(":");
      const no = this.#expression();
      return this.#node({ kind: "conditional", test, yes, no, start: test.start, end: no.end });
    });
  }

  #chain(kind: "and" | "or", operator: string, operand: () => CelNode): CelNode {
    const first = operand();
    const operands = [first];
    while (this.#take(operator)) operands.push(operand());
    const end = operands.at(-1)?.end ?? first.end;
    return operands.length === 1 ? first : this.#node({ kind, operands, start: first.start, end });
  }

  #relation(): CelNode {
    return this.#binary(RELATIONS, () => this.#binary(SUMS, () => this.#binary(PRODUCTS, () => this.#unary())));
  }

  // Left to right; each step makes the tree one deeper.
  #binary(operators: ReadonlySet<string>, operand: () => CelNode): CelNode {
    let left = operand();
    let deep = 0;
    for (;;) {
      const token = this.#peek();
      const operator = token.text;
      const known = (token.kind === "punct" || operator === "in") && token.kind !== "string" && operators.has(operator);
      if (!known || !isOperator(operator)) break;
      this.#next++;
      if (++deep + this.#nesting > MAX_NESTING) throw tooDeep(token);
      const right = operand();
      left = this.#node({ kind: "binary", operator, left, right, start: left.start, end: right.end });
    }
    return left;
  }

  #unary(): CelNode {
    const token = this.#peek();
    if (token.kind !== "punct" || (token.text !== "!" && token.text !== "-")) return this.#member();
    this.#next++;
    const number = this.#peek();
    if (token.text === "-" && (number.kind === "int" || number.kind === "double")) {
      this.#next++;
      return this.#members(this.#number(number, { start: token.start, end: number.end }, "-"));
    }
    const kind = token.text === "!" ? "not" : "negate";
    const again = this.#peek().kind === "punct" && this.#peek().text === token.text;
    const operand = this.#nested(() => (again ? this.#unary() : this.#member()));
    return this.#node({ kind, operand, start: token.start, end: operand.end });
  }

  #member(): CelNode {
    return this.#members(this.#primary());
  }

  #members(first: CelNode): CelNode {
    let node = first;
    for (let deep = 0; ; deep++) {
      if (deep + this.#nesting > MAX_NESTING) throw tooDeep(this.#peek());
      if (this.#take(".")) node = this.#selected(node);
      else if (this.#take("[")) {
        if (this.#at("?")) throw this.#unexpected("an index", "optional members are not supported: use has(…)");
        const index = this.#expression();
        const { end } = this.#expect("]");
        node = this.#node({ kind: "index", target: node, index, start: node.start, end });
      } else if (this.#at("{") && (node.kind === "ident" || node.kind === "select")) {
        throw new CelProblem("bad_expression", node, "messages can't be made here", 'a map is written {"name": value}');
      } else return node;
    }
  }

  #selected(target: CelNode): CelNode {
    if (this.#at("?")) throw this.#unexpected("a member's name", "optional members are not supported: use has(…)");
    const token = this.#peek();
    const named = token.kind === "member" || (token.kind === "ident" && !isWord(token.text));
    if (!named) throw this.#unexpected("a member's name");
    this.#next++;
    if (token.kind === "ident" && this.#at("(")) {
      const { args, end } = this.#arguments();
      return this.#node(macroOf({ name: token.text, target, args, start: target.start, end }));
    }
    return this.#node({ kind: "select", target, member: token.text, test: false, start: target.start, end: token.end });
  }

  #primary(): CelNode {
    const token = this.#peek();
    switch (token.kind) {
      case "int":
      case "uint":
      case "double":
        this.#next++;
        return this.#number(token, token, "");
      case "string":
        this.#next++;
        return this.#node({ kind: "literal", value: token.text, start: token.start, end: token.end });
      case "bytes":
        this.#next++;
        return this.#node({ kind: "literal", value: token.bytes, start: token.start, end: token.end });
      case "ident":
        return this.#name(token);
      case "punct":
        return this.#bracketed(token);
      case "member":
      case "end":
        throw this.#unexpected("a value");
      default:
        throw this.#unexpected("a value");
    }
  }

  #name(token: Token & { readonly text: string }): CelNode {
    const { text, start, end } = token;
    const word = text === "true" ? true : text === "false" ? false : null;
    if (isWord(text) && text !== "in") {
      this.#next++;
      return this.#node({ kind: "literal", value: word, start, end });
    }
    if (text === "in") throw this.#unexpected("a value");
    if (RESERVED.has(text)) throw new CelProblem("bad_expression", token, `\`${text}\` is a reserved word of CEL`);
    this.#next++;
    if (!this.#at("(")) return this.#node({ kind: "ident", name: text, start, end });
    const call = this.#arguments();
    return this.#node(macroOf({ name: text, target: null, args: call.args, start, end: call.end }));
  }

  #bracketed(token: Token): CelNode {
    switch (token.text) {
      case "(": {
        this.#next++;
        const node = this.#expression();
        // The brackets are part of what is shown of it, and of what it stands in.
        return { ...node, start: token.start, end: this.#expect(")").end };
      }
      case "[": {
        const { items, end } = this.#items("[", "]", () => this.#expression());
        return this.#node({ kind: "list", items, start: token.start, end });
      }
      case "{": {
        const { items, end } = this.#items("{", "}", () => this.#entry());
        return this.#node({ kind: "map", entries: items, start: token.start, end });
      }
      default:
        throw this.#unexpected("a value");
    }
  }

  #entry(): { readonly key: CelNode; readonly value: CelNode } {
    const key = this.#expression();
    this.#expect(":");
    return { key, value: this.#expression() };
  }

  // A comma may stand after the last item, but not alone.
  #items<Item>(
    open: string,
    close: string,
    item: () => Item,
  ): { readonly items: readonly Item[]; readonly end: number } {
    this.#expect(open);
    const items: Item[] = [];
    while (!this.#at(close)) {
      if (this.#at("?")) throw this.#unexpected("a value", "optional items are not supported");
      items.push(item());
      if (!this.#take(",")) break;
    }
    return { items, end: this.#expect(close).end };
  }

  #arguments(): { readonly args: readonly CelNode[]; readonly end: number } {
    this.#expect("(");
    const args: CelNode[] = [];
    if (!this.#at(")")) {
      do args.push(this.#expression());
      while (this.#take(","));
    }
    return { args, end: this.#expect(")").end };
  }

  #number(token: Token, span: Span, sign: "" | "-"): CelNode {
    const { start, end } = span;
    if (token.kind === "double") {
      const value = Number(sign + token.text);
      if (!Number.isFinite(value)) throw new CelProblem("bad_expression", span, "the number is out of range");
      return this.#node({ kind: "literal", value, start, end });
    }
    const size = BigInt(token.text);
    const value = sign === "-" ? -size : size;
    if (token.kind === "uint" ? !inUint64(value) : !inInt64(value)) {
      throw new CelProblem("bad_expression", span, "the number does not fit in 64 bits", 'write decimal("…")');
    }
    return this.#node({ kind: "literal", value: token.kind === "uint" ? new CelUint(value) : value, start, end });
  }

  #nested(read: () => CelNode): CelNode {
    if (++this.#nesting > MAX_NESTING) throw tooDeep(this.#peek());
    const node = read();
    this.#nesting--;
    return node;
  }

  #node(node: CelNode): CelNode {
    if (++this.#nodes <= MAX_NODES) return node;
    const message = `the condition has more than ${MAX_NODES} parts`;
    throw new CelProblem("too_large", node, message, "split it into several rules");
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? END;
  }

  #at(punct: string): boolean {
    const token = this.#peek();
    return token.kind === "punct" && token.text === punct;
  }

  #take(punct: string): boolean {
    if (!this.#at(punct)) return false;
    this.#next++;
    return true;
  }

  #expect(punct: string): Token {
    const token = this.#peek();
    if (!this.#take(punct)) throw this.#unexpected(`\`${punct}\``);
    return token;
  }

  #unexpected(expected: string, fix?: string): CelProblem {
    const token = this.#peek();
    const found = token.kind === "end" ? "the end" : token.kind === "string" ? "a text" : `\`${token.text}\``;
    return new CelProblem("bad_expression", token, `expected ${expected}, not ${found}`, fix);
  }
}

const END: Token = { kind: "end", text: "the end", start: 0, end: 0 };
const SUMS: ReadonlySet<string> = new Set(["+", "-"]);
const PRODUCTS: ReadonlySet<string> = new Set(["*", "/", "%"]);

function isOperator(text: string): text is CelOperator {
  return RELATIONS.has(text) || SUMS.has(text) || PRODUCTS.has(text);
}

function isWord(text: string): boolean {
  return text === "true" || text === "false" || text === "null" || text === "in";
}

function tooDeep(span: Span): CelProblem {
  return new CelProblem("too_deep", span, `the condition nests more than ${MAX_NESTING} deep`);
}
