// One process on a simulated machine: its file calls, its time, its locks. It can be killed inside any call; from then on
// nothing of what it still does has an effect, and nothing that it waits for comes.
//
// What a process does between two waits is done in one go: others come in between at waits only. The mark of a failed sync
// can always be made, and its maker lives until it is: a disk that takes neither data nor mark, and a system that tells
// nobody else of the failure, leave a log nothing to stand on.

import { dirname } from "node:path";
import type { FileSystem, OpenMode } from "../storage/file-system.ts";
import type { Host, SystemLock } from "../storage/host.ts";
import type { Seeded } from "./seeded.fixture.test.ts";
import { systemError, type DiskNode, type SimulatedDisk } from "./simulated-disk.fixture.test.ts";

/** What processes share. */
export interface Machine {
  readonly disk: SimulatedDisk;
  readonly chance: Seeded;
  /** How likely each call fails just now. */
  faultRate: number;
  /** Whether the disk takes nothing more just now. */
  isFull: boolean;
  /** How many calls have failed. */
  faults: number;
  /** Milliseconds since the machine started. */
  elapsed: number;
  /** What processes wait for. */
  waits: Wait[];
  /** Who holds which lock: one connection of a process. */
  readonly locks: Map<string, LockHolder>;
  /** Told of what no program may do: the use of a descriptor that it has closed, which may be another file's by then. */
  readonly misused: (problem: string) => void;
  /** Told what happens; absent when nobody asks. */
  readonly trace?: (line: string) => void;
}

/** Something a process waits for. */
export interface Wait {
  readonly process: SimulatedProcess;
  readonly what: "sync" | "turn" | "pause" | "later";
  /** When it is over at the earliest. */
  readonly due: number;
  readonly end: () => void;
}

/** One connection to a lock. */
export interface LockHolder {
  readonly process: SimulatedProcess;
}

/** What a killed process gets from its calls. Nobody sees it but the process itself. */
export class Killed extends Error {}

interface Opened {
  readonly node: DiskNode;
  readonly path: string;
  readonly mode: OpenMode;
  /** How many failed syncs of the file it has been told of. */
  told: number;
}

const MARK = "/poisoned";
/** What that mark is about. */
const MARKED = /\.(?:log|bin)$/;

/** A process. */
export class SimulatedProcess {
  readonly pid: number;
  isAlive = true;
  /** Killed inside the call after so many others; null: not. */
  killAfter: number | null = null;
  readonly files: FileSystem;
  readonly host: Host;
  readonly #machine: Machine;
  readonly #opened = new Map<number, Opened>();
  #descriptors = 0;
  /** Whether a sync has failed and the mark that says so isn't made yet. */
  #mustMark = false;

  constructor(machine: Machine, pid: number) {
    this.#machine = machine;
    this.pid = pid;
    this.files = this.#fileSystem();
    this.host = this.#makeHost();
  }

