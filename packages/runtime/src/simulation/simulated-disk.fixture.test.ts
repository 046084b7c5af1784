// A disk in memory, and what is left of it when the power goes. Hostile within what file systems promise:
//
//   a completed sync    makes durable what was written to that file before the sync began
//   a failed sync       leaves each of those writes on the disk or not, and never tries again: the kernel takes them for
//                       written, so the next sync succeeds without them. By the seed it is told to whoever made it alone,
//                       or once to each descriptor that is open, as Linux does since 4.13
//   power loss          of each write since then all is there, a part, its sectors in any combination, zeros in its
//                       place, or nothing, whatever became of the writes before and after it
//   names               `journal`: as one sequence that ends anywhere after the last folder sync; `folders`: each
//                       folder's changes end somewhere by themselves. A rename happens whole or not at all
//
// A process that is killed loses nothing that it wrote: the system still has it.

import { dirname } from "node:path";
import type { FileStatus } from "../storage/file-system.ts";
import type { Seeded } from "./seeded.fixture.test.ts";

const SECTOR_BYTES = 512;

/** What changed in a file and may not be on the disk yet. */
type Change =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly size: number };

/** The bytes of a file. */
class Content {
  #bytes = Buffer.alloc(1024);
  size = 0;

  write(at: number, bytes: Uint8Array): void {
    this.#grow(at + bytes.length);
    this.#bytes.set(bytes, at);
    this.size = Math.max(this.size, at + bytes.length);
  }

  truncate(size: number): void {
    this.#grow(size);
    if (size < this.size) this.#bytes.fill(0, size, this.size);
    this.size = size;
  }

  apply(change: Change): void {
    if (change.kind === "write") this.write(change.at, change.bytes);
    else this.truncate(change.size);
  }

  view(from = 0, to: number = this.size): Buffer {
    return this.#bytes.subarray(from, Math.min(to, this.size));
  }

  copy(): Content {
    const copy = new Content();
    copy.write(0, this.view());
    return copy;
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(size, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.size);
    this.#bytes = grown;
  }
}

/** A file or folder, whatever it is called. */
export class DiskNode {
  readonly ino: number;
  readonly isFolder: boolean;
  links = 0;
  /** As the system shows it. */
  current = new Content();
  /** As it certainly is after power loss. */
  durable = new Content();
  changes: Change[] = [];
  /** How many of its syncs have failed. */
  failures = 0;

  constructor(ino: number, isFolder: boolean) {
    this.ino = ino;
    this.isFolder = isFolder;
  }

  change(change: Change): void {
    this.current.apply(change);
    this.changes.push(change);
  }
}

interface NameChange {
  /** The folder whose sync makes it durable. */
  readonly folder: string;
  readonly path: string;
  /** Null: the name goes. */
  readonly node: DiskNode | null;
  /** The name that goes with it, of a rename. */
  readonly from: string | null;
}

/** How a disk treats what isn't synced when the power goes. */
export type LossKind = "all lost" | "all kept" | "mixed";

/** An error as the system throws it. */
export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

/** The disk. Calls throw errors as the system does. */
export class SimulatedDisk {
  readonly #chance: Seeded;
  readonly #isJournaled: boolean;
  /** Whether a failed sync is told to every descriptor. */
  readonly tellsFailures: boolean;
  #names = new Map<string, DiskNode>();
  #durableNames = new Map<string, DiskNode>();
  #nameChanges: NameChange[] = [];
  #inodes = 0;

