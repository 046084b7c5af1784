// Programs that transform text on its way: known text stays known, and decoding is marked.

import { NOTHING, reads, result, secretIn, stream, writes } from "./describe.ts";
import {
  formatted,
  fromBase32,
  fromBase64,
  fromHex,
  reversedLines,
  translated,
  unescaped,
  withoutCharacters,
} from "./decode.ts";
import { has, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Stream, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";
import { listsEnvironment } from "./wrapping.ts";

const COREUTILS = "https://www.gnu.org/software/coreutils/manual/coreutils.html";

/** Rows of programs that print or transform text. */
export const TEXT_TOOLS: readonly ProgramRow[] = [
  row("echo print", COREUTILS, echo),
  row("printf gprintf", COREUTILS, (call) => {
    const texts = textsOf(call.args[0]?.value === "--" ? call.args.slice(1) : call.args);
    if (texts === null) return result([], fromWords(call, null));
    const [format = "", ...args] = texts;
    return result([], fromWords(call, formatted(format, args), /\\(x|[0-7]{2})/.test(format)));
  }),
  decoder("base64 gbase64 b64decode base64url", fromBase64, ["d", "D", "decode"]),
  decoder("base32 gbase32", fromBase32, ["d", "D", "decode"]),
  decoder("basenc base58 base85 ascii85 uuencode uudecode uuenview uudeview mimencode ascii2binary", () => null, [
    "d",
    "D",
    "decode",
    "o",
  ]),
  decoder("xxd", fromHex, ["r", "revert"]),
  row("rev", COREUTILS, (call) => transformed(call, reversedLines, "reversed")),
  row("tr gtr", COREUTILS, tr),
  row(
    "gunzip gzip pigz unpigz bunzip2 bzip2 pbzip2 unxz xz lzma unlzma zstd unzstd lz4 unlz4 brotli compress uncompress lzop zlib-flate",
    "https://www.gnu.org/software/gzip/manual/gzip.html",
    packs,
  ),
  row("sort gsort shuf gshuf", COREUTILS, (call) => {
    const o = parseOptions(
      call.args,
      shape(
        "kotTSn",
        "key output field-separator temporary-directory buffer-size parallel compress-program random-source head-count files0-from input-range",
      ),
    );
    const files = has(o, "e", "echo") ? [] : o.operands;
    const program = valuesOf(o, "compress-program")[0];
    const effects = [...reads(call, files), ...writes(call, valuesOf(o, "o", "output"))];
    if (program !== undefined) effects.push(...call.run.shell(program.value, call.name));
    return result(
      effects,
      files.length === 0 && call.stdin !== null ? call.stdin : stream({ secret: secretIn(call, files) }),
    );
  }),
  row(
    "iconv recode dos2unix unix2dos ascii uni2ascii unaccent",
    "https://man7.org/linux/man-pages/man1/iconv.1.html",
    (call) => {
      const o = parseOptions(call.args, shape("fto", "from-code to-code output"));
      const inPlace = call.name === "dos2unix" || call.name === "unix2dos";
      const effects = [
        ...reads(call, o.operands),
        ...writes(call, inPlace ? o.operands : valuesOf(o, "o", "output"), "change"),
      ];
      return result(effects, call.stdin ?? stream());
    },
  ),
  row("printenv", COREUTILS, listsEnvironment),
  row("yes", COREUTILS, () => result([], stream())),
  row("pv", "https://www.ivarch.com/programs/quickref/pv.shtml", (call) => {
    const o = parseOptions(
      call.args,
      shape("oBLsiwHNFdRDmP", "output buffer-size rate-limit size interval width height name format pidfile"),
    );
    const effects = [...reads(call, o.operands), ...writes(call, valuesOf(o, "o", "output"))];
    return result(
      effects,
      o.operands.length === 0 && call.stdin !== null ? call.stdin : stream({ secret: secretIn(call, o.operands) }),
    );
  }),
];

function textsOf(args: readonly Word[]): readonly string[] | null {
  const texts: string[] = [];
  for (const word of args) {
    if (word.value === null) return null;
    texts.push(word.value);
  }
  return texts;
}

function fromWords(call: ProgramCall, text: string | null, decoded: boolean = false): Stream {
  const secret = call.args.find((word) => typeof word.secret === "string")?.secret ?? null;
  return stream({ text, secret, obfuscated: decoded ? "decoded" : null });
}

function echo(call: ProgramCall): ProgramResult {
  let at = 0;
  let escapes = false;
  for (; at < call.args.length; at++) {
    const flag = call.args[at]?.value ?? "";
    if (!/^-[neE]+$/.test(flag)) break;
    if (flag.includes("e")) escapes = true;
  }
  const texts = textsOf(call.args.slice(at));
  if (texts === null) return result([], fromWords(call, null));
  const text = texts.join(" ");
  return result([], fromWords(call, `${escapes ? unescaped(text) : text}\n`, escapes && /\\(x|0?[0-7]{2})/.test(text)));
}

/** A row for an encoder that decodes with one of the options. */
function decoder(names: string, decode: (text: string) => string | null, options: readonly string[]): ProgramRow {
  return row(names, COREUTILS, (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("wocslgn", "wrap cols len seek"));
    const files = o.operands.slice(0, 1);
    const decodes = has(o, ...options) || call.name === "uudecode" || call.name === "b64decode";
    const effects = [...reads(call, files), ...(call.name === "xxd" ? writes(call, o.operands.slice(1, 2)) : [])];
    const secret = secretIn(call, files) ?? call.stdin?.secret ?? null;
    if (!decodes)
      return result(
        effects,
        stream({ secret, obfuscated: files.length === 0 ? (call.stdin?.obfuscated ?? null) : null }),
      );
    const text = files.length === 0 && typeof call.stdin?.text === "string" ? decode(call.stdin.text) : null;
    return result(effects, stream({ text, secret, obfuscated: "decoded" }));
  });
}

