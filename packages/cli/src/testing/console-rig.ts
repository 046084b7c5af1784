// A console without a terminal: a log in a file, read step by step, and keys as text. What it shows is plain text.

import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LineStanding } from "canopy-runtime/log-reader";
import { LogData, type ShownRecord } from "../console/console-data.ts";
import { plainFrame } from "../console/frame.ts";
import { parseInput } from "../console/key-input.ts";
import { frameOf } from "../console/layout.ts";
import { LogScanner } from "../console/log-scanner.ts";
import { initialState, wantedSearch, type Effect, type State } from "../console/state.ts";
import { update, type ConsoleEvent } from "../console/update.ts";

/** How a rig differs from the usual: 80×24, keys, and nothing to decrypt. */
export interface RigOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly read_only?: string | null;
  readonly record?: () => ShownRecord;
  readonly standing?: (line: string) => LineStanding;
  readonly now?: string;
}

/** A log and a console on it. */
export class ConsoleRig {
  readonly log: string;
  readonly data: LogData;
  readonly #scanner: LogScanner;
  #searches = 0;
  #searched = "";
  /** Milliseconds, moved on by a second with each event: nobody types faster than a question can be read. */
  now = 1_000_000;
  state: State;
  /** What the shell was asked to do, oldest first. */
  readonly effects: Effect[] = [];

  constructor(folder: string, options: RigOptions = {}) {
    this.log = join(folder, "audit.log");
    const record = options.record ?? ((): ShownRecord => ({ missing: "" }));
    this.data = new LogData("audit.log", { record, standing: options.standing ?? (() => "entry") });
    const now = options.now ?? "2026-03-01T12:00:00.000Z";
    this.#scanner = new LogScanner(
      this.log,
      (news) => {
        this.data.take(news);
        if (news.kind === "restart") this.#searched = "";
      },
      () => now,
    );
    this.state = initialState(options.columns ?? 80, options.rows ?? 24, options.read_only ?? null);
  }

  /** Write the log anew. */
  write(lines: readonly (object | string)[]): void {
    writeFileSync(this.log, linesText(lines));
  }

  /** Append to the log. */
  append(lines: readonly (object | string)[]): void {
    appendFileSync(this.log, linesText(lines));
  }

  /** Read what there is to read, to the beginning of the log. */
  read(): this {
    this.#scanner.poll();
    while (this.#scanner.step());
    this.#scanner.tellSummary(true);
    return this.happen({ kind: "data" });
  }

  /** Let something happen, and show it. */
  happen(event: ConsoleEvent): this {
    this.now += 1000;
    return this.#update(event).#update({ kind: "painted" });
  }

  #update(event: ConsoleEvent): this {
    const { state, effects } = update({ state: this.state, data: this.data }, event, { now: this.now });
    this.state = state;
    this.effects.push(...effects);
    this.#search();
    return this;
  }

  /** Type. Sequences of special keys are as a terminal sends them. */
  type(text: string): this {
    for (const event of parseInput(text, true).events) this.happen(event);
    return this;
  }

  /** Type so fast that only what comes of all of it is shown. */
  burst(text: string): this {
    for (const event of parseInput(text, true).events) this.#update(event);
    return this.#update({ kind: "painted" });
  }

  /** The screen as plain text. */
  screen(): string {
    return plainFrame(frameOf({ state: this.state, data: this.data }));
  }

  close(): void {
    this.#scanner.close();
  }

  #search(): void {
    const wanted = wantedSearch(this.state);
    if ((wanted?.text ?? "") === this.#searched) return;
    this.#searched = wanted?.text ?? "";
    this.#searches += 1;
    this.data.searching(this.#searches);
    this.#scanner.search(this.#searches, wanted);
    while (this.#scanner.step());
  }
}

function linesText(lines: readonly (object | string)[]): string {
  return lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
}