  constructor(chance: Seeded, folders: readonly string[]) {
    this.#chance = chance;
    this.#isJournaled = chance.happens(0.5);
    this.tellsFailures = chance.happens(0.5);
    for (const path of folders) {
      const node = new DiskNode((this.#inodes += 1), true);
      this.#names.set(path, node);
      this.#durableNames.set(path, node);
    }
  }

  /** The file of that name, made when it is missing and `mode` says so. */
  open(path: string, mode: "read" | "append" | "update" | "fresh"): DiskNode {
    const found = this.#names.get(path);
    if (found !== undefined) {
      if (mode === "fresh") throw systemError("EEXIST", path);
      if (found.isFolder) throw systemError("EISDIR", path);
      return found;
    }
    if (mode === "read") throw systemError("ENOENT", path);
    return this.#make(path, false);
  }

  makeFolder(path: string): void {
    if (this.#names.has(path)) throw systemError("EEXIST", path);
    this.#make(path, true);
  }

  removeFolder(path: string): void {
    if (this.list(path).length > 0) throw systemError("ENOTEMPTY", path);
    this.#rename({ folder: dirname(path), path, node: null, from: null });
  }

  list(path: string): readonly string[] {
    if (this.#names.get(path)?.isFolder !== true) throw systemError("ENOENT", path);
    const start = `${path}/`;
    const inside = [...this.#names.keys()].filter((name) => name.startsWith(start));
    return inside.map((name) => name.slice(start.length)).filter((name) => !name.includes("/"));
  }

  node(path: string): DiskNode | null {
    return this.#names.get(path) ?? null;
  }

  /** Everything that it shows, folders before what is in them. The locks' files are empty here. */
  contents(): readonly { readonly path: string; readonly isFolder: boolean; readonly bytes: Buffer }[] {
    const names = [...this.#names].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return names.map(([path, { isFolder, current }]) => ({ path, isFolder, bytes: current.view() }));
  }

  hasNameEnding(end: string): boolean {
    for (const path of this.#names.keys()) if (path.endsWith(end)) return true;
    return false;
  }

  statusOf(node: DiskNode): FileStatus {
    const { ino, links, isFolder } = node;
    return { dev: 1, ino, size: node.current.size, links, kind: isFolder ? "folder" : "file" };
  }

  link(from: string, to: string): void {
    const node = this.#names.get(from);
    if (node === undefined) throw systemError("ENOENT", from);
    if (this.#names.has(to)) throw systemError("EEXIST", to);
    this.#assertFolder(to);
    this.#rename({ folder: dirname(to), path: to, node, from: null });
  }

  rename(from: string, to: string): void {
    const node = this.#names.get(from);
    if (node === undefined) throw systemError("ENOENT", from);
    this.#assertFolder(to);
    // Two names of one file: POSIX does nothing.
    if (this.#names.get(to) === node) return;
    this.#rename({ folder: dirname(to), path: to, node, from });
  }

  unlink(path: string): void {
    if (!this.#names.has(path)) throw systemError("ENOENT", path);
    this.#rename({ folder: dirname(path), path, node: null, from: null });
  }

  syncFolder(folder: string): void {
    if (!this.#names.has(folder)) throw systemError("ENOENT", folder);
    this.#keepNames((change) => this.#isJournaled || change.folder === folder);
  }

  /** What a sync that begins now covers. */
  covered(node: DiskNode): readonly Change[] {
    return [...node.changes];
  }

  /** A sync has succeeded. */
  synced(node: DiskNode, covered: readonly Change[]): void {
    const done = new Set(covered);
    for (const change of node.changes) if (done.has(change)) node.durable.apply(change);
    node.changes = node.changes.filter((change) => !done.has(change));
  }

  /** A sync has failed. Sizes go through the file system's own journal, data does not. */
  syncFailed(node: DiskNode, covered: readonly Change[]): void {
    node.failures += 1;
    const doubtful = new Set(covered.filter(({ kind }) => kind === "write"));
    const kept = node.changes.filter((change) => !doubtful.has(change));
    for (const change of node.changes) {
      if (doubtful.has(change)) this.#applyByChance(node.durable, change);
    }
    node.changes = kept;
  }

  /** The power goes and comes back. */
  losePower(kind: LossKind): void {
    this.#loseNames(kind);
    for (const path of [...this.#durableNames.keys()].toSorted()) {
      // What stands in a folder whose own name is lost is lost with it.
      const isReachable = dirname(path) === path || this.#durableNames.has(dirname(path));
      if (!isReachable) this.#durableNames.delete(path);
    }
    this.#names = new Map(this.#durableNames);
    this.#nameChanges = [];
    const nodes = new Set(this.#names.values());
    for (const node of nodes) {
      node.links = 0;
      for (const change of node.changes) {
        if (kind === "all kept") node.durable.apply(change);
        else if (kind === "mixed") this.#applyByChance(node.durable, change);
      }
      node.changes = [];
      node.current = node.durable.copy();
    }
    for (const node of this.#names.values()) node.links += 1;
  }

  /** Whether a part of a file is certain to be there after power loss, under this name and as it is now. */
  isDurable(path: string, from: number, to: number): boolean {
    const node = this.#names.get(path);
    if (node === undefined || this.#durableNames.get(path) !== node) return false;
    return node.durable.view(from, to).equals(node.current.view(from, to));
  }

  #assertFolder(path: string): void {
    if (this.#names.get(dirname(path))?.isFolder !== true) throw systemError("ENOENT", path);
  }

  #make(path: string, isFolder: boolean): DiskNode {
    this.#assertFolder(path);
    const node = new DiskNode((this.#inodes += 1), isFolder);
    this.#rename({ folder: dirname(path), path, node, from: null });
    return node;
  }

  #rename(change: NameChange): void {
    const before = this.#names.get(change.path);
    if (before !== undefined) before.links -= 1;
    applyName(this.#names, change);
    if (change.node !== null && change.from === null) change.node.links += 1;
    this.#nameChanges.push(change);
  }

  #keepNames(isKept: (change: NameChange) => boolean): void {
    const kept = new Set(this.#nameChanges.filter(isKept));
    // What is renamed away must have been there: its own making goes with it.
    for (const [index, change] of this.#nameChanges.entries()) {
      if (change.from === null || !kept.has(change)) continue;
      for (const earlier of this.#nameChanges.slice(0, index)) if (earlier.path === change.from) kept.add(earlier);
    }
    for (const change of this.#nameChanges) if (kept.has(change)) applyName(this.#durableNames, change);
    this.#nameChanges = this.#nameChanges.filter((change) => !kept.has(change));
  }

  #loseNames(kind: LossKind): void {
    if (kind === "all lost") return;
    if (kind === "all kept") return this.#keepNames(() => true);
    if (this.#isJournaled) {
      const kept = new Set(this.#nameChanges.slice(0, this.#chance.below(this.#nameChanges.length + 1)));
      return this.#keepNames((change) => kept.has(change));
    }
    const folders = [...new Set(this.#nameChanges.map(({ folder }) => folder))];
    for (const folder of folders) {
      const inside = this.#nameChanges.filter((change) => change.folder === folder);
      const kept = new Set(inside.slice(0, this.#chance.below(inside.length + 1)));
      this.#keepNames((change) => kept.has(change));
    }
  }

  #applyByChance(content: Content, change: Change): void {
    const luck = this.#chance.next();
    if (luck < 0.35) return;
    if (luck < 0.7 || change.kind === "truncate") return content.apply(change);
    const { at, bytes } = change;
    if (luck < 0.85) return content.write(at, bytes.subarray(0, this.#chance.below(bytes.length + 1)));
    // Blocks that are new to the file read as zeros; others as they were.
    if (luck < 0.9) return content.truncate(Math.max(content.size, at + bytes.length));
    // A sector is written whole or not at all; where the size grew, one that was not written reads as zeros.
    for (let from = 0; from < bytes.length;) {
      const to = Math.min(bytes.length, (Math.floor((at + from) / SECTOR_BYTES) + 1) * SECTOR_BYTES - at);
      if (this.#chance.happens(0.5)) content.write(at + from, bytes.subarray(from, to));
      from = to;
    }
  }
}

function applyName(names: Map<string, DiskNode>, { path, node, from }: NameChange): void {
  if (from !== null) names.delete(from);
  if (node === null) names.delete(path);
  else names.set(path, node);
}