function transformed(
  call: ProgramCall,
  change: (text: string) => string | null,
  mark: "decoded" | "reversed",
): ProgramResult {
  const o = parseOptions(call.args);
  if (call.stdin === null || o.operands.length > 0)
    return result(reads(call, o.operands), stream({ obfuscated: mark }));
  const text = call.stdin.text === null ? null : change(call.stdin.text.replace(/\n$/, ""));
  return result([], { ...call.stdin, text, obfuscated: mark });
}

function tr(call: ProgramCall): ProgramResult {
  if (call.stdin === null) return NOTHING;
  const o = parseOptions(call.args);
  const [from, to] = o.operands;
  const { text } = call.stdin;
  if (text === null || typeof from?.value !== "string") return result([], { ...call.stdin, text: null, origin: null });
  const changed = has(o, "c", "C", "complement")
    ? null
    : has(o, "d", "delete")
      ? withoutCharacters(text, from.value)
      : typeof to?.value === "string"
        ? translated(text, from.value, to.value)
        : null;
  return result([], { ...call.stdin, text: changed, obfuscated: call.stdin.obfuscated ?? "decoded" });
}

function packs(call: ProgramCall): ProgramResult {
  const o = parseOptions(call.args, shape("SboCD", "suffix output threads"));
  const toOutput = has(o, "c", "stdout", "to-stdout") || o.operands.length === 0;
  const unpacks = has(o, "d", "decompress", "uncompress") || /^(un|gun|bun)/.test(call.name);
  const effects = [
    ...reads(call, o.operands),
    ...(toOutput || has(o, "l", "t", "list", "test") ? [] : writes(call, o.operands, "change")),
  ];
  const secret = secretIn(call, o.operands) ?? call.stdin?.secret ?? null;
  // A packed file that lay here before is a file like any other that nobody has read; what the command made itself, it hides.
  const isFile = o.operands.length > 0 && !o.operands.some((word) => word.value === "-" || isMade(call, word));
  const unpacked = isFile ? "generated" : "decoded";
  return result(effects, stream({ secret, obfuscated: unpacks ? unpacked : (call.stdin?.obfuscated ?? null) }));
}

function isMade(call: ProgramCall, file: Word): boolean {
  return call.run.made?.(file) === true;
}
