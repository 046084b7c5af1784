// What somebody who writes beside a log may have put there, as the console meets it: it waits for nothing, and writes
// nowhere else.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { SignedVote } from "canopy-runtime";
import { KeptVotes } from "./kept-votes.ts";
import { endOfLines, ReverseLines } from "./reverse-lines.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-beside-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function pipe(path: string): void {
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
}

test("a segment in whose place a pipe, a link or a folder stands is said to be that", (t) => {
  const folder = folderOf(t);
  const log = join(folder, "audit.log");
  const segments = join(`${log}.d`, "segments");
  mkdirSync(segments, { recursive: true });
  writeFileSync(log, '{"event":"log_rotated","previous_segment":"000001.log"}\n');
  const place = join(segments, "000001.log");
  const cases: readonly [() => void, string][] = [
    [() => undefined, "not there"],
    [() => pipe(place), "a pipe, and no file"],
    [() => symlinkSync("/dev/zero", place), "a symbolic link, and no file"],
    [() => mkdirSync(place), "a folder, and no file"],
  ];
  for (const [put, said] of cases) {
    put();
    const fd = openSync(log, "r");
    const lines = new ReverseLines(log, fd, endOfLines(fd));
    assert.equal(lines.next()?.lines.length, 1);
    assert.equal(lines.next(), null);
    assert.equal(lines.problem, `segment 000001.log, which came before, is ${said}`);
    closeSync(fd);
    rmSync(place, { recursive: true, force: true });
  }
});

test("a kept vote is written beside the log only, and what is no vote is none", (t) => {
  const folder = folderOf(t);
  const log = join(folder, "audit.log");
  const precious = join(folder, "precious");
  writeFileSync(precious, "kept");
  const signed: SignedVote = JSON.parse('{"vote":{"key":"k","expires_at":"9"},"signature":"s"}');
  const votes = new KeptVotes(log, "request");
  const at = join(`${log}.d`, "votes", "request");
  votes.keep(signed);
  const [name = ""] = readdirSync(at);
  rmSync(join(at, name));
  symlinkSync(precious, join(at, name));
  votes.keep(signed);
  assert.equal(readFileSync(precious, "utf8"), "kept");
  assert.deepEqual(readdirSync(at), [name]);
  rmSync(join(at, name));
  pipe(join(at, name));
  assert.deepEqual(votes.of("other", "0"), []);
  rmSync(at, { recursive: true });
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, at);
  assert.throws(() => votes.keep(signed), { code: "FILE_UNUSABLE" });
  assert.deepEqual(readdirSync(elsewhere), []);
});
