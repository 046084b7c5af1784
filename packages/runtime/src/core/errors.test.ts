import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { adviceText, CanopyError, ERROR_CODES } from "./errors.ts";

test("docs/errors.md lists exactly the codes there are, each with its exit code", () => {
  const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| \S/gmu)].map((row) => [row[1], Number(row[2])]);
  assert.deepEqual(listed, Object.entries(ERROR_CODES));
});

test("an error keeps its code, place, fix and cause, and its text is one line", () => {
  const cause = new Error("disk");
  const error = new CanopyError("FILE_UNUSABLE", "file `x` can't be read", { at: "x", fix: "check the path", cause });
  assert.deepEqual(
    [error.code, error.at, error.fix, error.cause, error.message.includes("\n")],
    ["FILE_UNUSABLE", "x", "check the path", cause, false],
  );
});

test("an error shown to a person says what to do about it", () => {
  const error = new CanopyError("FILE_UNUSABLE", "file `x` can't be read", { fix: "check the path" });
  assert.equal(String(error), "CanopyError: file `x` can't be read\nfix: check the path");
  assert.equal(adviceText(error), "file `x` can't be read (fix: check the path)");
  const plain = new CanopyError("CLOSED", "the runtime was closed");
  assert.equal(String(plain), "CanopyError: the runtime was closed");
  assert.equal(adviceText(plain), "the runtime was closed");
  assert.equal(adviceText("no error"), "no error");
});
