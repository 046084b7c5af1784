// Anchors: places outside the log's own folder that keep its newest checkpoint, so that a log that was cut, forked or
// rewritten as a whole is found out, also by someone who holds all its keys.

/** A place that keeps the newest checkpoint of a log. What it can't do in its time rejects with `ANCHOR_UNAVAILABLE`. */
export interface CheckpointAnchor {
  /** As it was configured; a password is left out. */
  readonly name: string;
  /** What it is, for what differs by kind: whether it must answer, what can be done about it. */
  readonly kind: AnchorKind;
  /** Whether it can be asked. One that can't is told of each checkpoint, for whoever reads it later. */
  readonly isReadable: boolean;
  /**
   * Keep a checkpoint, unless a later one, or another of the same size, is kept already: then nothing changes and that
   * one is given instead of null. Two that publish at once can't both win (compare and swap).
   */
  publish(note: string): Promise<string | null>;
  /** The newest checkpoint of that origin; null when there is none, or none that can be asked for. Its signature is not checked here. */
  newest(origin: string): Promise<string | null>;
  /** Every checkpoint of that origin that it still keeps, where it keeps more than the newest. Signatures are not checked here. */
  all?(origin: string): Promise<readonly string[]>;
  /**
   * Put a checkpoint in the place of `kept`, also an older one: a rollback was accepted. What was kept stays aside
   * where that is possible. Throws `ANCHOR_UNAVAILABLE` when another than `kept` stands there.
   */
  replace(kept: string | null, note: string): Promise<void>;
  /** Let go of connections. */
  close(): void;
}

/** The kinds of anchor. */
export type AnchorKind = "folder" | "http" | "syslog";

/** The largest checkpoint that is read from an anchor, in bytes: cosignatures of many log witnesses fit. */
export const MAX_NOTE_BYTES = 65_536;
