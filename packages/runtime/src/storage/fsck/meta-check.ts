// The entries before checkpoints against the log that they speak of: what they cover, count and follow.

import { counted } from "../../core/counted.ts";
import { tryParseAnyEntry } from "../parse-entry.ts";
import { CHECKPOINT_META, parseCheckpointMeta, type CheckpointMeta } from "../tlog/checkpoint-meta.ts";
import type { LogLines } from "../tlog/log-lines.ts";
import type { LogTally } from "../tlog/log-tally.ts";
import type { DecisionCounts } from "../tlog/tlog-state.ts";
import type { ProblemBook } from "./fsck-report.ts";

interface Said {
  readonly place: string;
  readonly meta: CheckpointMeta;
}

/** What the log's `checkpoint_meta` entries claim, to be compared as the lines come by. */
export class MetaCheck {
  readonly #problems: ProblemBook;
  readonly #byCovered = new Map<number, Said[]>();
  readonly #byPrevious = new Map<number, Said[]>();
  /** How many there are. */
  count = 0;

  /** Collects them. Cost: a search through the log. */
  constructor(lines: LogLines, problems: ProblemBook) {
    this.#problems = problems;
    let covered = 0;
    for (const { index, bytes } of lines.lines(lines.first)) {
      if (!bytes.includes(CHECKPOINT_META)) continue;
      const entry = tryParseAnyEntry(bytes.toString("utf8"));
      if (entry === null || entry["event"] !== CHECKPOINT_META || entry["action_type"] !== "ledger") continue;
      const place = `entry of index ${index}`;
      const meta = parseCheckpointMeta(entry);
      this.count += 1;
      if (meta === null) {
        problems.add("meta_form", place, "its members are not those of such an entry");
        continue;
      }
      if (meta.covered_entries < covered || meta.covered_entries > index) {
        problems.add(
          "meta_covered",
          place,
          `it covers ${counted(meta.covered_entries, "entry", "entries")}: expected ${covered} to ${index}`,
        );
        continue;
      }
      covered = meta.covered_entries;
      put(this.#byCovered, covered, { place, meta });
      if (meta.previous_checkpoint !== null) put(this.#byPrevious, meta.previous_checkpoint.size, { place, meta });
    }
  }

  /** The tree has that size now. `root` is asked only where an entry speaks of it. */
  at(size: number, tally: LogTally, root: () => string): void {
    for (const { place, meta } of this.#byCovered.get(size) ?? []) {
      const { decisions, policy_hash } = tally;
      if (!isSameCounts(meta.decisions, decisions) || meta.policy_hash !== policy_hash) {
        this.#problems.add(
          "meta_counts",
          place,
          `the first ${counted(size, "entry", "entries")} have other decisions, or another policy in force`,
        );
      }
    }
    const previous = this.#byPrevious.get(size) ?? [];
    if (previous.length === 0) return;
    const found = root();
    for (const { place, meta } of previous) {
      if (meta.previous_checkpoint?.root === found) continue;
      this.#problems.add(
        "meta_previous",
        place,
        `the tree of ${counted(size, "entry", "entries")} has another root than the checkpoint it names`,
      );
    }
    this.#byPrevious.delete(size);
  }

  /** The end of the log. */
  finish(): void {
    for (const [size, said] of this.#byPrevious) {
      for (const { place } of said) {
        this.#problems.add(
          "meta_previous",
          place,
          `it names a checkpoint of ${counted(size, "entry", "entries")}, which the log never reached`,
        );
      }
    }
  }
}

function isSameCounts(a: DecisionCounts, b: DecisionCounts): boolean {
  return a.ALLOW === b.ALLOW && a.DENY === b.DENY && a.REQUIRE_APPROVAL === b.REQUIRE_APPROVAL;
}

function put(map: Map<number, Said[]>, at: number, said: Said): void {
  const list = map.get(at);
  if (list === undefined) map.set(at, [said]);
  else list.push(said);
}
