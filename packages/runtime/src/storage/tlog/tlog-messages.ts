// What the main thread and the worker that keeps a log's tree tell each other.

import type { LogPaths } from "../sidecar.ts";
import type { PreparedMeta } from "./tlog-writer.ts";

/** What the worker is started with. */
export interface TlogWorkerData {
  /** Of the home's own: what stands beside the log alone is nothing to sign for. */
  readonly paths: LogPaths;
  readonly origin: string;
  /** Verifier keys whose checkpoints count as this home's. */
  readonly vkeys: readonly string[];
  /** Whether bundles of entries are written. */
  readonly entries: boolean;
  readonly index: boolean;
  readonly heartbeatMs: number | null;
  /** One shared number: not 0 when work is to be given up. */
  readonly abort: Int32Array<SharedArrayBuffer>;
}

/** To the worker: answers to what it asked, a hint to look now, and the end. */
export type ToWorker =
  | { readonly kind: "appended"; readonly seq: number }
  | { readonly kind: "signed"; readonly note: string }
  | { readonly kind: "keys"; readonly vkeys: readonly string[] }
  | { readonly kind: "failed"; readonly problem: string }
  | { readonly kind: "nudge" }
  | { readonly kind: "close" };

/** From the worker: questions, each answered by one message, and news. */
export type FromWorker =
  | { readonly kind: "append"; readonly meta: PreparedMeta }
  | { readonly kind: "sign"; readonly text: string }
  | { readonly kind: "keys" }
  /** A checkpoint of that size was made; `nudge_at`: the seq from which on a nudge is wanted. */
  | { readonly kind: "checkpoint"; readonly note: string; readonly size: number; readonly nudge_at: number }
  /** Likewise, by another process. */
  | { readonly kind: "covered"; readonly size: number; readonly nudge_at: number }
  | { readonly kind: "problem"; readonly problem: string; readonly size: number }
  | { readonly kind: "closed" };
