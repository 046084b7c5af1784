// Votes that are too few yet, kept beside the log for the approvers that come after: one file for each approver and
// request, `votes/<authorization_id>/<name>.json`. A vote is signed and bound to one request, so whoever can write there
// can add nothing; a file that is no vote is left out, and one that doesn't hold is refused by the runtime.

import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SignedVote } from "canopy-runtime";
import { requireFolder } from "canopy-runtime/owner-folder";
import { readRegular } from "canopy-runtime/regular-file";
import { parseApproval } from "canopy-runtime/votes";

const MOST_VOTES = 32;
const MOST_BYTES = 16_384;

/** The votes on one request. */
export class KeptVotes {
  readonly #folder: string;

  constructor(log: string, authorization_id: string) {
    this.#folder = join(`${log}.d`, "votes", authorization_id);
  }

  /** The votes of others than the holder of `key` that are not past their time. */
  of(key: string, now: string): readonly SignedVote[] {
    return this.#names()
      .flatMap((name) => readVote(join(this.#folder, name)))
      .filter(({ vote }) => vote.key !== key && vote.expires_at > now);
  }

  /** Keep a vote. An approver has one: a later one takes its place. Throws the system's error. */
  keep(signed: SignedVote): void {
    for (const folder of [dirname(this.#folder), this.#folder]) requireFolder(folder);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const name = createHash("sha256").update(signed.vote.key).digest("hex").slice(0, 32);
    // Whole or not at all, and never through a link that somebody put there.
    const path = join(this.#folder, `${name}.json`);
    const draft = `${path}.${randomBytes(6).toString("hex")}`;
    writeFileSync(draft, `${JSON.stringify(signed)}\n`, { mode: 0o600, flag: "wx" });
    renameSync(draft, path);
  }

  /** The request was answered. */
  forget(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(".json"))
        .sort()
        .slice(0, MOST_VOTES);
    } catch {
      return [];
    }
  }
}

function readVote(file: string): readonly SignedVote[] {
  try {
    return parseApproval({ votes: [JSON.parse(readRegular(file, MOST_BYTES).toString("utf8"))] }).votes;
  } catch {
    return [];
  }
}
