// What a command may touch of the outside: two streams out, one in, the environment, and whether people are there.

import { styleFor, type Style } from "./style.ts";

/** The outside, as a command sees it. `out` is data (standard output), `err` is talk (standard error). */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Resolves when what was written to `out` has left, so that streams stay in constant memory. */
  readonly drained: () => Promise<void>;
  /** The reader of standard output is gone (`| head`): what is written is dropped. */
  readonly outClosed: () => boolean;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** A person can be asked: standard input and standard error are terminals. */
  readonly interactive: boolean;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal on standard output; 80 when there is none. */
  readonly columns: number;
  readonly outStyle: Style;
  readonly errStyle: Style;
}

/** The process's own streams. A closed pipe is not an error: the exit code stays the command's own. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  let closed = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    closed = true;
  });
  stderr.on("error", () => undefined);
  const stdoutIsTerminal = stdout.isTTY;
  const stderrIsTerminal = stderr.isTTY;
  return {
    out: (text) => {
      if (!closed) stdout.write(text);
    },
    err: (text) => {
      stderr.write(text);
    },
    drained: () => drained(stdout, () => closed),
    outClosed: () => closed,
    stdin: () => stdin,
    env,
    cwd: process.cwd(),
    get interactive(): boolean {
      return stdin.isTTY && stderrIsTerminal;
    },
    get stdinIsTerminal(): boolean {
      return stdin.isTTY;
    },
    stdoutIsTerminal,
    stderrIsTerminal,
    columns: stdoutIsTerminal && stdout.columns > 0 ? stdout.columns : 80,
    outStyle: styleFor(stdoutIsTerminal, env),
    errStyle: styleFor(stderrIsTerminal, env),
  };
}

function drained(stream: NodeJS.WriteStream, closed: () => boolean): Promise<void> {
  if (!stream.writableNeedDrain || closed()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("error", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("error", done);
    stream.on("close", done);
  });
}
