// An anchor that is a folder, on another disk or mounted from another machine.
//
//   <folder>/<first 32 hex digits of SHA-256(origin)>/<size, 16 digits>.note      one checkpoint each; the highest counts
//
// A checkpoint is written aside, synced, and linked under its size: link(2) never replaces, so of two checkpoints of one
// size only one can stand, and a later one is never covered by an earlier. That is the compare-and-swap; it needs no
// lock that a killed process could leave behind. Where a folder can't link, the file is made exclusively instead.
// Of older checkpoints the newest few stay, and ever fewer of those before: they tell where a log was changed.
// The folder itself must be there: a mount that is missing is not an empty anchor.

import { constants } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CanopyError, errorText } from "../../core/errors.ts";
import { isCode } from "../owner-file.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import { MAX_NOTE_BYTES, type CheckpointAnchor } from "./checkpoint-anchor.ts";
import { isInTheWay, notePlace, type NotePlace } from "./note-place.ts";
import { withinTime } from "./within-time.ts";

const { hash, randomBytes } = process.getBuiltinModule("node:crypto");

const NOTE_NAME = /^([0-9]{16})\.note$/;
const TIMEOUT_MS = 5000;
const NEWEST_KEPT = 8;
const KEPT_OF_EACH_POWER = 2;
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/** How a folder anchor is made. */
export interface FolderOptions {
  /** Its name; default `folder:<path>`. */
  readonly name?: string;
  /** Make the folder itself when it is missing. Default false. */
  readonly create?: boolean;
  readonly timeoutMs?: number;
}

interface Kept {
  readonly note: string;
  readonly place: NotePlace;
}

/** An anchor in a folder. Cost of each call: one listing of the log's part of it and a few small files; two syncs to publish. */
export class FolderAnchor implements CheckpointAnchor {
  readonly name: string;
  readonly kind = "folder";
  readonly isReadable = true;
  readonly #path: string;
  readonly #create: boolean;
  readonly #timeoutMs: number;

  constructor(path: string, options: FolderOptions = {}) {
    this.#path = path;
    this.name = options.name ?? `folder:${path}`;
    this.#create = options.create ?? false;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  publish(note: string): Promise<string | null> {
    return this.#within(async () => {
      const place = this.#placeOf(note);
      const folder = await this.#folderOf(place.origin);
      const kept = await this.#newestIn(folder, place.origin);
      if (kept !== null && isInTheWay(kept.place, place)) return kept.note;
      if (kept?.place.size === place.size) return null;
      const other = await this.#put(folder, place, note);
      if (other !== null) return other;
      await prune(folder, place.size);
      return null;
    });
  }

  newest(origin: string): Promise<string | null> {
    return this.#within(async () => {
      await this.#mustBeThere();
      return (await this.#newestIn(this.#partOf(origin), origin))?.note ?? null;
    });
  }

  /** Every checkpoint that is kept of an origin, the newest first. */
  all(origin: string): Promise<readonly string[]> {
    return this.allIn(partOf(origin));
  }

  /** Every checkpoint in one part of the folder, the newest first: those of the log whose part it is. */
  allIn(part: string): Promise<readonly string[]> {
    return this.#within(async () => {
      const folder = join(this.#path, part);
      const found: string[] = [];
      for (const size of (await sizesIn(folder)).toReversed()) {
        const note = await readSmall(fileOf(folder, size));
        const place = note === null ? null : notePlace(note);
        if (note !== null && place?.size === size && partOf(place.origin) === part) found.push(note);
      }
      return found;
    });
  }

  replace(kept: string | null, note: string): Promise<void> {
    return this.#within(async () => {
      const place = this.#placeOf(note);
      const folder = await this.#folderOf(place.origin);
      const now = await this.#newestIn(folder, place.origin);
      if ((now?.note ?? null) !== kept) throw anchorUnavailable(this.name, "keeps another checkpoint by now");
      const aside = join(folder, `abandoned-${randomBytes(6).toString("hex")}`);
      await mkdir(aside, { mode: 0o755 });
      // The newest goes last: until then the rollback is still seen.
      for (const size of await sizesIn(folder)) await rename(fileOf(folder, size), fileOf(aside, size));
      await this.#put(folder, place, note);
      await syncFolder(folder);
    });
  }

  close(): void {
    // Nothing is held open.
  }

  #within<T>(work: () => Promise<T>): Promise<T> {
    return withinTime(this.#timeoutMs, work()).catch((error: unknown) => {
      throw error instanceof CanopyError
        ? error
        : anchorUnavailable(this.name, `can't be used: ${errorText(error)}`, error);
    });
  }

  #placeOf(note: string): NotePlace {
    const place = notePlace(note);
    if (place === null) throw anchorUnavailable(this.name, "keeps checkpoints only");
    return place;
  }

  #partOf(origin: string): string {
    return join(this.#path, partOf(origin));
  }

  async #mustBeThere(): Promise<void> {
    if (this.#create) return;
    if (!(await stat(this.#path)).isDirectory()) throw new Error("it is not a folder");
  }

  async #folderOf(origin: string): Promise<string> {
    await this.#mustBeThere();
    const folder = this.#partOf(origin);
    if (this.#create) await mkdir(this.#path, { recursive: true, mode: 0o700 });
    await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
      if (!isCode(error, "EEXIST")) throw error;
    });
    return folder;
  }

  async #newestIn(folder: string, origin: string): Promise<Kept | null> {
    for (const size of (await sizesIn(folder)).toReversed()) {
      const kept = await readNote(folder, size, origin);
      if (kept !== null) return kept;
    }
    return null;
  }

  /** Put a note under its size. Gives the note that stands there already when that is another, else null. */
  async #put(folder: string, place: NotePlace, note: string): Promise<string | null> {
    const path = fileOf(folder, place.size);
    if (await putWhole(folder, path, note)) return null;
    const there = await readNote(folder, place.size, place.origin);
    if (there !== null) return there.place.root === place.root ? null : there.note;
    // A file that was never written whole, where links can't be made.
    await rm(path, { force: true });
    if (await putWhole(folder, path, note)) return null;
    throw new Error(`\`${path}\` can't be replaced`);
  }
}

