// One run of the simulation: a machine with one log, some processes that write to it at once, and everything that can
// happen to them, in an order that a seed decides. The same seed gives the same run to the byte.
//
//   happens    writers start, stop and are killed, at any file call or wait; the power goes, with what isn't synced lost,
//              torn or reordered; calls fail with EIO, ENOSPC, EMFILE, or write less than asked; disks fill up; syncs
//              come back late and out of order; clocks jump forwards and backwards
//   is done    decisions, repeats under a key, starts, results, approvals, skips, kill switches, bare appends, checkpoints,
//              erasures, questions
//   must hold  promises.fixture.test.ts, and: nothing is answered that a power loss right then could take; what opens,
//              opens again; a log whose disk is sound again takes entries again; state and records are what the log says
//
// Outside of it: the locks are a model of SQLite's; no index database, anchors, sinks or worker threads; what a process does
// between two waits is done in one go; keys and initialization vectors of records are the system's chance, and nothing
// rests on them.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import { createSteadyClock } from "../runtime/steady-clock.ts";
import { parsePayloadRef } from "../storage/payload-store.ts";
import { timestampOf } from "../storage/system-entry.ts";
import { Promises, spendQuery } from "./promises.fixture.test.ts";
import { Seeded } from "./seeded.fixture.test.ts";
import { SimulatedDisk, type LossKind } from "./simulated-disk.fixture.test.ts";
import { logFiles, readSimulatedLog, type LoggedLine } from "./simulated-log.fixture.test.ts";
import { SimulatedProcess, type Machine, type Wait } from "./simulated-process.fixture.test.ts";
import { LOG, SimulatedRuntime, type LogShape } from "./simulated-runtime.fixture.test.ts";

/** What a run did. */
export interface RunReport {
  readonly seed: number;
  readonly sum: {
    readonly steps: number;
    readonly acknowledged: number;
    readonly refused: number;
    readonly faults: number;
    readonly kills: number;
    readonly losses: number;
  };
  /** Lines of what happened, when asked for. */
  readonly trace: readonly string[];
}

/** How a seed is run. */
export interface RunOptions {
  readonly isTraced?: boolean;
  /** A folder of the real disk that gets the simulated one's files at the end. */
  readonly leaveIn?: string;
}

const T0 = Date.parse("2026-03-01T12:00:00Z");
const MOST_PROCESSES = 3;
const AGENTS = 2;
const SETTLING_TURNS = 4000;

/** Errors that are answers, not faults. */
const ANSWERS: readonly string[] = [
  "ALREADY_EXECUTED",
  "APPROVAL_REFUSED",
  "APPROVAL_REQUIRED",
  "EXPIRED",
  "KILL_SWITCH",
  "NOT_ALLOWED",
  "UNKNOWN_AUTHORIZATION",
];

/** Run a seed. Throws what failed, with the seed. */
export async function simulate(seed: number, { isTraced = false, leaveIn }: RunOptions = {}): Promise<RunReport> {
  const run = new Run(seed, isTraced);
  try {
    const report = await run.go();
    if (leaveIn !== undefined) run.leaveIn(leaveIn);
    return report;
  } catch (error) {
    throw new SimulationFailure(seed, error, run.trace);
  }
}

/** A run whose promises were broken. */
export class SimulationFailure extends Error {
  readonly trace: readonly string[];

  constructor(seed: number, cause: unknown, trace: readonly string[]) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(`seed ${seed}: ${why}\nreplay it: npm run test:simulation -- ${seed}`, { cause });
    this.trace = trace;
  }
}

interface KnownAuthorization {
  readonly id: string;
  readonly digest: string;
}

interface Running {
  readonly process: SimulatedProcess;
  runtime: SimulatedRuntime | null;
  isClosing: boolean;
}

class Run {
  readonly #seed: number;
  readonly #chance: Seeded;
  readonly #machine: Machine;
  readonly #promises = new Promises();
  readonly #shape: LogShape;
  readonly trace: string[] = [];
  #processes: Running[] = [];
  #pids = 0;
  #skewMs = 0;
  readonly #doing = new Set<{ readonly process: SimulatedProcess; readonly what: string }>();
  #releases = 0;
  #isEnding = false;
  #appended = 0;
  #failure: unknown = null;
  #authorizations: KnownAuthorization[] = [];
  readonly #avids = new Map<number, string>();
  /** Agents whose switch is certainly engaged. */
  readonly #stopped = new Set<string>();
  /** Releases of switches that are on their way. */
  #releasing: { readonly process: SimulatedProcess; readonly avid: string }[] = [];
  /** Subjects whose erasure was asked for, and the newest seq of one that was promised; 0 before. */
  readonly #erased = new Map<string, number>();
  #refused = 0;
  #kills = 0;
  #losses = 0;
  readonly #isFaulty: boolean;

