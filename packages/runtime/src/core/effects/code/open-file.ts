// What opening a file does, by its mode. A mode that can't be known may write.

import { connects, reads, writes } from "../programs/describe.ts";
import { literal } from "../programs/options.ts";
import type { Word } from "../programs/program.ts";
import { constantOf, UNKNOWN, type Constant, type Span } from "./constants.ts";
import { receiver } from "./path-values.ts";
import { wordOf, type Performed, type Setting } from "./perform.ts";
import { isFunction } from "./run-program.ts";

/** Adds the effects of a call that opens a file, or a pipe. */
export function opensFile(scan: Setting, done: Performed, args: readonly Constant[]): void {
  const { call, effects, language } = scan;
  const texts = args.map((arg) => arg.value);
  const piped = texts.find((text) => text !== null && /^\s*\||\|\s*$/.test(text));
  if (piped !== undefined && piped !== null && (language.name === "perl" || language.name === "ruby")) {
    const rest = args.slice(texts.indexOf(piped) + 1);
    const text = piped.replace(/^[\s|-]+|[\s|-]+$/g, "");
    effects.push(...(text === "" ? call.run.words(rest.map(wordOf), null) : call.run.shell(text, language.name)));
    return;
  }
  if (language.name === "perl") {
    opensInPerl(scan, done, args);
    return;
  }
  const isMember = language.name === "python" && isMemberOfPath(scan, done);
  const file = isMember ? receiver(scan, done.before) : wordOf(args[0] ?? UNKNOWN);
  const mode = modeOf(scan, done, isMember ? 0 : 1);
  if (/^https?:\/\//.test(file.prefix)) effects.push(...connects(call, file));
  else use(scan, file, mode);
}

type Mode = "read" | "write" | "append";

function use({ call, effects }: Setting, file: Word, mode: Mode): void {
  if (mode !== "read") effects.push(...writes(call, [file], mode === "append" ? "append" : "create"));
  else if (file.value !== null) effects.push(...reads(call, [file]));
}

/** `Path("x").open("w")`, `p.open("w")`. */
function isMemberOfPath({ tokens, bindings }: Setting, { path, before }: Performed): boolean {
  return tokens[before - 1]?.text === "." || (/^\w+\.open$/.test(path) && bindings.has(tokens[before]?.text ?? ""));
}

const MODE_NAMES = /^(?:mode|open|flags?)$/;

/** The mode that a call opens by: the argument at the place, or one of that name. */
function modeOf(scan: Setting, { args: spans }: Performed, at: number): Mode {
  const named = spans.find(
    ({ tokens, from }) => MODE_NAMES.test(tokens[from]?.text ?? "") && /^[=:]$/.test(tokens[from + 1]?.text ?? ""),
  );
  if (named !== undefined) return modeIn(scan, { ...named, from: named.from + 2 });
  const plain = spans.filter((span) => !isNamed(span));
  const given = plain[at] ?? plain.find(({ tokens, from }) => tokens[from]?.text === "*");
  return given === undefined ? "read" : modeIn(scan, given);
}

/** `encoding="utf-8"`, `encoding: "utf-8"`; not `File::RDWR`. */
function isNamed({ tokens, from }: Span): boolean {
  const sign = tokens[from + 1]?.text;
  return tokens[from]?.kind === "name" && (sign === "=" || (sign === ":" && tokens[from + 2]?.text !== ":"));
}

/** Flags and options that only read. */
const READING =
  /^(?:os|fs|File|Fcntl|constants|IO|Deno|O_RDONLY|RDONLY|O_CLOEXEC|CLOEXEC|O_NOFOLLOW|O_NONBLOCK|NONBLOCK|O_DIRECTORY|O_BINARY|BINARY|read|true|false|encoding|undefined|None|nil|null)$/;

function modeIn({ bindings }: Setting, span: Span): Mode {
  const { value } = constantOf(span, bindings);
  if (value !== null) return /^[rbtUsem]*(?::.*)?$|^0$/.test(value) ? "read" : value.includes("a") ? "append" : "write";
  if (isFunction(span)) return "read";
  for (let at = span.from; at < span.to; at++) {
    const token = span.tokens[at];
    if (token?.kind === "name" && !READING.test(token.text)) return "write";
    if (token?.text === "*" || (token?.text === "." && span.tokens[at + 1]?.text === ".")) return "write";
  }
  return "read";
}

/** Perl: `open(F, ">file")`, `open(my $f, "+<", "file")`, `sysopen(F, "file", O_RDWR)`, `IO::File->new("file", "w")`. */
function opensInPerl(scan: Setting, done: Performed, args: readonly Constant[]): void {
  const texts = args.map((arg) => arg.value);
  if (/(?:^|\.)sysopen$/.test(done.path)) {
    use(scan, wordOf(args[1] ?? UNKNOWN), modeOf(scan, done, 2));
    return;
  }
  const inIo = /IO\.File(?:\.new)?$/.test(done.path);
  const at = texts.findIndex((text) => text !== null && /^\s*\+?(>>?|<)/.test(text));
  if (at < 0 && inIo) {
    use(scan, wordOf(args[0] ?? UNKNOWN), modeOf(scan, done, 1));
    return;
  }
  if (at < 0) {
    const plain = texts.at(-1);
    if (args.length > 2 && texts[1] === null) use(scan, wordOf(args[2] ?? UNKNOWN), "write");
    else if (args.length === 2 && texts[1] === null)
      scan.effects.push({ kind: "exec.unresolved", via: "perl", part: "program", text: "open" });
    else if (typeof plain === "string") scan.effects.push(...reads(scan.call, [literal(plain)]));
    return;
  }
  const text = texts[at] ?? "";
  const inline = text.replace(/^\s*\+?(>>?|<)(:\S+)?\s*/, "");
  const file = inline === "" ? wordOf(args[at + 1] ?? UNKNOWN) : literal(inline);
  use(scan, file, text.includes(">>") ? "append" : /^\s*<(?!.*>)/.test(text) ? "read" : "write");
}
