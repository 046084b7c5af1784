// `canopy audit query LOG --trace ID` with plain words, without the parser: looking up a trace is what people and scripts
// do again and again. Anything else is left to the parser. Bundled as quick-verify.ts is: it imports nothing large.

import { homeOf } from "canopy-runtime/home";
import { LogReader } from "canopy-runtime/log-reader";
import { FORMATS, showAll, showNewest, type Format } from "./audit/entry-formats.ts";
import { noShortfall, noteUnusable, sayShortfall } from "./audit/shortfall.ts";
import { endOnInterrupt, processIo, type Io } from "./io.ts";

/** Run `canopy audit query` with these words and end the process with its exit code. */
export async function startQuery(words: readonly string[]): Promise<void> {
  const plain = plainQuery(words);
  if (plain === null) {
    const { runProcess } = await import("./run-cli.ts");
    await runProcess(["audit", "query", ...words]);
    return;
  }
  const io = processIo();
  endOnInterrupt();
  // As in quick-verify.ts: everything is written by now.
  process.exit(await exitOf(io, plain));
}

async function exitOf(io: Io, plain: PlainQuery): Promise<number> {
  try {
    return runQuery(io, plain);
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    return reportError(io, error, plain.isJson);
  }
}

function runQuery(io: Io, { path, trace, format }: PlainQuery): number {
  const shortfall = noShortfall();
  const reader = LogReader.open(path, {
    home: homeOf(io.env, io.cwd),
    unusable: (line) => noteUnusable(shortfall, line),
  });
  const filter = { trace_id: trace };
  try {
    if (format === "table") showNewest(io, (limit) => reader.newest(limit, filter), undefined);
    else showAll(io, reader.query(filter), format);
  } finally {
    reader.close();
  }
  return sayShortfall(io, shortfall) ? 1 : 0;
}

interface PlainQuery {
  readonly path: string;
  readonly trace: string;
  readonly format: Format;
  readonly isJson: boolean;
}

/** What plain words ask for, or null when they are not plain. */
function plainQuery(words: readonly string[]): PlainQuery | null {
  let path: string | undefined;
  let trace: string | undefined;
  let format: Format | undefined;
  let isJson = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const next = words[at + 1] ?? "-";
    if (word === "--json" && !isJson) isJson = true;
    else if (word === "--trace" && trace === undefined && isPlain(next)) trace = words[(at += 1)];
    else if (word === "--format" && format === undefined && FORMATS.some((each) => each === next)) {
      format = FORMATS.find((each) => each === next);
      at += 1;
    } else if (isPlain(word) && path === undefined) path = word;
    else return null;
  }
  if (path === undefined || trace === undefined) return null;
  return { path, trace, format: isJson ? "ndjson" : (format ?? "table"), isJson };
}

function isPlain(word: string): boolean {
  return word !== "" && !word.startsWith("-");
}
