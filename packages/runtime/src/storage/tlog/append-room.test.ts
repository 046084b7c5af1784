import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AppendRoom, MOST_AFTER } from "./append-room.ts";

/** A log that grows by what is let go, and a clock that is turned by hand. */
class Bench {
  newest = 0;
  readonly written: number[] = [];
  #late: (() => void) | null = null;
  readonly room = new AppendRoom({
    newest: () => this.newest,
    later: (_, work) => {
      this.#late = work;
      return () => (this.#late = null);
    },
  });
  #next = 0;

  append(count = 1): void {
    for (let at = 0; at < count; at += 1) {
      const number = this.#next++;
      const write = (): void => {
        this.newest += 1;
        this.written.push(number);
      };
      if (this.room.isOpen) write();
      else this.room.wait(write);
    }
  }

  /** How many wait. */
  get held(): number {
    return this.#next - this.written.length;
  }

  /** Whether somebody waits for the time to pass. */
  get isTiming(): boolean {
    return this.#late !== null;
  }

  passTime(): void {
    const late = this.#late;
    this.#late = null;
    late?.();
  }
}

test("nobody waits while it isn't known how far checkpoints reach", () => {
  const bench = new Bench();
  bench.append(5000);
  assert.equal(bench.held, 0);
});

test("appends that come faster than checkpoints wait for the next, and go on in their order", () => {
  const bench = new Bench();
  bench.room.covered(0);
  bench.append(MOST_AFTER + 30);
  assert.deepEqual([bench.written.length, bench.held], [MOST_AFTER, 30]);
  bench.room.covered(10);
  assert.deepEqual([bench.written.length, bench.held], [MOST_AFTER + 10, 20]);
  assert.ok(bench.isTiming, "those that go on waiting are let go some day");
  bench.room.covered(800);
  assert.deepEqual([bench.held, bench.isTiming], [0, false]);
  assert.deepEqual(
    bench.written,
    bench.written.map((_, index) => index),
  );
});

test("where no checkpoint comes in time, all go on, and nobody waits until one has come", () => {
  const bench = new Bench();
  bench.room.covered(0);
  bench.append(MOST_AFTER + 5);
  bench.passTime();
  bench.append(200);
  assert.equal(bench.held, 0);
  bench.room.covered(bench.newest - 100);
  bench.append(MOST_AFTER);
  assert.equal(bench.held, 100);
});

test("a log that is far behind for another reason holds nobody up", () => {
  const bench = new Bench();
  bench.newest = 100_000;
  bench.room.covered(7);
  bench.append(10);
  assert.equal(bench.held, 0);
});

test("whatever comes: nothing is lost or overtaken, and while time does not pass at most as many as are meant stand behind", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 400 }) }),
    fc.record({ kind: fc.constant("covered" as const), count: fc.integer({ min: 0, max: 1000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench();
      let covered = 0;
      bench.room.covered(0);
      for (const { kind, count } of steps) {
        if (kind === "append") bench.append(count);
        else bench.room.covered((covered = Math.min(bench.newest, covered + count)));
        assert.ok(bench.newest - covered <= MOST_AFTER, `${bench.newest - covered} stood behind`);
        assert.ok(bench.held === 0 || bench.isTiming);
      }
      bench.room.open();
      assert.equal(bench.held, 0);
      assert.ok(bench.written.every((number, index) => number === index));
    }),
  );
});
