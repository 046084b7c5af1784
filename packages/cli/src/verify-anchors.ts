// `canopy verify --anchor`: what is known of a log from elsewhere.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { knownFromAnchor, type KnownFromAnchor } from "canopy-runtime/anchors";
import { CanopyError } from "canopy-runtime/errors";
import { homeOf } from "canopy-runtime/home";
import { withSuccessors, type TrustSource } from "canopy-runtime/tlog";
import type { VerifyOptions } from "canopy-runtime/verify";
import type { Io } from "./io.ts";
import { trustOf, type ProofFlags } from "./proof-check.ts";

/** The flags that name anchors. */
export type AnchorFlags = Pick<ProofFlags, keyof ProofFlags> & { readonly anchor?: readonly string[] };

/** Options of `verifyLog`, and what to say of where they are from. */
export interface KnownLog {
  readonly options: Pick<VerifyOptions, "anchor" | "checkpoints">;
  readonly notes: readonly string[];
}

/**
 * Read the anchors that flags name; with keys to trust but no anchor, the checkpoint that stands beside the log.
 * Null when nothing is named.
 *
 * @throws {CanopyError} as `knownFromAnchor`; `USAGE`.
 */
export async function knownLog(io: Io, flags: AnchorFlags, log: string): Promise<KnownLog | null> {
  const trust = followed(resolve(io.cwd, log), await trustOf(io, flags));
  const given = flags.anchor ?? [];
  if (given.length === 0 && trust === null) return null;
  const names = given.length > 0 ? given : [besideLog(io, log)];
  const verifier = { cwd: io.cwd, home: homeOf(io.env, io.cwd), trust };
  const known = await Promise.all(names.map((name) => knownFromAnchor(name, verifier)));
  const heads = known.flatMap(({ head }) => head ?? []);
  const [head] = heads;
  if (heads.length > 1) throw new CanopyError("USAGE", "two heads are given as anchors: expected one");
  const isBeside = given.length === 0;
  const checkpoints = known.flatMap(({ checkpoints: kept, cosigned_by }) =>
    kept.map((one) => ({ ...one, isBeside: isBeside && cosigned_by.length === 0 })),
  );
  return {
    options: { checkpoints, ...(head === undefined ? {} : { anchor: head }) },
    notes: notesOn(known, given.length > 0),
  };
}

/** Whom the user trusts, and the keys that the log says have taken their place since. */
function followed(log: string, trust: TrustSource | null): TrustSource | null {
  if (trust === null || !("vkeys" in trust) || !existsSync(log)) return trust;
  return { vkeys: withSuccessors(log, trust.vkeys) };
}

function besideLog(io: Io, log: string): string {
  const folder = join(`${resolve(io.cwd, log)}.d`, "tlog");
  const found = ["cosigned", "checkpoint"].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CanopyError("FILE_UNUSABLE", `there is no checkpoint beside \`${log}\``, {
    fix: "give the checkpoint that you have with --anchor",
  });
}

function notesOn(known: readonly KnownFromAnchor[], isElsewhere: boolean): readonly string[] {
  const cosigners = [...new Set(known.flatMap(({ cosigned_by }) => cosigned_by))];
  if (cosigners.length > 0) return [`cosigned by ${cosigners.join(", ")}`];
  if (isElsewhere) return [];
  return [
    "the checkpoint stands beside the log: whoever has the log's keys could have rewritten both; give one kept elsewhere with --anchor",
  ];
}
