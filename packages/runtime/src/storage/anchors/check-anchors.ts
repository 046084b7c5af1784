// Opening a log: is it what its anchors keep a checkpoint of? All are asked at once; the tree is looked at only when one
// has something to say.

import { counted } from "../../core/counted.ts";
import { CanopyError, errorText } from "../../core/errors.ts";
import type { EntryDraft } from "../../ledger/ports.ts";
import { systemEntry, timestampOf } from "../system-entry.ts";
import { acceptedEntry, conflictError, type AcceptedRollback, type AnchorConflict } from "./anchor-conflict.ts";
import type { AnchorMemory, AnchorRecord } from "./anchor-memory.ts";
import type { AnchoredLog } from "./anchor-target.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { cosignedConflict } from "./cosigned-note.ts";
import { judgeKept, keptBy, type KeptByAnchor } from "./kept-by-anchor.ts";
import type { LogTree } from "./standing.ts";

/** What opening asks of the anchors. */
export interface AnchorCheck {
  readonly path: string;
  readonly origin: string;
  readonly log: AnchoredLog;
  readonly anchors: readonly CheckpointAnchor[];
  readonly memory: AnchorMemory;
  /** How many of those that can be asked must answer. Folders must in any case. */
  readonly required: number;
  readonly accepted: AcceptedRollback | null;
  /** What this home itself remembers of the log's checkpoints, where its word is to be overruled; else null. */
  readonly own: CheckpointAnchor | null;
  /** Size of the log's `proofs.jsonl`. */
  readonly proofsBytes: number;
  readonly nowMs: number;
  /** The checkpoint that log witnesses cosigned last, where any are asked; null: none is kept. */
  readonly cosigned: string | null;
}

/** What opening learned. */
export interface AnchorsChecked {
  /** Entries to record. */
  readonly entries: readonly EntryDraft[];
  /** Anchors whose note is to be replaced by the next checkpoint, by name. */
  readonly replace: ReadonlyMap<string, { readonly kept: string | null }>;
}

interface Asked extends KeptByAnchor {
  readonly anchor: CheckpointAnchor;
  /** What this home remembered of it before it was asked: others may publish in between. */
  readonly known: AnchorRecord;
  readonly error: string | null;
}

/**
 * Compare a log with what its anchors keep.
 *
 * Log witnesses aren't asked, they can't be: the newest checkpoint that they cosigned stands for them.
 *
 * Cost: one question to each anchor, at once; with an answer, one root of the tree for each.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when it was rolled back, forked, or an anchor was emptied, and that was not
 * accepted; `LEDGER_UNAVAILABLE` when fewer anchors answered than must.
 */
export async function checkAnchors(check: AnchorCheck): Promise<AnchorsChecked> {
  const asked = await askAll(check.anchors, check);
  const answers = await judgeAll(asked, check);
  const own = check.own === null ? [] : await judgeAll(await askAll([check.own], check), check);
  const entries: EntryDraft[] = [];
  const replace = new Map<string, { readonly kept: string | null }>();
  for (const { anchor, note, conflict } of [...own, ...answers]) {
    if (conflict === null) continue;
    entries.push(accepted(conflict, check));
    replace.set(anchor.name, { kept: note });
  }
  const cosigned = await cosignedConflict(check.cosigned, check.log, check.path);
  if (cosigned !== null) entries.push(accepted(cosigned, check));
  mustBeEnough(answers, check);
  for (const answer of answers) entries.push(...(await noteOutage(answer, check)));
  return { entries, replace };
}

/** The entry that a conflict was accepted. Throws `LEDGER_REFUSED` when it wasn't. */
function accepted(conflict: AnchorConflict, check: AnchorCheck): EntryDraft {
  if (check.accepted === null || !check.accepted.anchors.includes(conflict.anchor))
    throw conflictError(check.path, conflict);
  const as = { accepted_reason: check.accepted.reason, proofs_bytes: check.proofsBytes };
  return acceptedEntry(conflict, as, check.nowMs);
}

interface Answer extends Asked {
  readonly conflict: AnchorConflict | null;
}

function askAll(anchors: readonly CheckpointAnchor[], check: AnchorCheck): Promise<readonly Asked[]> {
  return Promise.all(anchors.filter(({ isReadable }) => isReadable).map((one) => ask(one, check)));
}

async function ask(anchor: CheckpointAnchor, { memory, origin }: AnchorCheck): Promise<Asked> {
  const known = await memory.read(anchor.name);
  try {
    return { anchor, known, ...(await keptBy(anchor, origin)), error: null };
  } catch (error) {
    return { anchor, known, note: null, older: [], error: errorText(error) };
  }
}

async function judgeAll(asked: readonly Asked[], check: AnchorCheck): Promise<readonly Answer[]> {
  let tree: LogTree | null = null;
  const answers: Answer[] = [];
  try {
    for (const one of asked) {
      if (one.note === null) answers.push({ ...one, conflict: one.error === null ? setBack(one, 0) : null });
      else {
        tree ??= await check.log.openTree();
        answers.push(judge(one, one.note, check, tree));
      }
    }
  } finally {
    tree?.close();
  }
  return answers;
}

function judge(asked: Asked, note: string, check: AnchorCheck, tree: LogTree): Answer {
  try {
    const kept = { note, older: asked.older };
    const { checkpoint, conflict } = judgeKept(asked.anchor.name, kept, check.log.openNote, tree);
    return { ...asked, conflict: conflict ?? setBack(asked, checkpoint.size) };
  } catch (error) {
    return { ...asked, conflict: null, error: errorText(error) };
  }
}

/** Whether an anchor keeps less than this home gave it. */
function setBack({ anchor, known }: Asked, size: number): AnchorConflict | null {
  if (known.size <= size) return null;
  const what = { anchor_size: known.size, kept_size: size, anchor_root: null, log_size: null, log_root: null };
  return { anchor: anchor.name, standing: "set_back", ...what };
}

function mustBeEnough(answers: readonly Answer[], { path, required }: AnchorCheck): void {
  const answered = answers.filter(({ error }) => error === null).length;
  const missing = answers.find(
    ({ anchor, error }) => error !== null && (anchor.kind === "folder" || answered < required),
  );
  if (missing === undefined && answered >= required) return;
  const why = missing === undefined ? `${answered} of ${counted(required, "anchor")} can be asked` : missing.error;
  throw new CanopyError("LEDGER_UNAVAILABLE", `the log \`${path}\` can't be compared with its anchors: ${why}`, {
    at: path,
    fix: "see that the anchor can be reached; or change `anchors` or `anchors_required` in the configuration",
  });
}

/** The entry of an outage that is not recorded yet. */
async function noteOutage({ anchor, error, known }: Answer, check: AnchorCheck): Promise<readonly EntryDraft[]> {
  if (error === null || known.recorded) return [];
  const since = known.failing_since ?? new Date(check.nowMs).toISOString();
  await check.memory.write({ ...known, failing_since: since, error, recorded: true });
  return [unreachableEntry({ anchor: anchor.name, error, since, size: known.size }, check.nowMs)];
}

/** What is told of an outage. */
export interface Outage {
  readonly anchor: string;
  readonly error: string;
  readonly since: string;
  /** Size of the newest checkpoint that it has. */
  readonly size: number;
}

/** The entry of an outage. */
export function unreachableEntry({ anchor, error, since, size }: Outage, nowMs: number): EntryDraft {
  const reason = "an anchor can't be reached; the log goes on, and the anchor is behind until it can be";
  const entry = systemEntry("anchor_unreachable", timestampOf(nowMs), reason);
  return { ...entry, severity: "medium", anchor, error, since, anchor_size: size };
}
