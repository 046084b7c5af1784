// Programs that read files and print them, whole or in part.

import { reads, result, secretIn, stream, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, valuesOf, type Options } from "./options.ts";
import { gravest, place } from "./place.ts";
import { runsGiven } from "./given-programs.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, passing, reader, row } from "./rows.ts";
import { NOTHING } from "./describe.ts";
import { isSecretWord } from "./secret-words.ts";

const COREUTILS = "https://www.gnu.org/software/coreutils/manual/coreutils.html";

const GREP = shape(
  "efmABCdD",
  "regexp file max-count after-context before-context context include exclude exclude-dir exclude-from label binary-files directories glob type type-not replace",
);

const YQ = shape("fLIposvtrwn", "from-file indent output-format input-format selector value type read write");

/** Rows of programs that read files and print them. */
export const READING: readonly ProgramRow[] = [
  row("cat gcat bat batcat tac zcat gzcat bzcat xzcat zstdcat lz4cat ccat mdcat glow", COREUTILS, (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("lHrm", "language theme highlight-line line-range style"));
    if (o.operands.length === 0) return passing(call);
    return result(reads(call, o.operands), outputOfFiles(call, o.operands));
  }),
  reader("head ghead tail gtail multitail", COREUTILS, shape("ncs", "lines bytes pid sleep-interval")),
  reader(
    "nl pr fold fmt expand unexpand column colrm cut paste join comm look col ul tsort numfmt uniq",
    COREUTILS,
    shape(
      "bcdfntswot12vhlivWFO",
      "delimiter fields bytes characters output-delimiter width separator table-columns output-separator skip-fields check-chars skip-chars tabs",
    ),
  ),
  reader(
    "strings od hexdump hd hexyl binwalk nm objdump readelf size addr2line file exiftool identify mediainfo",
    "https://sourceware.org/binutils/docs/binutils/",
    shape("nteTAjwNSs", "bytes radix encoding target address-radix format skip-bytes read-bytes"),
  ),
  reader(
    "wc gwc md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum md5 shasum crc32 xxhsum b3sum rhash md5deep sha256deep",
    COREUTILS,
    shape("a", "files0-from algorithm"),
  ),
  reader(
    "diff gdiff diff3 sdiff cmp colordiff delta difft wdiff vimdiff icdiff dwdiff zdiff zcmp bzdiff",
    "https://www.gnu.org/software/diffutils/manual/diffutils.html",
    shape("CUWxXISFDoLin", "label exclude ignore-matching-lines output from-file to-file width"),
    ["o", "output"],
  ),
  row("sd", "https://github.com/chmln/sd", (call) => {
    const { operands } = parseOptions(call.args, shape("nf", "max-replacements flags"));
    return operands.length < 3 ? passing(call) : result(writes(call, operands.slice(2), "change"));
  }),
  row("yq tomlq xq dasel", "https://mikefarah.gitbook.io/yq", (call) => {
    const o = parseOptions(call.args, YQ);
    if (call.args.length === 0) return passing(call);
    const changes = has(o, "i", "inplace", "in-place") || o.operands[0]?.value === "put";
    return result(
      [...reads(call, o.operands), ...(changes ? writes(call, o.operands.slice(1), "change") : [])],
      outputOfFiles(call, o.operands),
    );
  }),
  reader(
    "jq gojq jaq fx mlr csvcut csvlook csvgrep csvstat csvjson csvsort csvsql xsv qsv in2csv xmllint xmlstarlet htmlq pup hq jo gron",
    "https://jqlang.org/manual/",
    shape("fLI", "from-file indent output encode schema xpath"),
  ),
  row("ls dir vdir gls exa eza lsd tree stat gstat du gdu dust ncdu df", COREUTILS, (call) => {
    const { operands } = parseOptions(call.args, shape("Iw", "ignore width time-style sort format exclude level"));
    const folder = gravest(call, operands);
    if (folder !== undefined && folder.value === null) return NOTHING;
    return result([], stream({ origin: `${(folder?.value ?? ".").replace(/\/+$/, "")}/*` }));
  }),
  row(
    "grep egrep fgrep zgrep zegrep bzgrep xzgrep ggrep rg ag ack pt ugrep ripgrep-all rga pcregrep pcre2grep sift",
    "https://www.gnu.org/software/grep/manual/grep.html",
    grep,
  ),
  reader(
    "rga-preproc antiword catdoc pdftotext pdfgrep docx2txt zipinfo",
    "https://www.xpdfreader.com/pdftotext-man.html",
    shape("flr"),
  ),
];

