import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { lineBatches, TOO_LONG } from "./read-input.ts";

async function linesOf(chunks: readonly Uint8Array[], limit: number): Promise<readonly (string | null)[]> {
  const lines: (string | null)[] = [];
  // oxlint-disable-next-line require-await
  async function* each(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  for await (const batch of lineBatches(each(), limit)) {
    for (const line of batch) lines.push(line === TOO_LONG ? null : new TextDecoder().decode(line));
  }
  return lines;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("reading line by line", () => {
  it("gives the same lines however the bytes are cut", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-zé]{0,12}$/), { minLength: 1 }),
        fc.array(fc.nat(40)),
        async (texts, cuts) => {
          const bytes = encode(`${texts.join("\n")}\n`);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at = Math.min(bytes.length, at + cut);
          }
          chunks.push(bytes.subarray(at));
          assert.deepEqual(await linesOf(chunks, 1000), texts);
        },
      ),
      { numRuns: 200 },
    ));

  it("gives the last line without a line feed, and nothing for nothing", async () => {
    assert.deepEqual(await linesOf([encode("a\nb")], 10), ["a", "b"]);
    assert.deepEqual(await linesOf([], 10), []);
    assert.deepEqual(await linesOf([encode("")], 10), []);
  });

  it("drops a line over the limit, says so, and goes on with the next", async () => {
    assert.deepEqual(await linesOf([encode("aaaa"), encode("aaaa"), encode("a\nok\n")], 8), [null, "ok"]);
  });
});
