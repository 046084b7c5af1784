// Puts the parts together: what the terminal, the log and the desk report becomes events; the state that they make is
// painted; what the state asks for is done.

import { adviceText } from "canopy-runtime/errors";
import type { Style } from "../style.ts";
import { terminalText } from "../terminal-text.ts";
import type { LogData } from "./console-data.ts";
import type { Desk } from "./desk.ts";
import type { EntryFilter } from "./entry-filter.ts";
import { Painter, type Tone } from "./frame.ts";
import { frameOf } from "./layout.ts";
import type { ScanOrder, ScanReport } from "./scan-worker.ts";
import { initialState, wantedSearch, type Effect, type Linted, type State } from "./state.ts";
import { Terminal, type TerminalInput, type TerminalOutput } from "./terminal.ts";
import { update, type ConsoleEvent } from "./update.ts";

/** Reads the log elsewhere. */
export interface Scanning {
  readonly order: (order: ScanOrder) => void;
  readonly close: () => Promise<void>;
}

/** What a console works with. */
export interface ConsoleParts {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  readonly style: Style;
  readonly data: LogData;
  readonly desk: Desk;
  readonly scan: (tell: (report: ScanReport) => void, failed: (problem: string) => void) => Scanning;
  /** Told whom to call when something beside the log became known. */
  readonly onChange: (changed: () => void) => void;
  readonly lint: () => Promise<Linted>;
  /** Writes to a file by a command of these words; gives what to say. */
  readonly exportTo: (words: readonly string[], file: string) => Promise<string>;
}

/** News of the log is painted at most this often; keys at once. */
const NEWS_MS = 50;

/** Run the console until it is left; gives the exit code. */
export async function runConsole(parts: ConsoleParts): Promise<number> {
  const app = new ConsoleApp(parts);
  return app.run();
}

class ConsoleApp {
  readonly #parts: ConsoleParts;
  readonly #terminal: Terminal;
  readonly #painter: Painter;
  readonly #scanning: Scanning;
  readonly #ended: Promise<number>;
  #end: (code: number) => void = () => undefined;
  #state: State;
  #searched: EntryFilter | null = null;
  #searches = 0;
  #isPainting = false;
  #newsTimer: NodeJS.Timeout | null = null;

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
    this.#painter = new Painter(parts.style);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#terminal = new Terminal(parts.input, parts.output, {
      input: (event) => this.#happened(event),
      resize: (columns, rows) => this.#happened({ kind: "resize", columns, rows }),
      ended: (code) => this.#end(code),
    });
    parts.onChange(() => this.#happened({ kind: "data" }));
    const { columns, rows } = this.#terminal.size();
    this.#state = initialState(columns, rows, parts.desk.readOnly());
    this.#scanning = parts.scan(
      (report) => this.#reported(report),
      (problem) => this.#say(problem, "bad"),
    );
  }

  async run(): Promise<number> {
    this.#terminal.start();
    try {
      this.#paintSoon();
      return await this.#ended;
    } finally {
      this.#terminal.close();
      if (this.#newsTimer !== null) clearTimeout(this.#newsTimer);
      await this.#scanning.close();
      await this.#parts.desk.close();
    }
  }

  #happened(event: ConsoleEvent): void {
    const { state, effects } = update({ state: this.#state, data: this.#parts.data }, event, { now: Date.now() });
    this.#state = state;
    this.#searchWanted();
    for (const effect of effects) this.#do(effect);
    this.#paintSoon();
  }

  #reported(report: ScanReport): void {
    this.#parts.data.take(report);
    if (report.kind === "restart") this.#searched = null;
    this.#newsTimer ??= setTimeout(() => {
      this.#newsTimer = null;
      this.#happened({ kind: "data" });
    }, NEWS_MS);
  }

  // Several keys that came together are painted once.
  #paintSoon(): void {
    if (this.#isPainting) return;
    this.#isPainting = true;
    setImmediate(() => {
      this.#isPainting = false;
      this.#paint();
    });
  }

  #paint(): void {
    if (this.#terminal.isBehind()) {
      this.#parts.output.once("drain", () => this.#paintSoon());
      return;
    }
    const context = { state: this.#state, data: this.#parts.data };
    this.#terminal.write(this.#painter.paint(frameOf(context)));
    const { state } = update(context, { kind: "painted" }, { now: Date.now() });
    if (state === this.#state) return;
    this.#state = state;
    this.#paintSoon();
  }

  #searchWanted(): void {
    const wanted = wantedSearch(this.#state);
    if (wanted?.text === this.#searched?.text) return;
    this.#searched = wanted;
    this.#searches += 1;
    this.#parts.data.searching(this.#searches);
    this.#scanning.order({ kind: "search", id: this.#searches, filter: wanted });
  }

  #do(effect: Effect): void {
    const { desk, lint, exportTo } = this.#parts;
    switch (effect.kind) {
      case "quit":
        this.#end(0);
        return;
      case "suspend":
        this.#terminal.suspend();
        return;
      case "repaint":
        this.#painter.forget();
        return;
      case "verify":
        this.#scanning.order({ kind: "verify" });
        return;
      case "lint":
        void lint().then((linted) => this.#happened({ kind: "linted", linted }));
        return;
      case "open approval":
        void this.#openApproval(effect.authorization_id);
        return;
      case "vote":
        this.#work("signing and recording", () => desk.vote(effect), true);
        return;
      case "set switch":
        this.#work("recording", () => desk.setSwitch(effect), false);
        return;
      case "open incident":
        this.#work("recording", () => desk.openIncident(effect), false);
        return;
      case "update incident":
        this.#work("recording", () => desk.updateIncident(effect), false);
        return;
      case "export":
        this.#work("writing", () => exportTo(effect.words, effect.file), false);
        return;
      default:
        effect satisfies never;
    }
  }

  async #openApproval(authorization_id: string): Promise<void> {
    try {
      const request = await this.#parts.desk.request(authorization_id);
      this.#happened({ kind: "approval", authorization_id, request, problem: null });
    } catch (error) {
      this.#happened({ kind: "approval", authorization_id, request: null, problem: problemText(error) });
    }
  }

  #work(what: string, work: () => Promise<string>, back: boolean): void {
    this.#happened({ kind: "busy", what });
    work().then(
      (text) => this.#happened({ kind: "said", message: { text, tone: "good" }, back }),
      (error: unknown) => this.#say(problemText(error), "bad"),
    );
  }

  #say(text: string, tone: Tone): void {
    this.#happened({ kind: "said", message: { text, tone }, back: false });
  }
}

function problemText(error: unknown): string {
  const text = adviceText(error);
  return terminalText(text.split("\n", 1)[0] ?? "");
}