  constructor(seed: number, isTraced: boolean) {
    this.#seed = seed;
    this.#chance = new Seeded(seed);
    const chance = this.#chance;
    this.#isFaulty = chance.happens(0.5);
    this.#shape = {
      durability: chance.happens(0.85) ? "sync" : "batch",
      rotateBytes: chance.pick([null, null, 2500, 5000, 12_000]),
    };
    this.#machine = {
      disk: new SimulatedDisk(chance, ["/", "/log"]),
      chance,
      faultRate: 0,
      isFull: false,
      faults: 0,
      elapsed: 0,
      waits: [],
      locks: new Map(),
      misused: (problem) => (this.#failure ??= new Error(problem)),
      ...(isTraced ? { trace: (line: string) => void this.trace.push(line) } : {}),
    };
  }

  async go(): Promise<RunReport> {
    const steps = 20 + this.#chance.below(36);
    this.#say(() => `${this.#shape.durability}, rotates at ${this.#shape.rotateBytes}, ${steps} steps`);
    for (let step = 0; step < steps; step += 1) {
      this.#happen();
      await this.#turns(1 + this.#chance.below(4));
    }
    await this.#comeToRest();
    const sum = {
      steps,
      acknowledged: this.#promises.size,
      refused: this.#refused,
      faults: this.#machine.faults,
      kills: this.#kills,
      losses: this.#losses,
    };
    return { seed: this.#seed, sum, trace: this.trace };
  }

  /** Put the disk's files into a folder of the real one. */
  leaveIn(folder: string): void {
    for (const { path, isFolder, bytes } of this.#machine.disk.contents()) {
      if (isFolder) mkdirSync(join(folder, path), { recursive: true, mode: 0o700 });
      else writeFileSync(join(folder, path), bytes, { mode: 0o600 });
    }
  }

  #say(line: () => string): void {
    this.#machine.trace?.(`— ${line()}`);
  }

  #now(): number {
    return T0 + Math.floor(this.#machine.elapsed) + this.#skewMs;
  }

  // ——— what happens

  #happen(): void {
    const chance = this.#chance;
    const usable = this.#processes.filter(({ runtime, isClosing }) => runtime !== null && !isClosing);
    const luck = chance.next();
    if (this.#processes.length === 0 || (luck < 0.06 && this.#processes.length < MOST_PROCESSES)) return this.#start();
    if (luck < 0.09) return this.#kill(chance.pick(this.#processes));
    if (luck < 0.11) return this.#losePower(chance.pick(["all lost", "mixed", "mixed", "mixed", "all kept"]));
    if (luck < 0.14) return this.#passTime();
    if (luck < 0.16) return this.#jump();
    if (luck < 0.2 && this.#isFaulty) return this.#changeFaults();
    if (luck < 0.22 && usable.length > 0) return this.#close(chance.pick(usable));
    if (usable.length > 0) this.#act(chance.pick(usable));
  }

  #start(): void {
    const process = new SimulatedProcess(this.#machine, (this.#pids += 1));
    const running: Running = { process, runtime: null, isClosing: false };
    this.#processes.push(running);
    this.#say(() => `process ${process.pid} starts`);
    if (!this.#isEnding && this.#chance.happens(0.1)) process.killAfter = this.#chance.below(60);
    void this.#watch(running, "opens the log", async () => {
      const runtime = await this.#open(process);
      if (!process.isAlive) return;
      running.runtime = runtime;
      this.#checkLog();
    });
  }

  #open(process: SimulatedProcess): Promise<SimulatedRuntime> {
    const clock = createSteadyClock(
      () => this.#now(),
      () => this.#machine.elapsed,
    );
    const chance = this.#chance;
    return SimulatedRuntime.open(
      process,
      this.#shape,
      { chance, clock },
      {
        asked: () => this.#promises.newest,
        answered: (receipt, request, since) => {
          if (!process.isAlive) return;
          this.#say(() => `${process.pid} was promised ${receipt.entry.seq} ${receipt.entry.entry_hash}`);
          this.#holds(() => {
            this.#promises.acknowledged(receipt, request, since);
            if (this.#shape.durability === "sync") this.#assertDurable(receipt.entry.entry_hash);
          });
        },
      },
    );
  }

  #kill(running: Running): void {
    const { process } = running;
    this.#kills += 1;
    if (this.#chance.happens(0.5)) {
      process.killAfter = this.#chance.below(12);
      return;
    }
    process.kill();
  }

  #losePower(kind: LossKind): void {
    this.#say(() => `the power goes: ${kind}`);
    this.#losses += 1;
    const durable = this.#shape.durability === "sync" ? null : this.#durableThrough();
    for (const { process } of this.#processes) process.end();
    this.#machine.disk.losePower(kind);
    if (durable !== null) {
      this.#promises.forgetAfter(durable);
      this.#stopped.clear();
      this.#erased.forEach((_, subject) => this.#erased.set(subject, 0));
      this.#authorizations = [];
    }
    this.#machine.faultRate = 0;
    this.#machine.isFull = false;
  }

  #passTime(): void {
    const ms = this.#chance.pick([10, 700, 5000, 60_000, 400_000, 3_700_000]);
    this.#say(() => `${ms} ms pass`);
    this.#machine.elapsed += ms;
  }

  #jump(): void {
    this.#skewMs += this.#chance.pick([-86_400_000, -3_600_000, -5000, -1, 1, 5000, 3_600_000, 90_000_000]);
    this.#say(() => `the clock shows ${new Date(this.#now()).toISOString()}`);
  }

  #changeFaults(): void {
    const { isFull, faultRate } = this.#machine;
    if (isFull || faultRate > 0) {
      this.#machine.isFull = false;
      this.#machine.faultRate = 0;
    } else if (this.#chance.happens(0.2)) this.#machine.isFull = true;
    else this.#machine.faultRate = this.#chance.pick([0.01, 0.05, 0.3]);
    this.#say(() => `faults: ${this.#machine.faultRate}, full: ${this.#machine.isFull}`);
  }

  #close(running: Running): void {
    running.isClosing = true;
    const faults = this.#machine.faults;
    void this.#watch(running, "closes the log", async () => {
      await running.runtime?.close();
      const { isAlive, openFiles } = running.process;
      const others = [...this.#doing].filter(({ process }) => process === running.process);
      if (isAlive && others.length === 1 && faults === this.#machine.faults)
        assert.deepEqual(openFiles, [], "files were left open");
      this.#processes = this.#processes.filter((other) => other !== running);
    });
  }

  // ——— what is done

  #act(running: Running): void {
    const { runtime } = running;
    if (runtime === null) return;
    const chance = this.#chance;
    const luck = chance.next();
    const known = this.#authorizations.length > 0 ? chance.pick(this.#authorizations.slice(-6)) : null;
    if (luck < 0.34 || known === null) return this.#authorize(running, runtime);
    const { id } = known;
    const is = (what: string, work: () => Promise<void>): void => void this.#watch(running, `${what} ${id}`, work);
    if (luck < 0.5) return is("begins", async () => this.#begin(running, runtime, known));
    if (luck < 0.6) return is("attests", () => runtime.attest(id, chance.happens(0.6)));
    if (luck < 0.63) return is("gives up", () => runtime.attestUnknown(id));
    if (luck < 0.7) return is("approves", async () => void (await runtime.approve(id, this.#verdict())));
    if (luck < 0.72) return is("skips", () => runtime.skip(id));
    if (luck < 0.76) return this.#switch(running, runtime);
    if (luck < 0.84) return this.#burst(running, runtime);
    if (luck < 0.9 && this.#shape.durability === "sync") {
      return void this.#watch(running, "makes a checkpoint", () => this.#step(runtime));
    }
    if (luck < 0.91) return this.#erase(running, runtime);
    if (luck < 0.96) return this.#ask(running, runtime);
    return this.#readSome(running, runtime);
  }

  #verdict(): "APPROVED" | "REJECTED" {
    return this.#chance.happens(0.8) ? "APPROVED" : "REJECTED";
  }

  #authorize(running: Running, runtime: SimulatedRuntime): void {
    const chance = this.#chance;
    const agent = chance.below(AGENTS);
    // What a key stands for is said by the key: a repeat is the same request.
    const key = chance.happens(0.4) ? chance.below(4) : null;
    const amount = key === null ? 1 + chance.below(30) : 3 + key * 7;
    const avid = this.#avids.get(agent) ?? "";
    const wasStopped = this.#stopped.has(avid);
    void this.#watch(running, `asks for ${amount} as agent ${agent}, key ${key}`, async () => {
      const decision = await runtime.authorize(agent, amount, key === null ? null : `k${key}`);
      if (!running.process.isAlive) return;
      this.#avids.set(agent, decision.avid);
      const { authorization_id: id, action_digest: digest } = decision;
      this.#say(() => `${running.process.pid} was told ${decision.decision} ${id}`);
      if (id === null) {
        assert.equal(decision.decision, "DENY", "what is not recorded is not allowed");
        if (!running.isClosing) this.#assertMayFail(decision.reason);
        return;
      }
      if (key === null && wasStopped && this.#stopped.has(avid)) assert.equal(decision.decision, "DENY", "stopped");
      if (key !== null) this.#promises.authorized(`${agent} ${key}`, id);
      if (this.#shape.durability === "sync") this.#assertDurable(id);
      this.#authorizations.push({ id, digest });
    });
  }

  async #begin(running: Running, runtime: SimulatedRuntime, { id, digest }: KnownAuthorization): Promise<void> {
    await runtime.begin(id, digest);
    if (running.process.isAlive) this.#promises.begun(id);
  }

  #switch(running: Running, runtime: SimulatedRuntime): void {
    const avid = this.#avids.get(this.#chance.below(AGENTS));
    if (avid === undefined) return;
    const { process } = running;
    const engaged = this.#chance.happens(0.4);
    const release = { process, avid };
    const others = this.#releasing.some((other) => other.process.isAlive && other.avid === avid);
    if (!engaged) {
      this.#stopped.delete(avid);
      this.#releasing.push(release);
    }
    const asked = this.#releases;
    if (!engaged) this.#releases += 1;
    void this.#watch(running, `${engaged ? "engages" : "releases"} the switch of ${avid}`, async () => {
      try {
        await runtime.setKillSwitch(avid, engaged);
      } finally {
        if (process.isAlive) this.#releasing = this.#releasing.filter((other) => other !== release);
      }
      if (engaged && process.isAlive && !others && asked === this.#releases) this.#stopped.add(avid);
    });
  }

  #burst(running: Running, runtime: SimulatedRuntime): void {
    const count = this.#chance.pick([1, 1, 2, 2, 5, 5, 40]);
    for (let n = 0; n < count; n += 1) {
      const number = (this.#appended += 1);
      const entry = { event: "incident", timestamp: timestampOf(this.#now()), number };
      const record = number % 2 === 0 ? {} : { record: { subject: `subject-${number % 3}`, content: { number } } };
      void this.#watch(running, `appends ${number}`, async () => void (await runtime.append({ entry, ...record })));
    }
  }

  async #step(runtime: SimulatedRuntime): Promise<void> {
    await runtime.step((note) => {
      if (runtime.process.isAlive) this.#promises.signed(note);
    });
  }

  #erase(running: Running, runtime: SimulatedRuntime): void {
    const subject = this.#chance.pick(["subject-0", "subject-1", ...this.#avids.values()]);
    if (!this.#erased.has(subject)) this.#erased.set(subject, 0);
    void this.#watch(running, `erases ${subject}`, async () => {
      const { entry } = await runtime.ledger.erase(subject);
      if (running.process.isAlive) this.#erased.set(subject, entry.seq);
    });
  }

  #ask(running: Running, runtime: SimulatedRuntime): void {
    const avid = this.#avids.get(this.#chance.below(AGENTS));
    if (avid === undefined) return;
    void this.#watch(running, `asks what ${avid} has spent`, () => this.#checkState(runtime, avid));
  }

  #readSome(running: Running, runtime: SimulatedRuntime): void {
    void this.#watch(running, "reads records", () => this.#checkRecords(runtime, 4));
  }

  // ——— how it is waited for and judged

  async #watch(running: Running, what: string, work: () => Promise<void>): Promise<void> {
    const doing = { process: running.process, what };
    this.#doing.add(doing);
    this.#say(() => `${running.process.pid} ${what}`);
    try {
      await work();
    } catch (error) {
      if (running.process.isAlive) this.#holds(() => this.#judge(error, running));
    } finally {
      this.#doing.delete(doing);
    }
  }

  #judge(error: unknown, running: Running): void {
    this.#say(() => `${running.process.pid} was refused: ${String(error)}`);
    this.#refused += 1;
    // A process that can't open its log ends.
    if (running.runtime === null) {
      assert.deepEqual(running.process.openFiles, [], "files were left open where the log could not be opened");
      running.process.end();
    }
    const code = error instanceof CanopyError ? error.code : null;
    if (code !== null && ANSWERS.includes(code)) return;
    if (code === "CLOSED" && running.isClosing) return;
    // What a key stood for can't be shown once its record was erased, or was lost before it was promised.
    if (code === "IDEMPOTENCY_CONFLICT" && this.#someRecordIsGone()) return;
    const isFault =
      error instanceof Error && "code" in error && /^(?:E[A-Z]+|LEDGER_UNAVAILABLE)$/.test(String(error.code));
    if (isFault) return this.#assertMayFail(String(error));
    throw error;
  }

  #someRecordIsGone(): boolean {
    if ([...this.#avids.values()].some((avid) => this.#erased.has(avid))) return true;
    return readSimulatedLog(this.#machine.disk, LOG).some(({ entry }) => entry["payload_lost"] !== undefined);
  }

  #assertMayFail(reason: string): void {
    assert.ok(this.#machine.faults > 0, `nothing is wrong with the disk, and yet: ${reason}`);
  }

  /** What must hold; where it doesn't, the run ends. */
  #holds(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) {
      await this.#settle();
      const wait = this.#nextWait();
      if (wait === null) break;
      this.#machine.waits = this.#machine.waits.filter((other) => other !== wait);
      wait.end();
    }
    await this.#settle();
    this.#processes = this.#processes.filter(({ process }) => process.isAlive);
  }

  /** Let everything run that doesn't wait. */
  async #settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failure !== null) throw this.#failure;
  }

  #nextWait(): Wait | null {
    const { waits } = this.#machine;
    if (waits.length === 0) return null;
    let due = waits.filter((wait) => wait.due <= this.#machine.elapsed);
    if (due.length === 0) {
      this.#machine.elapsed = Math.min(...waits.map((wait) => wait.due));
      due = waits.filter((wait) => wait.due <= this.#machine.elapsed);
    }
    const wait = this.#chance.pick(due);
    // Turns of one process come in the order in which they were asked for.
    const isSame = (other: Wait): boolean => other.process === wait.process && other.what === "turn";
    return wait.what === "turn" ? (due.find(isSame) ?? wait) : wait;
  }

  #assertDurable(entryHash: string): void {
    const { disk } = this.#machine;
    const needle = `"entry_hash":"${entryHash}"}\n`;
    for (const path of logFiles(disk, LOG)) {
      const content = disk.node(path)?.current.view() ?? Buffer.alloc(0);
      const at = content.lastIndexOf(needle, undefined, "latin1");
      const end = at < 0 ? content.length : at + needle.length;
      assert.ok(disk.isDurable(path, 0, end), `power loss could take ${path} up to ${end}, which was answered`);
      if (at < 0) continue;
      const line = content.toString("utf8", content.lastIndexOf(10, at) + 1, end);
      const ref = parsePayloadRef(JSON.parse(line)["payload_ref"]);
      if (ref === null) return;
      const records = join(`${LOG}.d`, "payloads", `${ref.day}.bin`);
      const to = ref.offset + ref.length;
      assert.ok(disk.isDurable(records, ref.offset, to), `power loss could take a record of ${records}`);
      return;
    }
    assert.fail(`${entryHash} was answered and is not in the log`);
  }

  /** The seq up to which power loss can't take anything. */
  #durableThrough(): number {
    const { disk } = this.#machine;
    let through = 0;
    for (const { path, end, entry } of readSimulatedLog(disk, LOG)) {
      const ref = parsePayloadRef(entry["payload_ref"]);
      const records = ref === null ? "" : join(`${LOG}.d`, "payloads", `${ref.day}.bin`);
      if (!disk.isDurable(path, 0, end)) break;
      if (ref !== null && !disk.isDurable(records, ref.offset, ref.offset + ref.length)) break;
      through += 1;
    }
    return through;
  }

  #checkLog(): readonly LoggedLine[] {
    const lines = readSimulatedLog(this.#machine.disk, LOG);
    this.#promises.check(lines);
    return lines;
  }

  /** The state is what a book says that learned the whole log. */
  async #checkState(runtime: SimulatedRuntime, avid: string): Promise<void> {
    await runtime.ledger.historyOf("0".repeat(64));
    if (!runtime.process.isAlive) return;
    const book = new StateBook({ longest_window_ms: null });
    for (const { entry } of readSimulatedLog(this.#machine.disk, LOG)) book.learn(entry);
    const query = spendQuery(avid);
    const now = this.#now();
    const keyOf = (place: string): string => runtime.ledger.resourceKey(place);
    assert.deepEqual(runtime.ledger.state(query, now), book.answer(query, now, keyOf));
  }

  async #checkRecords(runtime: SimulatedRuntime, count: number): Promise<void> {
    const { records } = this.#promises;
    for (let n = 0; n < count && records.length > 0; n += 1) {
      const { hash, seq, content, isWhole, subject } = this.#chance.pick(records);
      const erased = this.#erased.get(subject ?? "");
      const found = await runtime.ledger.readRecord(hash);
      if (!runtime.process.isAlive) return;
      if (found === null && erased !== undefined) continue;
      assert.ok((erased ?? 0) < seq, `the record of ${seq} is there though its subject was erased at ${erased}`);
      assert.ok(found !== null, `the record of ${seq} is gone`);
      if (isWhole) assert.equal(JSON.stringify(found), JSON.stringify(content), `the record of ${seq} is another`);
      else assert.equal(found["action_digest"], content?.["action_digest"], `the record of ${seq} is another's`);
    }
  }

  // ——— the end

  async #comeToRest(): Promise<void> {
    this.#isEnding = true;
    this.#machine.faultRate = 0;
    this.#machine.isFull = false;
    for (const { process } of this.#processes) process.killAfter = null;
    await this.#finish();
    for (const { runtime, isClosing } of this.#processes) {
      if (runtime !== null && !isClosing) await this.#assertGoesOn(runtime);
    }
    for (const running of this.#processes) if (running.runtime !== null && !running.isClosing) this.#close(running);
    await this.#finish();
    this.#checkLog();
    this.#losePower("all lost");
    this.#processes = [];
    this.#start();
    await this.#finish();
    const runtime = this.#processes[0]?.runtime ?? null;
    assert.ok(runtime !== null, "the log does not open");
    for (const avid of this.#avids.values()) await this.#finishing(this.#checkState(runtime, avid));
    await this.#finishing(this.#checkRecords(runtime, 8));
    await this.#assertGoesOn(runtime);
    for (const running of this.#processes) this.#close(running);
    await this.#finish();
    this.#checkLog();
  }

  /** Whatever was begun comes to its end. */
  async #finish(): Promise<void> {
    for (let turn = 0; turn < SETTLING_TURNS; turn += 1) {
      await this.#turns(1);
      const isBusy = [...this.#doing].some(({ process }) => process.isAlive);
      if (!isBusy && this.#machine.waits.length === 0) return;
    }
    const still = [...this.#doing]
      .filter(({ process }) => process.isAlive)
      .map(({ process, what }) => `${process.pid} ${what}`);
    assert.fail(`it does not come to rest: ${still.join(", ")}`);
  }

  async #finishing(work: Promise<void>): Promise<void> {
    const state = { isDone: false };
    const done = work.finally(() => (state.isDone = true));
    done.catch(() => undefined);
    for (let turn = 0; turn < SETTLING_TURNS && !state.isDone; turn += 1) await this.#turns(1);
    assert.ok(state.isDone, "it does not come to an end");
    await done;
  }

  /** The disk is sound again, so the log takes entries again. */
  async #assertGoesOn(runtime: SimulatedRuntime): Promise<void> {
    let problem: unknown = null;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      this.#machine.elapsed += 100;
      const entry = { event: "incident", timestamp: timestampOf(this.#now()) };
      problem = null;
      const appending = runtime.append({ entry, record: { subject: "end", content: { attempt } } });
      await this.#finishing(
        appending.then(
          () => undefined,
          (error: unknown) => void (problem = error),
        ),
      );
      if (problem === null) return;
    }
    throw new Error("the log takes no entries though its disk is sound", { cause: problem });
  }
}
