// One step of a log's tree: an entry, then the checkpoint that it lies in. Under the tree's lock, so that one of all
// processes takes it; the others see it done.

import type { LogLock } from "../log-lock.ts";
import type { PreparedMeta, TlogWriter } from "./tlog-writer.ts";

/** What a step asks of whoever holds the log and the key. */
export interface StepHost {
  /** Append the entry before the checkpoint; gives its `seq` once it is durable. */
  append(meta: PreparedMeta): Promise<number>;
  /** Sign a checkpoint's text; gives the whole note. */
  sign(text: string): Promise<string>;
}

/** What a step is taken for. */
export interface StepWanted {
  /** A checkpoint is wanted though nothing is new. Default false. */
  readonly heartbeat?: boolean;
  /** All entries are to be covered, however many wait: it is the last step for now. Default true. */
  readonly whole?: boolean;
}

/** How a step went: the note that was written, or why there is none. */
export type StepResult = { readonly note: string } | { readonly note: null; readonly why: "busy" | "nothing new" };

/**
 * Take a step, if something calls for it and no other process is at it. Throws as `TlogWriter.begin` and the host; then
 * the writer begins anew from the disk.
 */
export async function takeStep(
  writer: TlogWriter,
  lock: LogLock,
  host: StepHost,
  wanted: StepWanted = {},
): Promise<StepResult> {
  if (!lock.tryAcquire()) return { note: null, why: "busy" };
  try {
    const isLast = wanted.whole ?? true;
    const meta = writer.begin(wanted.heartbeat ?? false, isLast);
    if (meta === null) {
      if (isLast) writer.rest();
      return { note: null, why: "nothing new" };
    }
    const seq = await host.append(meta);
    const note = await host.sign(writer.seal(seq));
    writer.publish(note);
    if (isLast) writer.rest();
    return { note };
  } catch (error) {
    writer.reset();
    throw error;
  } finally {
    lock.release();
  }
}