function partOf(origin: string): string {
  return hash("sha256", origin, "hex").slice(0, 32);
}

function fileOf(folder: string, size: number): string {
  return join(folder, `${String(size).padStart(16, "0")}.note`);
}

async function sizesIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  });
  return names
    .flatMap((name) => NOTE_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((left, right) => left - right);
}

/** The note of that size, or null when the file is none of this origin and size. */
async function readNote(folder: string, size: number, origin: string): Promise<Kept | null> {
  const note = await readSmall(fileOf(folder, size));
  const place = note === null ? null : notePlace(note);
  return note !== null && place !== null && place.size === size && place.origin === origin ? { note, place } : null;
}

async function readSmall(path: string): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | NOFOLLOW | NONBLOCK).catch((error: unknown) => {
    if (isCode(error, "ENOENT") || isCode(error, "ELOOP")) return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= MAX_NOTE_BYTES ? await file.readFile("utf8") : null;
  } finally {
    await file.close();
  }
}

/** Whether the file could be made; false when there is one of that name. */
async function putWhole(folder: string, path: string, note: string): Promise<boolean> {
  const draft = join(folder, `.draft-${randomBytes(8).toString("hex")}`);
  await writeNew(draft, note);
  try {
    await link(draft, path);
    await syncFolder(folder);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    if (!NO_LINKS.some((code) => isCode(error, code))) throw error;
    return await putUnlinked(path, note);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

const NO_LINKS: readonly string[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];

async function putUnlinked(path: string, note: string): Promise<boolean> {
  try {
    await writeNew(path, note);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows can't open folders, and its directory entries are journalled.
  if (process.platform === "win32") return;
  const folder = await open(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Remove what is kept too densely. A folder that lets nothing be removed keeps everything. */
async function prune(folder: string, newest: number): Promise<void> {
  const sizes = await sizesIn(folder);
  const kept = keptSizes(sizes.filter((size) => size <= newest));
  for (const size of sizes) {
    if (size < newest && !kept.has(size)) await rm(fileOf(folder, size), { force: true }).catch(() => undefined);
  }
}

/**
 * Which of some ascending sizes stay: the newest 8, and for each power of two the last one in each of the newest two
 * ranges of that length that have any. About 2 · log2 of the largest stay, at ever wider distances.
 */
export function keptSizes(sizes: readonly number[]): ReadonlySet<number> {
  const kept = new Set(sizes.slice(-NEWEST_KEPT));
  const largest = sizes.at(-1) ?? 0;
  for (let width = 1; width <= largest; width *= 2) {
    let range = Number.POSITIVE_INFINITY;
    let ranges = 0;
    for (let at = sizes.length - 1; at >= 0 && ranges < KEPT_OF_EACH_POWER; at -= 1) {
      const size = sizes[at] ?? 0;
      const of = Math.floor(size / width);
      if (of === range) continue;
      range = of;
      ranges += 1;
      kept.add(size);
    }
  }
  return kept;
}
