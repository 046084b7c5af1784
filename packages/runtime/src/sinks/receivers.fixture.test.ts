// Real receivers for tests of sinks, each of which can fail in the ways that receivers do.

import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { textOf } from "./formats/sink-record.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "../storage/anchors/test-certificate.fixture.test.ts";

/** How a receiver behaves. */
export type Mood = "well" | "failing" | "hanging";

/** A receiver. */
export interface Receiver {
  /** The setting that names it. */
  readonly setting: string;
  /** `entry_hash` of each entry it has taken, in order, repeats too. */
  readonly ids: () => readonly string[];
  /** What arrived, as text. */
  readonly texts: () => readonly string[];
  /** Null: it can't be made to behave so. */
  readonly become: ((mood: Mood) => Promise<void>) | null;
}

async function listen(t: TestContext, server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  t.after(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A file. It is well as long as its folder is there. */
export function fileReceiver(folder: string): Receiver {
  const path = join(folder, "received.jsonl");
  const texts = (): readonly string[] => {
    try {
      return readFileSync(path, "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  };
  return { setting: `file:${path}`, texts, ids: () => texts().map(idOf), become: null };
}

/** A syslog receiver over UDP. */
export async function udpReceiver(t: TestContext): Promise<Receiver> {
  const texts: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message) => void texts.push(message.toString("utf8")));
  await new Promise<void>((resolve) => void socket.bind(0, "127.0.0.1", resolve));
  t.after(() => socket.close());
  const setting = `syslog+udp://127.0.0.1:${socket.address().port}`;
  return { setting, texts: () => texts, ids: () => texts.map(idOf), become: null };
}

/** A syslog receiver over TCP or TLS that counts octets. */
export async function streamReceiver(t: TestContext, transport: "tcp" | "tls"): Promise<Receiver> {
  const texts: string[] = [];
  const sockets = new Set<Socket>();
  let mood: Mood = "well";
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (mood === "failing") {
      socket.destroy();
      return;
    }
    if (mood === "hanging") return;
    let bytes: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let frame = nextFrame(bytes); frame !== null; frame = nextFrame(bytes)) {
        texts.push(frame.text);
        bytes = frame.rest;
      }
    });
  };
  const tls = { key: TEST_KEY, cert: TEST_CERTIFICATE };
  const server = transport === "tcp" ? createServer(serve) : createTlsServer(tls, serve);
  const port = await listen(t, server);
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  t.after(drop);
  const become = async (next: Mood): Promise<void> => {
    mood = next;
    drop();
    return Promise.resolve();
  };
  return { setting: `syslog+${transport}://localhost:${port}`, texts: () => texts, ids: () => texts.map(idOf), become };
}

function nextFrame(bytes: Buffer): { readonly text: string; readonly rest: Buffer } | null {
  const space = bytes.indexOf(0x20);
  const length = space < 0 ? Number.NaN : Number(bytes.toString("latin1", 0, space));
  if (!(bytes.length >= space + 1 + length)) return null;
  return { text: bytes.toString("utf8", space + 1, space + 1 + length), rest: bytes.subarray(space + 1 + length) };
}

/** A server that takes batches of CloudEvents, or what a collector of OpenTelemetry takes. */
export async function httpReceiver(t: TestContext, kind: "http" | "otlp", below = ""): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = [];
  let mood: Mood = "well";
  let most = Infinity;
  let refusal: ((body: string) => number | null) | null = null;
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      if (mood === "hanging") return;
      const body = Buffer.concat(chunks).toString("utf8");
      const isTooLarge = body.length > most;
      const status = mood === "failing" ? 500 : isTooLarge ? 413 : (refusal?.(body) ?? 200);
      if (status === 200) {
        const { url = "", headers } = request;
        requests.push({
          path: url,
          type: headers["content-type"] ?? "",
          authorization: headers.authorization ?? "",
          body,
        });
      }
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  t.after(() => server.closeAllConnections());
  const port = await listen(t, server);
  const texts = (): readonly string[] => requests.map(({ body }) => body);
  const become = (next: Mood): Promise<void> => {
    mood = next;
    server.closeAllConnections();
    return Promise.resolve();
  };
  const prefix = kind === "otlp" ? "otlp+" : "";
  return {
    setting: `${prefix}http://127.0.0.1:${port}${below}`,
    texts,
    ids: () => requests.flatMap(({ path, body }) => (path.endsWith("v1/metrics") ? [] : idsOf(JSON.parse(body)))),
    become,
    requests,
    takeAtMost: (bytes) => (most = bytes),
    refuse: (by) => (refusal = by),
  };
}

/** A request that was answered with 200. */
export interface ReceivedRequest {
  readonly path: string;
  readonly type: string;
  readonly authorization: string;
  readonly body: string;
}

/** An HTTP receiver. */
export interface HttpReceiver extends Receiver {
  readonly requests: readonly ReceivedRequest[];
  readonly takeAtMost: (bytes: number) => void;
  /** Answer with the status that a request's body is given; null: as else. */
  readonly refuse: (by: (body: string) => number | null) => void;
}

function idOf(text: string): string {
  return /"entry_hash":"([0-9a-f]{64})"/.exec(text)?.[1] ?? "";
}

function idsOf(body: JsonValue): readonly string[] {
  if (Array.isArray(body)) {
    const events: readonly JsonValue[] = body;
    return events.map((event) => (isJsonObject(event) ? textOf(event, "id") : ""));
  }
  const found = [...JSON.stringify(body).matchAll(/"canopy\.entry_hash","value":\{"stringValue":"([0-9a-f]{64})"/g)];
  return found.map((match) => match[1] ?? "");
}

/** The events of a batch of CloudEvents. */
export function eventsOf(request: ReceivedRequest | undefined): readonly JsonObject[] {
  const body: JsonValue = JSON.parse(request?.body ?? "[]");
  const events: readonly JsonValue[] = Array.isArray(body) ? body : [];
  return events.filter(isJsonObject);
}