function outputOfFiles(call: ProgramCall, files: readonly Word[]): ReturnType<typeof stream> {
  const secret = secretIn(call, files);
  const piped = files.some((word) => word.value === "-") ? call.stdin : null;
  return stream({ secret: secret ?? piped?.secret ?? null, obfuscated: piped?.obfuscated ?? null });
}

const RIPGREP = shape("eftTgmABCjMd", "pre pre-glob hostname-bin");

function grep(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, GREP);
  const given = has(o, "e", "regexp", "f", "file");
  const patterns = given ? valuesOf(o, "e", "regexp") : o.operands.slice(0, 1);
  const files = given ? o.operands : o.operands.slice(1);
  const effects = reads(call, [...valuesOf(o, "f", "file"), ...files]);
  // Each file goes through this program first.
  for (const word of valuesOf(parseOptions(call.args, RIPGREP), "pre", "hostname-bin"))
    effects.push(...runsGiven(call, word, "pre"));
  const hunts = patterns.some((word) => word.value !== null && isSecretWord(word.value));
  const recursive =
    has(o, "r", "R", "recursive", "dereference-recursive") ||
    call.name === "rg" ||
    call.name === "ag" ||
    call.name === "ack";
  // Without files it reads the folder that it runs in; some read what is piped in instead.
  const readsFolder = has(o, "r", "R", "recursive", "dereference-recursive") || (recursive && call.stdin === null);
  if (files.length === 0 && readsFolder) effects.push(...reads(call, [literal(".")]));
  if (hunts) {
    const wide = files.find((word) => (recursive || word.glob) && isWide(place(call, word).zone));
    if (wide !== undefined) effects.push({ kind: "secret.read", via: call.name, secret: "search", from: wide.text });
  }
  const from = files.length === 0 ? call.stdin?.secret : null;
  if (typeof from === "string" && SEARCHED.has(from) && printsContent(o) && patterns.some(huntsVariable))
    effects.push({ kind: "secret.read", via: call.name, secret: "environment_variable", from });
  const secret = printsContent(o) ? (effects.find((effect) => effect.kind === "secret.read")?.secret ?? null) : null;
  if (files.length > 0) return result(effects, stream({ secret }));
  return result(effects, narrowed(call, o, patterns));
}

/** What holds secrets among much else: only a search for them reads one. */
const SEARCHED: ReadonlySet<string> = new Set(["environment", "shell_history", "terraform_output"]);

/** Whether a search through the environment looks for variables that hold secrets. */
function huntsVariable(word: Word): boolean {
  return word.value !== null && (isSecretWord(word.value) || /key|auth|cred|aws|pass|pwd/i.test(word.value));
}

function printsContent(o: Options): boolean {
  return !has(o, "q", "quiet", "c", "count", "l", "files-with-matches", "L");
}

function isWide(zone: string): boolean {
  return (
    zone === "root" ||
    zone === "home" ||
    zone === "in_home" ||
    zone === "others" ||
    zone === "system" ||
    zone === "outside"
  );
}

/** Lines that flow through a search: what they stand for is fewer, not other. */
function narrowed(call: ProgramCall, o: Options, patterns: readonly Word[]): ReturnType<typeof stream> {
  if (call.stdin === null) return stream();
  const { stdin } = call;
  const pattern = patterns[0]?.value ?? "";
  const plain = /^[\w.@-]{2,}$/.test(pattern) && !has(o, "v", "invert-match");
  const origin = stdin.origin !== null && plain ? stdin.origin.replace(/[^/]*$/, `*${pattern}*`) : stdin.origin;
  return stream({ secret: printsContent(o) ? stdin.secret : null, obfuscated: stdin.obfuscated, origin });
}
