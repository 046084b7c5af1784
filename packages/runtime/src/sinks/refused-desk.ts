// What one sink's receiver refused: set aside, and sent again when an operator asks for it.

import { errorText } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { FileSystem } from "../storage/file-system.ts";
import type { LogPaths } from "../storage/sidecar.ts";
import { hashOfLine, tryParseAnyEntry } from "../storage/parse-entry.ts";
import type { DurableLines } from "./durable-lines.ts";
import type { SinkRecord } from "./formats/sink-record.ts";
import { addRefused, keepRefused, readRefused, refusedPath, type RefusedEntry } from "./refused-entries.ts";
import { isRefusal, type SinkSender } from "./sink-sender.ts";

/** Entries that are sent again before their file is written anew: as many come twice after a crash. */
const AT_A_TIME = 100;

/** What the desk of a sink works with. */
export interface RefusedDeskOptions {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly name: string;
  readonly lines: DurableLines;
  readonly sender: SinkSender;
  readonly now: () => number;
}

/** What became of entries that were to be sent again. */
export interface Resent {
  /** Entries that were worked off; 0: none were to be sent again. */
  readonly entries: number;
  /** `seq` of those that are in no file of the log any more. */
  readonly gone: readonly number[];
  /** What kept the rest from being sent; null when nothing did. */
  readonly error: unknown;
}

/** Keeps what a receiver refused. Only the process that feeds the sink uses it. */
export class RefusedDesk {
  readonly #options: RefusedDeskOptions;

  constructor(options: RefusedDeskOptions) {
    this.#options = options;
  }

  /** Set an entry aside; durable when it returns. Throws the system's error. */
  setAside(entry: Pick<RefusedEntry, "id" | "seq" | "segment" | "offset">, error: unknown): void {
    const { fs, paths, name, now } = this.#options;
    const at = new Date(now()).toISOString();
    addRefused(fs, refusedPath(paths, name, "refused"), { ...entry, at, error: errorText(error) });
  }

  /**
   * Send again what is to be sent again, one by one; what is refused once more is set aside once more. `sent` hears the
   * sink's memory after each. Throws the system's error.
   */
  async sendAgain(memory: JsonObject, sent: (memory: JsonObject) => void): Promise<Resent> {
    const { fs, paths, name } = this.#options;
    const path = refusedPath(paths, name, "again");
    if (fs.statusAt(path) === null) return { entries: 0, gone: [], error: null };
    const all = readRefused(fs, path);
    const gone: number[] = [];
    let known = memory;
    let done = 0;
    let trouble: unknown = null;
    for (const entry of all.slice(0, AT_A_TIME)) {
      const record = this.#find(entry);
      try {
        if (record === null) gone.push(entry.seq);
        else sent((known = await this.#options.sender.send([record], known)));
      } catch (error) {
        if (!isRefusal(error)) {
          trouble = error;
          break;
        }
        this.setAside(entry, error);
      }
      done += 1;
    }
    keepRefused(fs, path, all.slice(done));
    return { entries: done, gone, error: trouble };
  }

  #find({ segment, offset, seq, id }: RefusedEntry): SinkRecord | null {
    const { lines, sender } = this.#options;
    const head = lines.head();
    if (head === null) return null;
    const found = lines.peek({ segment, offset, seq: Math.max(0, seq - 1), hash: "" }, head);
    if (found === null) return null;
    const record = sender.record(found);
    // An entry says its own id: only its hash, made anew, shows that it is the one that was set aside.
    const isTrue = typeof tryParseAnyEntry(found)?.["entry_hash"] !== "string" || hashOfLine(found) === id;
    return record.id === id && isTrue ? record : null;
  }
}
