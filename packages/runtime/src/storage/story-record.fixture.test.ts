// Stories on record: a file of `vectors/record` with a block for each story, its name and what happened in it, line by line.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";

const WRITE = process.env["CANOPY_GOLDEN"] === "write";

/** Tells what happened; values are written as JSON, errors as people see them. */
export type Say = (subject: string, value?: unknown) => void;

/** Registers a story as a test. What it says is as on record. */
export type Story = (name: string, play: (say: Say, t: TestContext) => Promise<void> | void) => void;

/** Opens a record: `story` for each, `finish` at the end. `plain` takes out what differs from run to run. */
export function openStories(
  file: URL,
  plain: (line: string) => string,
): { readonly story: Story; readonly finish: () => void } {
  const recorded = new Map(
    readFileSync(file, "utf8")
      .replace(/\n$/u, "")
      .split("\n\n")
      .map((block): [string, string] => [block.split("\n", 1).join(""), block]),
  );
  const names: string[] = [];
  const written: string[] = [];
  const story: Story = (name, play) => {
    names.push(name);
    test(`${name}: it goes as it stands on record`, async (t) => {
      const lines = [name];
      const say: Say = (subject, value) =>
        void lines.push(plain(`${subject}${value === undefined ? "" : `: ${text(value)}`}`));
      await play(say, t);
      const block = lines.join("\n");
      if (WRITE) written.push(block);
      else assert.equal(block, recorded.get(name), "if this is meant: npm run golden");
    });
  };
  const finish = (): void => {
    test("the record holds each story once, and no other", () => {
      if (WRITE) writeFileSync(file, `${written.join("\n\n")}\n`);
      else assert.deepEqual([...recorded.keys()], names);
    });
  };
  return { story, finish };
}

function text(value: unknown): string {
  if (value instanceof CanopyError) return `${value.code}: ${value.message}; ${value.fix ?? ""}; ${value.at ?? ""}`;
  return value instanceof Error ? String(value) : (JSON.stringify(value) ?? "nothing");
}

/** What was done came to: its value, or the error. */
export async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return error;
  }
}
