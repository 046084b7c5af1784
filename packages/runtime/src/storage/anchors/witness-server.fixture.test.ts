// A log witness of our own, for tests: a real HTTP server that follows C2SP tlog-witness to the letter. It keeps the
// newest checkpoint of each log, cosigns what continues it, and nothing else.

import { sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { TestContext } from "node:test";
import { cosignedMessage, formatCosignature } from "../../ledger/tlog/cosignature.ts";
import { parseSize, readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { formatSignature } from "../../ledger/tlog/note.ts";
import { verifyConsistency } from "../../ledger/tlog/tree.ts";
import { formatVerifierKey, noteSignatureState, type VerifierKey } from "../../ledger/tlog/verifier-key.ts";
import { decodeBase64 } from "../../identity/base64.ts";
import { testKey, TOOLS, type TestKey } from "./growing-log.fixture.test.ts";

/** One answer. */
export interface WitnessReply {
  readonly status: number;
  readonly body?: string;
  readonly type?: string;
}

/** A log witness that runs. */
export interface RunningWitness {
  readonly url: string;
  readonly vkey: string;
  readonly key: TestKey;
  /** Status codes in the order they were answered. */
  readonly answered: readonly number[];
  /** Answer this instead of what is right, once. */
  readonly next: (reply: WitnessReply) => void;
  readonly stop: () => Promise<void>;
}

const EMPTY_ROOT = TOOLS.sha256(new Uint8Array());

/** Start a log witness that knows these logs. */
export async function startWitness(
  t: TestContext,
  name: string,
  logs: readonly VerifierKey[],
): Promise<RunningWitness> {
  const key = testKey(name, "cosignature-v1");
  const judge = witnessOf(key, logs);
  const answered: number[] = [];
  const replies: WitnessReply[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const isCall = request.method === "POST" && request.url === "/w/add-checkpoint";
      const reply = replies.shift() ?? (isCall ? judge(body) : { status: 404 });
      answered.push(reply.status);
      response.writeHead(reply.status, { "content-type": reply.type ?? "text/plain" }).end(reply.body ?? "");
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const stop = (): Promise<void> => closed(server);
  t.after(stop);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const next = (reply: WitnessReply): void => void replies.push(reply);
  return { url: `http://127.0.0.1:${port}/w`, vkey: formatVerifierKey(key.verifier), key, answered, next, stop };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}

/** The rules of add-checkpoint, in the specification's order. */
function witnessOf(key: TestKey, logs: readonly VerifierKey[]): (body: string) => WitnessReply {
  const known = new Map<string, { readonly size: number; readonly root: Uint8Array }>();
  return (body) => {
    const split = body.indexOf("\n\n");
    const [first = "", ...lines] = body.slice(0, split).split("\n");
    const old = parseSize(first.startsWith("old ") ? first.slice(4) : "");
    const path = lines.map((line) => decodeBase64(line));
    const note = body.slice(split + 2);
    if (split < 0 || old === null || path.length > 63 || path.some((hash) => hash?.length !== 32))
      return { status: 400 };
    const { checkpoint, note: parsed } = readCheckpoint(note);
    const keys = logs.filter((log) => log.name === checkpoint.origin);
    if (keys.length === 0) return { status: 404 };
    const states = keys.map((log) => noteSignatureState(parsed, log, TOOLS.verifySignature));
    if (states.includes("bad") || !states.includes("good")) return { status: 403 };
    if (old > checkpoint.size) return { status: 400 };
    const last = known.get(checkpoint.origin) ?? { size: 0, root: EMPTY_ROOT };
    if (old !== last.size) return { status: 409, body: `${last.size}\n`, type: "text/x.tlog.size" };
    const hashes = path.flatMap((hash) => hash ?? []);
    const to = { to: checkpoint.size, toRoot: checkpoint.root, path: hashes };
    const continues =
      old === 0 ? hashes.length === 0 : verifyConsistency({ from: old, fromRoot: last.root, ...to }, TOOLS.sha256);
    if (!continues) return { status: 422 };
    known.set(checkpoint.origin, { size: checkpoint.size, root: checkpoint.root });
    const time = Math.floor(Date.now() / 1000);
    const signature = sign(null, cosignedMessage(parsed.text, time), key.private_key);
    const { name, key_id } = key.verifier;
    return { status: 200, body: formatSignature(formatCosignature({ name, key_id, time, signature })) };
  };
}
