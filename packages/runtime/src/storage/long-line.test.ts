import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MAX_LINE_BYTES } from "../ledger/verify.ts";
import { realFileSystem as fs } from "./file-system.ts";
import { linesBackward, linesForward } from "./line-scan.ts";
import { lineEndingAt } from "./log-search.ts";
import { eachLine } from "./tlog/each-line.ts";
import { LogLines } from "./tlog/log-lines.ts";

/** A file of one short line and then as many bytes without a line feed; they take no room on the disk. */
function longFile(t: { after: (done: () => void) => void }, bytes: number, end = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-long-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  writeFileSync(path, '{"a":1}\n');
  truncateSync(path, 8 + bytes);
  writeFileSync(path, end, { flag: "a" });
  return path;
}

test("no reader of lines takes a line of any length into memory", (t) => {
  const path = longFile(t, 2 * MAX_LINE_BYTES, '\n{"b":2}\n');
  const size = fs.statusAt(path)?.size ?? 0;
  const fd = fs.open(path, "read");
  t.after(() => fs.close(fd));
  const range = { fd, from: 0, to: size };
  const refused = { code: "LEDGER_REFUSED", message: /longer than 67108864 bytes, at byte 8 / };
  assert.throws(() => [...eachLine(fs, range)], refused);
  assert.throws(() => [...linesForward(fs, range, "nowhere")], refused);
  assert.throws(() => [...linesBackward(fs, range, "nowhere")], { code: "LEDGER_REFUSED" });
  assert.ok(lineEndingAt(fs, fd, size - 8) === null);
  assert.equal(lineEndingAt(fs, fd, size)?.line, '{"b":2}');
});

test("an unfinished line that is too long to be an entry is none", (t) => {
  const path = longFile(t, 2 * MAX_LINE_BYTES);
  const lines = LogLines.open(fs, path);
  t.after(() => lines.close());
  assert.throws(() => lines.size, { code: "LEDGER_REFUSED" });
  const [first] = lines.lines(0, 1);
  assert.equal(first?.bytes.toString(), '{"a":1}');
});
