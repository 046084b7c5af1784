// A parsed policy on its way from the thread that read it: in pieces, since taking over a large tree at once would hold
// up the thread that decides for as long as reading it.

import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { Steps } from "../core/steps.ts";
import type { Located, LocatedEntry } from "../core/policy/index.ts";

/** The outermost values of a policy, without the items of its lists; then those items, a few at a time. */
type TreePiece =
  | { readonly kind: "outline"; readonly root: Located }
  | { readonly kind: "items"; readonly entry: number; readonly items: readonly Located[] };

const ITEMS_AT_ONCE = 4;

/** Send a policy's values to the other end. Cost: that of copying them, here. */
export function sendPolicyTree(root: Located, port: MessagePort): void {
  post(port, { kind: "outline", root: outlineOf(root) });
  if (root.kind !== "map") return;
  for (const [entry, { value }] of root.entries.entries()) {
    if (value.kind !== "list") continue;
    for (let at = 0; at < value.items.length; at += ITEMS_AT_ONCE) {
      post(port, { kind: "items", entry, items: value.items.slice(at, at + ITEMS_AT_ONCE) });
    }
  }
}

/** Take a policy's values, all of which have been sent, a piece a step. Null when nothing was sent. */
export function* takePolicyTree(port: MessagePort): Steps<Located | null> {
  let root: Located | null = null;
  const items: Located[][] = [];
  for (let piece = take(port); piece !== null; piece = take(port)) {
    if (piece.kind === "outline") root = piece.root;
    else (items[piece.entry] ??= []).push(...piece.items);
    yield;
  }
  if (root?.kind !== "map") return root;
  return { ...root, entries: root.entries.map((entry, at) => withItems(entry, items[at])) };
}

function outlineOf(root: Located): Located {
  if (root.kind !== "map") return root;
  const entries = root.entries.map((entry) =>
    entry.value.kind === "list" ? { ...entry, value: { ...entry.value, items: [] } } : entry,
  );
  return { ...root, entries };
}

function withItems(entry: LocatedEntry, items: readonly Located[] | undefined): LocatedEntry {
  return items === undefined || entry.value.kind !== "list" ? entry : { ...entry, value: { ...entry.value, items } };
}

function post(port: MessagePort, piece: TreePiece): void {
  port.postMessage(piece);
}

// Sent by `sendPolicyTree` of this very version.
function take(port: MessagePort): TreePiece | null {
  const received: { readonly message: TreePiece } | undefined = receiveMessageOnPort(port);
  return received?.message ?? null;
}