  /** How many files it has open. */
  get openFiles(): readonly string[] {
    return [...this.#opened.values()].map(({ path }) => path);
  }

  /** Kill it now; one that has a failed sync to tell of first, right after that. */
  kill(): void {
    if (this.#mustMark) this.killAfter = 0;
    else this.end();
  }

  /** It is gone, with whatever it had still to do: the power went. */
  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#machine.trace?.(`${this.pid} is killed`);
    this.#machine.waits = this.#machine.waits.filter(({ process }) => process !== this);
    for (const [path, holder] of this.#machine.locks) if (holder.process === this) this.#machine.locks.delete(path);
  }

  /**
   * A call. `act` has its effect, `part` one that was cut short. Throws the system's error, or `Killed`.
   * `faults` are the errors that it may have; "short" has `part` done and told.
   */
  #call<Result>(
    said: string,
    faults: readonly string[],
    act: () => Result,
    part: (() => Result) | null = null,
  ): Result {
    const { chance, trace } = this.#machine;
    if (!this.isAlive) throw new Killed();
    if (said !== "") trace?.(`${this.pid} ${said}`);
    if (this.killAfter !== null && !this.#mustMark && (this.killAfter -= 1) < 0) {
      const luck = chance.next();
      if (luck < 0.5) act();
      else if (luck < 0.75) part?.();
      this.end();
      throw new Killed();
    }
    if (this.#machine.isFull && faults.includes("ENOSPC")) {
      this.#machine.faults += 1;
      if (part !== null && chance.happens(0.3)) return part();
      throw systemError("ENOSPC", said);
    }
    if (this.#machine.faultRate > 0 && faults.length > 0 && chance.happens(this.#machine.faultRate)) {
      this.#machine.faults += 1;
      const fault = chance.pick(faults);
      trace?.(`  ${fault}`);
      if (fault !== "short") throw systemError(fault, said);
      if (part !== null) return part();
    }
    return act();
  }

  #file(fd: number): Opened {
    const opened = this.#opened.get(fd);
    if (opened !== undefined) return opened;
    if (this.isAlive) this.#machine.misused(`process ${this.pid} uses descriptor ${fd}, which is closed`);
    throw systemError("EBADF", `descriptor ${fd}`);
  }

  #wait(what: Wait["what"], ms: number, end: () => void): Wait {
    const wait = { process: this, what, due: this.#machine.elapsed + ms, end };
    this.#machine.waits.push(wait);
    return wait;
  }

  #waiting(what: Wait["what"], ms: number): Promise<void> {
    if (!this.isAlive) return new Promise(() => undefined);
    return new Promise((resolve) => void this.#wait(what, ms, resolve));
  }

