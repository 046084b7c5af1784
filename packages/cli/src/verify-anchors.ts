// `canopy verify --anchor`: what is known of a log from elsewhere.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { knownFromAnchor, type KnownFromAnchor, type Verifier } from "canopy-runtime/anchors";
import { CanopyError } from "canopy-runtime/errors";
import { homeOf } from "canopy-runtime/home";
import type { VerifyOptions } from "canopy-runtime/verify";
import type { Io } from "./io.ts";
import { trustOf, type ProofFlags } from "./proof-check.ts";

/** The flags that name anchors. */
export type AnchorFlags = Pick<ProofFlags, keyof ProofFlags> & { readonly anchor?: readonly string[] };

/** Options of `verifyLog`, and what to say of where they are from. */
export interface KnownLog {
  readonly options: Pick<VerifyOptions, "anchor" | "checkpoints">;
  readonly notes: readonly string[];
  /** Why an anchor doesn't count: no key that is trusted vouches for what it keeps. Null when all do. */
  readonly untrusted: string | null;
}

/**
 * Read the anchors that flags name; with keys to trust but no anchor, the checkpoint that stands beside the log.
 * Null when nothing is named.
 *
 * @throws {CanopyError} as `knownFromAnchor`; `USAGE`.
 */
export async function knownLog(io: Io, flags: AnchorFlags, log: string): Promise<KnownLog | null> {
  const trust = await trustOf(io, flags);
  const path = resolve(io.cwd, log);
  const given = flags.anchor ?? [];
  if (given.length === 0 && trust === null) return null;
  const names = given.length > 0 ? given : [besideLog(io, log)];
  const verifier = { cwd: io.cwd, home: homeOf(io.env, io.cwd), trust, log: existsSync(path) ? path : null };
  const asked = await Promise.all(names.map((name) => knownOrWhyNot(name, verifier)));
  const known = asked.flatMap((one) => (typeof one === "string" ? [] : one));
  const untrusted = asked.map((one, index) => whyNot(one, names[index] ?? "")).find((why) => why !== null) ?? null;
  const heads = known.flatMap(({ head }) => head ?? []);
  const [head] = heads;
  if (heads.length > 1) throw new CanopyError("USAGE", "two heads are given as anchors: expected one");
  const isBeside = given.length === 0;
  const checkpoints = known.flatMap(({ checkpoints: kept, cosigned_by }) =>
    kept.map((one) => ({ ...one, isBeside: one.isBeside === true || (isBeside && cosigned_by.length === 0) })),
  );
  return {
    options: { checkpoints, ...(head === undefined ? {} : { anchor: head }) },
    notes: notesOn(known, given.length > 0 || untrusted !== null),
    untrusted,
  };
}

/** What an anchor says; or, in words, that no key that is trusted vouches for it: the log itself may still be broken. */
async function knownOrWhyNot(name: string, verifier: Verifier): Promise<KnownFromAnchor | string> {
  try {
    return await knownFromAnchor(name, verifier);
  } catch (error) {
    if (error instanceof CanopyError && error.code === "NOT_TRUSTED") return `${name}: ${error.message}`;
    throw error;
  }
}

function whyNot(known: KnownFromAnchor | string, name: string): string | null {
  if (typeof known === "string") return known;
  return known.untrusted === null ? null : `${name}: ${known.untrusted}`;
}

function stepText({ old, new: fresh, index }: KnownFromAnchor["rotations"][number]): string {
  return `the key ${fresh} is trusted by the word of ${old} in entry ${index + 1}: a thief of that key could have given it`;
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
  const steps = new Set([
    ...known.flatMap(({ rotations }) => rotations.map(stepText)),
    ...known.flatMap(({ uncounted }) => uncounted.map((why) => `not counted: ${why}`)),
  ]);
  if (cosigners.length > 0) return [...steps, `cosigned by ${cosigners.join(", ")}`];
  if (isElsewhere) return [...steps];
  return [
    ...steps,
    "the checkpoint stands beside the log: whoever has the log's keys could have rewritten both; give one kept elsewhere with --anchor",
  ];
}
