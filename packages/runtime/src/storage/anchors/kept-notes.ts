// What anchors keep, read by whoever verifies a log: with no part in it, and without its home.

import { errorText } from "../../core/errors.ts";
import { readdir } from "node:fs/promises";
import { isCode } from "../owner-file.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import { isUsableUrl, shownUrl } from "./anchor-text.ts";
import { HttpPeer } from "./bounded-request.ts";
import { FolderAnchor, keptSizes } from "./folder-anchor.ts";
import { notePlace } from "./note-place.ts";
import { noteOfSyslogLine } from "./syslog-message.ts";

const TIMEOUT_MS = 10_000;
const MAX_NOTE_BYTES = 65_536;

/** Every checkpoint that a folder anchor keeps, whichever log's. Throws `ANCHOR_UNAVAILABLE`. */
export async function notesInFolder(path: string): Promise<readonly string[]> {
  const anchor = new FolderAnchor(path);
  let parts: readonly string[];
  try {
    parts = (await readdir(path)).filter((name) => /^[0-9a-f]{32}$/.test(name));
  } catch (error) {
    const why = isCode(error, "ENOENT") ? "does not exist" : `can't be read: ${errorText(error)}`;
    throw anchorUnavailable(anchor.name, why, error);
  }
  const notes = await Promise.all(parts.map((part) => anchor.allIn(part)));
  return notes.flat();
}

/** The checkpoint at a URL (`isUsableUrl`). Throws `ANCHOR_UNAVAILABLE` when there is none to be had. */
export async function noteAt(url: URL): Promise<string> {
  const shown = shownUrl(url);
  if (!isUsableUrl(url)) throw anchorUnavailable(shown, "must be https, or http on this machine itself");
  const peer = new HttpPeer(url);
  try {
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_NOTE_BYTES };
    const { status, body } = await peer.send(url, { method: "GET", ...limits });
    if (status !== 200) throw new Error(`status ${status}`);
    return body;
  } catch (error) {
    throw anchorUnavailable(shown, `gives no checkpoint: ${errorText(error)}`, error);
  } finally {
    peer.close();
  }
}

/**
 * The checkpoints in a file's text: one note, or the lines that a syslog receiver kept. Of many, of each log the newest
 * and ever fewer of those before.
 */
export function notesInText(text: string): readonly string[] {
  if (notePlace(text) !== null) return [text];
  const byOrigin = new Map<string, Map<number, string[]>>();
  for (const line of text.split("\n")) {
    const note = noteOfSyslogLine(line);
    const place = note === null ? null : notePlace(note);
    if (note === null || place === null) continue;
    const sizes = byOrigin.get(place.origin) ?? new Map<number, string[]>();
    byOrigin.set(place.origin, sizes);
    const same = sizes.get(place.size) ?? [];
    if (!same.includes(note)) sizes.set(place.size, [...same, note]);
  }
  return [...byOrigin.values()].flatMap((sizes) => {
    const kept = keptSizes([...sizes.keys()].sort((left, right) => left - right));
    // Two of one size are told apart by whoever checks them: one of them is of another log.
    return [...sizes].filter(([size, notes]) => kept.has(size) || notes.length > 1).flatMap(([, notes]) => notes);
  });
}
