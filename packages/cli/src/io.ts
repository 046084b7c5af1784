// What a command may touch of the outside: two streams out, one in, the environment, and whether people are there.
//
// Output is written synchronously to its file descriptor: what a slow reader has not taken holds the command back, so
// memory stays constant, nothing is lost at exit, and no stream machinery is loaded for a line of text.

import { styleFor, type Style } from "./style.ts";

// An import of node:fs would load all of it, its promises included, for two functions: 4 ms of a start.
const { fstatSync, statSync, writeSync } = process.getBuiltinModule("node:fs");

/** The outside, as a command sees it. `out` is data (standard output), `err` is talk (standard error). */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
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
  const { env } = process;
  const out = fileWriter(1);
  const err = fileWriter(2);
  const terminal = { in: lazy(() => isTerminal(0)), out: lazy(() => isTerminal(1)), err: lazy(() => isTerminal(2)) };
  const outStyle = lazy(() => styleFor(terminal.out(), env));
  const errStyle = lazy(() => styleFor(terminal.err(), env));
  return {
    out: out.write,
    err: err.write,
    outClosed: out.closed,
    stdin: () => process.stdin,
    env,
    cwd: process.cwd(),
    get interactive(): boolean {
      return terminal.in() && terminal.err();
    },
    get stdinIsTerminal(): boolean {
      return terminal.in();
    },
    get stdoutIsTerminal(): boolean {
      return terminal.out();
    },
    get stderrIsTerminal(): boolean {
      return terminal.err();
    },
    get columns(): number {
      return terminal.out() && process.stdout.columns > 0 ? process.stdout.columns : 80;
    },
    get outStyle(): Style {
      return outStyle();
    },
    get errStyle(): Style {
      return errStyle();
    },
  };
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

// Asking the stream loads the terminal's machinery, so what is plainly no terminal, or thrown away, is not asked.
function isTerminal(fd: 0 | 1 | 2): boolean {
  try {
    const status = fstatSync(fd);
    if (!status.isCharacterDevice() || status.rdev === nullDevice()) return false;
  } catch {
    return false;
  }
  const stream = fd === 0 ? process.stdin : fd === 1 ? process.stdout : process.stderr;
  return stream.isTTY;
}

function nullDevice(): number | null {
  return process.platform === "win32" ? null : statSync("/dev/null").rdev;
}

interface FileWriter {
  readonly write: (text: string) => void;
  readonly closed: () => boolean;
}

const PAUSE_MS = 5;

/** Writes whole texts; a reader that is gone makes it drop them, a full non-blocking pipe makes it wait. */
function fileWriter(fd: number): FileWriter {
  let closed = false;
  const write = (text: string): void => {
    const bytes = Buffer.from(text, "utf8");
    let at = 0;
    while (!closed && at < bytes.length) {
      try {
        at += writeSync(fd, bytes, at);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : null;
        if (code === "EAGAIN") pause();
        else if (code === "EPIPE" || code === "EBADF") closed = true;
        else throw error;
      }
    }
  };
  return { write, closed: () => closed };
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

/** Exit code of a command that a person or a program interrupted. */
const INTERRUPTED = 130;

/** End with 130 on SIGINT, at once: what is recorded is durable before it is answered, so nothing is half done. */
export function endOnInterrupt(): void {
  process.once("SIGINT", () => process.exit(INTERRUPTED));
}