  #fileSystem(): FileSystem {
    const { disk } = this.#machine;
    const making = (mode: OpenMode, path: string): readonly string[] => {
      const isMade = mode !== "read" && disk.node(path) === null;
      return this.#faultsOf(path, isMade ? ["EIO", "EMFILE", "ENOSPC"] : ["EIO", "EMFILE"]);
    };
    return {
      open: (path, mode) =>
        this.#call(`opens ${path} (${mode})`, making(mode, path), () => {
          const node = disk.open(path, mode);
          this.#opened.set((this.#descriptors += 1), { node, path, mode, told: node.failures });
          return this.#descriptors;
        }),
      close: (fd) => {
        if (!this.isAlive) return;
        this.#file(fd);
        this.#opened.delete(fd);
      },
      read: (fd, into, position) =>
        this.#call(`reads ${this.#file(fd).path} at ${position}`, ["EIO"], () => {
          return this.#file(fd)
            .node.current.view(position, position + into.length)
            .copy(into);
        }),
      write: (fd, bytes, position) => this.#write(fd, bytes, position),
      truncate: (fd, size) =>
        this.#call(`truncates ${this.#file(fd).path} to ${size}`, ["EIO"], () => {
          this.#file(fd).node.change({ kind: "truncate", size });
        }),
      syncNow: (fd) => this.#syncNow(fd),
      sync: (fd) => this.#sync(fd),
      statusOf: (fd) => this.#call("", [], () => disk.statusOf(this.#file(fd).node)),
      statusAt: (path) =>
        this.#call("", [], () => {
          const node = disk.node(path);
          return node === null ? null : disk.statusOf(node);
        }),
      link: (from, to) => this.#call(`links ${from} to ${to}`, ["EIO", "ENOSPC"], () => disk.link(from, to)),
      rename: (from, to) => this.#call(`renames ${from} to ${to}`, ["EIO", "ENOSPC"], () => disk.rename(from, to)),
      unlink: (path) => this.#call(`unlinks ${path}`, ["EIO"], () => disk.unlink(path)),
      syncFolder: (path) => this.#call(`syncs the names in ${path}`, ["EIO"], () => disk.syncFolder(path)),
      makeFolder: (path) => this.#call(`makes ${path}`, ["EIO", "ENOSPC"], () => disk.makeFolder(path)),
      removeFolder: (path) => this.#call(`removes ${path}`, ["EIO"], () => disk.removeFolder(path)),
      list: (path) => this.#call(`lists ${path}`, ["EIO"], () => disk.list(path)),
      realPath: (path) => path,
    };
  }

  #write(fd: number, bytes: Uint8Array, position: number | null): number {
    const { node, path, mode } = this.#file(fd);
    const put = (length: number): number => {
      const at = position === null || mode === "append" ? node.current.size : position;
      node.change({ kind: "write", at, bytes: Buffer.from(bytes.subarray(0, length)) });
      return length;
    };
    return this.#call(
      `writes ${bytes.length} bytes to ${path} at ${position ?? node.current.size}`,
      this.#faultsOf(path, ["EIO", "ENOSPC", "short", "short"]),
      () => put(bytes.length),
      () => put(1 + this.#machine.chance.below(bytes.length)),
    );
  }

  #syncNow(fd: number): void {
    const opened = this.#file(fd);
    this.#endSync(opened, "syncs now", this.#machine.disk.covered(opened.node));
  }

  #endSync(opened: Opened, said: string, covered: ReturnType<SimulatedDisk["covered"]>): void {
    const { node, path } = opened;
    const { disk } = this.#machine;
    try {
      this.#call(`${said}: ${path}`, this.#faultsOf(path, ["EIO", "ENOSPC"]), () => disk.synced(node, covered));
    } catch (error) {
      if (this.isAlive) disk.syncFailed(node, covered);
      this.#mustMark ||= this.isAlive && MARKED.test(path) && !disk.hasNameEnding(MARK);
      opened.told = node.failures;
      throw error;
    }
    if (path.endsWith(MARK)) this.#mustMark = false;
    if (!disk.tellsFailures || opened.told === node.failures) return;
    opened.told = node.failures;
    throw systemError("EIO", `another sync of ${path} has failed`);
  }

  #faultsOf(path: string, faults: readonly string[]): readonly string[] {
    return path.endsWith(MARK) ? [] : faults;
  }

  // It takes its time; what is written meanwhile is not covered by it.
  async #sync(fd: number): Promise<void> {
    const opened = this.#file(fd);
    const { disk, chance } = this.#machine;
    const covered = this.#call(`begins to sync ${opened.path}`, [], () => disk.covered(opened.node));
    await this.#waiting("sync", chance.happens(0.2) ? chance.below(50) : 0);
    this.#endSync(opened, "has synced", covered);
  }

  #makeHost(): Host {
    const machine = this.#machine;
    return {
      pid: this.pid,
      elapsed: () => machine.elapsed,
      turn: () => this.#waiting("turn", 0),
      pause: (ms) => this.#waiting("pause", ms),
      later: (ms, work) => {
        const wait = this.#wait("later", ms, work);
        return () => {
          machine.waits = machine.waits.filter((other) => other !== wait);
        };
      },
      chance: () => machine.chance.next(),
      bytes: (count) => machine.chance.bytes(count),
      openLock: (path) => this.#openLock(path),
    };
  }

  // What SQLite's write lock does: the file is made, one connection holds it, and its process's end frees it.
  #openLock(path: string): SystemLock {
    const { disk, locks } = this.#machine;
    this.#call(`opens the lock ${path}`, ["EIO"], () => {
      if (disk.node(path) === null) disk.open(path, "update");
      if (disk.node(dirname(path)) === null) throw systemError("ENOENT", path);
    });
    const connection = { process: this };
    const free = (): void => {
      if (locks.get(path) === connection) locks.delete(path);
    };
    return {
      tryTake: () =>
        this.#call(`tries the lock ${path}`, ["EIO"], () => {
          if (locks.has(path)) return false;
          locks.set(path, connection);
          return true;
        }),
      giveBack: free,
      close: free,
    };
  }
}
