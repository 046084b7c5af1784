// What every anchor that can be read must do, as one function that each kind's test calls; and what those tests share.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";

/** A checkpoint with a made-up root and signature: anchors don't look at signatures. */
export function someNote(size: number, mark = "a", origin = "canopy/test"): string {
  const root = createHash("sha256").update(`${mark} ${size}`).digest("base64");
  return `${origin}\n${size}\n${root}\n\n— ${origin} ${Buffer.alloc(68, 1).toString("base64")}\n`;
}

/** Whether an error says that an anchor can't be used, in words that match. */
export function unavailable(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, "ANCHOR_UNAVAILABLE");
    assert.match(error.message, words);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };
}

/** Register the tests. `make` gives a fresh anchor on an empty place; `again` another one on the same place. */
export function testReadableAnchor(
  kind: string,
  make: (t: TestContext) => Promise<{ readonly anchor: CheckpointAnchor; readonly again: () => CheckpointAnchor }>,
): void {
  test(`${kind}: what was published last is the newest, also for another reader`, async (t) => {
    const { anchor, again } = await make(t);
    assert.equal(await anchor.newest("canopy/test"), null);
    assert.equal(await anchor.publish(someNote(1)), null);
    assert.equal(await anchor.publish(someNote(40)), null);
    assert.equal(await anchor.publish(someNote(40)), null);
    assert.equal(await anchor.newest("canopy/test"), someNote(40));
    assert.equal(await again().newest("canopy/test"), someNote(40));
  });

  test(`${kind}: an older checkpoint, or another of the same size, is refused, and the kept one is told`, async (t) => {
    const { anchor, again } = await make(t);
    await anchor.publish(someNote(40));
    assert.equal(await anchor.publish(someNote(39)), someNote(40));
    assert.equal(await again().publish(someNote(40, "fork")), someNote(40));
    assert.equal(await anchor.newest("canopy/test"), someNote(40));
  });

  test(`${kind}: of many publishers at once none takes the place of a later one`, async (t) => {
    const { anchor, again } = await make(t);
    const sizes = [3, 9, 1, 7, 9, 2, 8, 5];
    const told = await Promise.allSettled(sizes.map((size, at) => again().publish(someNote(size, `${at}`))));
    const kept = await anchor.newest("canopy/test");
    assert.ok(typeof kept === "string");
    // Both of size 9 can't stand: whoever was told null of it is the one that is kept, and nobody else of that size.
    const nines = [1, 4].filter((at) => {
      const one = told[at];
      return one?.status === "fulfilled" && one.value === null;
    });
    assert.ok(nines.length <= 1);
    if (nines.length === 1) assert.equal(kept, someNote(9, String(nines[0])));
    assert.equal(await anchor.publish(someNote(10)), null);
  });

  test(`${kind}: only the one that was judged can be replaced, also by an older one`, async (t) => {
    const { anchor } = await make(t);
    await anchor.publish(someNote(40));
    await assert.rejects(anchor.replace(someNote(39), someNote(12, "new")), unavailable(/another checkpoint/));
    assert.equal(await anchor.newest("canopy/test"), someNote(40));
    await anchor.replace(someNote(40), someNote(12, "new"));
    assert.equal(await anchor.newest("canopy/test"), someNote(12, "new"));
    assert.equal(await anchor.publish(someNote(13, "new")), null);
  });

  test(`${kind}: what is no checkpoint is not kept`, async (t) => {
    const { anchor } = await make(t);
    for (const text of ["", "canopy/test\n01\n", someNote(5).replace("\n5\n", "\n-5\n")]) {
      await assert.rejects(anchor.publish(text), unavailable(/checkpoints only/));
    }
    assert.equal(await anchor.newest("canopy/test"), null);
  });
}
