// A policy file read once: whole, of bounded size, and the same at the end as at the start.

import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from "node:fs";
import { isCode } from "../storage/owner-file.ts";
import type { PolicyProblem } from "./policy-problem.ts";

/** The most bytes of one policy file, included file or test file that are read. */
const MAX_FILE_BYTES = 16_777_216;

/**
 * The bytes of a regular file, following links; what is wrong instead when there are none to be had.
 *
 * Cost: one read, at most 16 MiB. Never waits for a pipe or a device.
 */
export function readPolicyFile(file: string): Uint8Array<ArrayBuffer> | PolicyProblem {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (isCode(error, "ENOENT")) return problem(file, "policy_missing", "there is no such file", "put it back");
    return unreadable(file, error);
  }
  try {
    return readSteady(fd, file);
  } catch (error) {
    return unreadable(file, error);
  } finally {
    closeSync(fd);
  }
}

function readSteady(fd: number, file: string): Uint8Array<ArrayBuffer> | PolicyProblem {
  const before = fstatSync(fd, { bigint: true });
  if (!before.isFile()) {
    return problem(file, "policy_unreadable", "it is no regular file", "name a file, or a link to one");
  }
  if (before.size > MAX_FILE_BYTES) {
    return problem(file, "too_large", `it has ${before.size} bytes: expected at most ${MAX_FILE_BYTES}`, null);
  }
  const bytes = new Uint8Array(Number(before.size));
  let at = 0;
  while (at < bytes.length) {
    const read = readSync(fd, bytes, at, bytes.length - at, at);
    if (read === 0) break;
    at += read;
  }
  const same = sameContent(before, fstatSync(fd, { bigint: true }));
  if (same && at === bytes.length) return bytes;
  const fix = "write the new policy beside it, then rename it over the old one";
  return problem(file, "policy_changing", "it changed while it was read", fix);
}

function sameContent(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}

function unreadable(file: string, error: unknown): PolicyProblem {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return problem(file, "policy_unreadable", `it can't be read (${code})`, "see to its permissions");
}

function problem(file: string, code: PolicyProblem["code"], message: string, fix: string | null): PolicyProblem {
  return { code, message, fix, file, line: null, col: null, policy_hash: null };
}
