// An anchor that is a syslog receiver: it is told of each checkpoint and can't be asked.
//
//   syslog://host:514  syslog+udp://   one datagram (RFC 5426); nobody says whether it arrived
//   syslog+tcp://host:601              octet counting (RFC 6587 §3.4.1)
//   syslog+tls://host:6514             the same over TLS, certificate checked (RFC 5425)

import { createSocket } from "node:dgram";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as connectTls } from "node:tls";
import type { SyslogTransport } from "./anchor-text.ts";
import { anchorUnavailable, errorText } from "./anchor-error.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { syslogMessage } from "./syslog-message.ts";
import { withinTime } from "./within-time.ts";

const TIMEOUT_MS = 5000;
const LINGER_MS = 1000;

const DEFAULT_PORTS: Readonly<Record<SyslogTransport, number>> = { udp: 514, tcp: 601, tls: 6514 };

/** An anchor that only takes. Cost of `publish`: one datagram or one short connection. */
export class SyslogAnchor implements CheckpointAnchor {
  readonly name: string;
  readonly kind = "syslog";
  readonly isReadable = false;
  readonly #transport: SyslogTransport;
  readonly #host: string;
  readonly #port: number;
  readonly #timeoutMs: number;

  constructor(transport: SyslogTransport, url: URL, timeoutMs: number = TIMEOUT_MS) {
    this.#transport = transport;
    this.#host = url.hostname.replace(/^\[(.*)\]$/u, "$1");
    this.#port = url.port === "" ? DEFAULT_PORTS[transport] : Number(url.port);
    this.#timeoutMs = timeoutMs;
    this.name = `syslog+${transport}://${url.hostname}:${this.#port}`;
  }

  async publish(note: string): Promise<null> {
    const message = syslogMessage(note, { timeMs: Date.now(), host: hostname(), pid: process.pid });
    try {
      await (this.#transport === "udp" ? this.#datagram(message) : this.#stream(message));
    } catch (error) {
      throw anchorUnavailable(this.name, `can't be reached: ${errorText(error)}`, error);
    }
    return null;
  }

  async newest(): Promise<null> {
    return null;
  }

  async replace(_kept: string | null, note: string): Promise<void> {
    await this.publish(note);
  }

  close(): void {
    // Nothing is held open.
  }

  async #datagram(message: string): Promise<void> {
    const socket = createSocket(isIP(this.#host) === 6 ? "udp6" : "udp4");
    try {
      const sent = new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        socket.send(message, this.#port, this.#host, (error) => (error === null ? resolve() : reject(error)));
      });
      await withinTime(this.#timeoutMs, sent);
    } finally {
      socket.close();
    }
  }

  async #stream(message: string): Promise<void> {
    const socket = this.#connect();
    try {
      const sent = new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        // The receiver closes in turn once it has read all. One that doesn't is given a moment to say that it is gone.
        socket.on("close", () => resolve());
        socket.resume();
        socket.on(this.#transport === "tls" ? "secureConnect" : "connect", () => {
          socket.end(`${Buffer.byteLength(message)} ${message}`, () => setTimeout(resolve, LINGER_MS).unref());
        });
      });
      await withinTime(this.#timeoutMs, sent);
    } finally {
      socket.destroy();
    }
  }

  #connect(): Socket {
    const where = { host: this.#host, port: this.#port };
    if (this.#transport === "tcp") return connectTcp(where);
    const name = isIP(this.#host) === 0 ? { servername: this.#host } : {};
    return connectTls({ ...where, ...name, rejectUnauthorized: true });
  }
}
