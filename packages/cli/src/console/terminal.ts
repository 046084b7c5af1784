// The terminal, taken over and given back: another screen, every key at once, the mouse. However the process ends or is
// suspended, the terminal is left as it was found.

import type { Readable, Writable } from "node:stream";
import { parseInput, type InputEvent } from "./key-input.ts";

/** A terminal's input. */
export type TerminalInput = Readable & { readonly setRawMode?: (raw: boolean) => unknown };
/** A terminal's output. */
export type TerminalOutput = Writable & { readonly columns?: number; readonly rows?: number };

/** What is told while the terminal is held. */
export interface TerminalHandlers {
  readonly input: (event: InputEvent) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** The terminal is gone, or the process was asked to end: the exit code. */
  readonly ended: (code: number) => void;
}

// Another screen; no wrapping, so that no row can push another; mouse buttons and wheel; pasted text told apart.
const ENTER = "\u001b[?1049h\u001b[?7l\u001b[?1000h\u001b[?1006h\u001b[?2004h\u001b[?25l";
const LEAVE = "\u001b[?2004l\u001b[?1006l\u001b[?1000l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l";
/** How long the rest of a key's sequence may take; then an escape is the escape key. */
const ESCAPE_MS = 40;
const ENDING: readonly (readonly [NodeJS.Signals, number])[] = [
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGQUIT", 131],
];

/** Holds a terminal. */
export class Terminal {
  readonly #input: TerminalInput;
  readonly #output: TerminalOutput;
  readonly #handlers: TerminalHandlers;
  readonly #undo: (() => void)[] = [];
  #rest = "";
  #timer: NodeJS.Timeout | null = null;
  #isHeld = false;

  constructor(input: TerminalInput, output: TerminalOutput, handlers: TerminalHandlers) {
    this.#input = input;
    this.#output = output;
    this.#handlers = handlers;
  }

  /** Columns and rows; 80 and 24 when the terminal doesn't say. */
  size(): { readonly columns: number; readonly rows: number } {
    const { columns = 0, rows = 0 } = this.#output;
    return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
  }

  /** Take the terminal over. */
  start(): void {
    const onData = (chunk: string): void => this.#take(chunk);
    const onEnd = (): void => this.#handlers.ended(0);
    const onResize = (): void => {
      const { columns, rows } = this.size();
      this.#handlers.resize(columns, rows);
    };
    this.#input.setEncoding("utf8");
    this.#listen(this.#input, "data", onData);
    this.#listen(this.#input, "end", onEnd);
    this.#listen(this.#input, "error", onEnd);
    this.#listen(this.#output, "resize", onResize);
    this.#listen(this.#output, "error", onEnd);
    for (const [signal, code] of ENDING) this.#listen(process, signal, () => this.#handlers.ended(code));
    this.#listen(process, "exit", () => this.#leave());
    // Before Node prints what was thrown: on the other screen nobody would see it.
    this.#listen(process, "uncaughtExceptionMonitor", () => this.#leave());
    if (process.platform !== "win32") {
      this.#listen(process, "SIGTSTP", () => this.#stop());
      this.#listen(process, "SIGCONT", () => this.#resume(onResize));
    }
    this.#enter();
  }

  /** Write to the terminal. */
  write(text: string): void {
    if (this.#isHeld && text !== "") this.#output.write(text);
  }

  /** Whether what was written has not been taken yet: more would only be late. */
  isBehind(): boolean {
    return this.#output.writableNeedDrain;
  }

  /** Go to the background, as Ctrl-Z does to other programs: the whole job, so that its shell notices. */
  suspend(): void {
    if (process.platform === "win32") return;
    process.kill(0, "SIGTSTP");
  }

  /** Give the terminal back. */
  close(): void {
    this.#leave();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const undo of this.#undo.splice(0)) undo();
    this.#input.pause();
  }

  #listen(from: NodeJS.EventEmitter, name: string, listener: (...values: never[]) => void): void {
    const call = (...values: unknown[]): void => Reflect.apply(listener, undefined, values);
    from.on(name, call);
    this.#undo.push(() => from.off(name, call));
  }

  #enter(): void {
    this.#isHeld = true;
    this.#input.setRawMode?.(true);
    this.#input.resume();
    this.#output.write(ENTER);
  }

  #leave(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    try {
      this.#input.setRawMode?.(false);
      this.#output.write(LEAVE);
    } catch {
      // The terminal is gone: there is nothing to give back.
    }
  }

  #stop(): void {
    this.#leave();
    process.kill(process.pid, "SIGSTOP");
  }

  #resume(repaint: () => void): void {
    // Whoever went on with us may have changed the terminal meanwhile, so its mode is set anew either way.
    this.#input.setRawMode?.(false);
    this.#enter();
    repaint();
  }

  #take(chunk: string): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { events, rest } = parseInput(this.#rest + chunk);
    this.#rest = rest;
    for (const event of events) this.#handlers.input(event);
    if (rest === "") return;
    this.#timer = setTimeout(() => {
      this.#rest = "";
      for (const event of parseInput(rest, true).events) this.#handlers.input(event);
    }, ESCAPE_MS);
  }
}
