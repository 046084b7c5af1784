// Labels that follow data: what an action reads gives its session the labels of what was read, and what a session with
// labels writes gets them too.
//
//   read      fs.read, an entry that is moved, and a file changed in place; a secret, by a label's effect tests
//   labelled  by a pattern of the policy, or because a session with the label wrote it, or a folder around it
//   written   fs.write: the place, and all that lies below it
//
// Places are those that effects resolved: links and other spellings are followed. A read that can't be placed has every
// label. A write that can't be placed is refused to a session with labels: nobody could tell later what it held.

import type { Effect, PathTarget } from "../../effects/effect.ts";
import type { Surroundings } from "../../effects/surroundings.ts";
import { firstPassing, type EffectTest, type EffectTestInput } from "../predicates/effect-test.ts";
import { foldersOf } from "./entry-deltas.ts";
import { comparable, folderOfGlob, mayTouch, type PathPattern } from "./places.ts";
import type { ResourceQuery, StateFacts } from "./state-facts.ts";

/** A label, and what has it. */
export interface LabelRule {
  readonly label: string;
  readonly paths: readonly PathPattern[];
  readonly effects: readonly EffectTest[];
}

/** Where an action reads and writes. */
export interface Touched {
  readonly reads: readonly PathTarget[];
  readonly writes: readonly PathTarget[];
}

/** More places than this are not told apart: then everything was read, and nothing can be written. */
const MAX_PLACES = 256;

/** The places that effects read and write. Cost: linear in the effects. */
export function touchedBy(effects: readonly Effect[]): Touched {
  const reads: PathTarget[] = [];
  const writes: PathTarget[] = [];
  for (const effect of effects) {
    switch (effect.kind) {
      case "fs.read":
        reads.push(effect.target);
        break;
      case "fs.delete":
        if (effect.moved === true) reads.push(effect.target);
        break;
      case "fs.write":
        // What is changed in place keeps what it held; making a hard link is told as such a change too.
        if (effect.mode === "change") reads.push(effect.target);
        if (effect.target.zone !== "null_device") writes.push(effect.target);
        break;
      default:
    }
  }
  return { reads, writes };
}

/** What must be asked of history about the places that are read: themselves, the folders around them, what lies in them. */
export function resourceQueries(reads: readonly PathTarget[]): readonly ResourceQuery[] {
  if (reads.length > MAX_PLACES) return [];
  const places = new Map<string, ResourceQuery>();
  for (const { path } of reads) {
    if (path === null) continue;
    const place = comparable(folderOfGlob(path));
    places.set(`${place}/**`, { path: place, within: true });
    for (const around of [place, ...foldersOf(place)]) places.set(around, { path: around, within: false });
  }
  return [...places.values()];
}

/** What labels are read with. */
export interface LabelInput extends EffectTestInput {
  readonly effects: readonly Effect[];
  readonly touched: Touched;
  readonly surroundings: Surroundings;
  readonly facts: StateFacts;
}

/** The labels that an action's own reads give its session. Throws `BudgetSpent`. */
export function labelsRead(rules: readonly LabelRule[], input: LabelInput): ReadonlySet<string> {
  const { effects, touched, facts, surroundings, budget } = input;
  const { reads } = touched;
  const labels = new Set<string>();
  for (const remembered of Object.values(facts.resources)) for (const label of remembered) labels.add(label);
  const everything = reads.length > MAX_PLACES || effects.some(isUnknownTarget);
  for (const { label, paths, effects: tests } of rules) {
    if (labels.has(label)) continue;
    budget.spend(1 + reads.length * paths.length * 8);
    const isRead =
      (paths.length > 0 && everything) ||
      paths.some((pattern) => reads.some((target) => mayTouch(pattern, target, surroundings))) ||
      tests.some((test) => firstPassing(effects, test, input) !== null);
    if (isRead) labels.add(label);
  }
  return labels;
}

function isUnknownTarget(effect: Effect): boolean {
  return effect.kind === "exec.unresolved" && effect.part === "target";
}

/** Where the labels of a session go by what it writes; null when a place can't be told. */
export function placesWritten({ writes }: Touched): readonly string[] | null {
  if (writes.length > MAX_PLACES) return null;
  const places = new Set<string>();
  for (const { path } of writes) {
    if (path === null) return null;
    const place = comparable(folderOfGlob(path));
    if (place === "" || /^(?:\/|~|\.)$/.test(place)) return null;
    places.add(place);
  }
  return [...places];
}
