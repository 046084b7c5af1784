// Bringing syslog messages to a receiver.
//
//   udp   one datagram each (RFC 5426); nobody says whether it arrived
//   tcp   octet counting (RFC 6587 §3.4.1)
//   tls   the same over TLS, certificate checked (RFC 5425)
//
// Syslog has no answer. Over a stream the sender ends its half when all is written; a receiver ends the other half once
// it has read that far, which is as much of an answer as there can be.

import { createSocket } from "node:dgram";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { SyslogTransport } from "./anchor-text.ts";
import { withinTime } from "./within-time.ts";

const DEFAULT_PORTS: Readonly<Record<SyslogTransport, number>> = { udp: 514, tcp: 601, tls: 6514 };

const QUIET_MS = 20;
const BURST = 16;

/** How long to wait. */
export interface SyslogPatience {
  /** For everything, in ms. */
  readonly timeoutMs: number;
  /** After the end was sent, how long a receiver that doesn't end its half is waited for before it counts as done; null: it never does. */
  readonly lingerMs: number | null;
}

/** A receiver of syslog messages. */
export class SyslogReceiver {
  /** `syslog+tcp://host:601`. */
  readonly name: string;
  readonly #transport: SyslogTransport;
  readonly #host: string;
  readonly #port: number;

  constructor(transport: SyslogTransport, url: URL) {
    this.#transport = transport;
    this.#host = url.hostname.replace(/^\[(.*)\]$/u, "$1");
    this.#port = url.port === "" ? DEFAULT_PORTS[transport] : Number(url.port);
    this.name = `syslog+${transport}://${url.hostname}:${this.#port}`;
  }

  /** Bring messages there, in order. Cost: a datagram each, or one short connection. Rejects with the system's error. */
  async send(messages: readonly string[], patience: SyslogPatience): Promise<void> {
    await (this.#transport === "udp" ? this.#datagrams(messages, patience) : this.#stream(messages, patience));
  }

  async #datagrams(messages: readonly string[], { timeoutMs }: SyslogPatience): Promise<void> {
    const socket = createSocket(isIP(this.#host) === 6 ? "udp6" : "udp4");
    const failed = new Promise<never>((_resolve, reject) => void socket.on("error", reject));
    failed.catch(() => undefined);
    const send = async (): Promise<void> => {
      for (const [index, message] of messages.entries()) {
        // A burst overruns the receiver's buffer, and nobody is told.
        if (index % BURST === BURST - 1) await sleep(1);
        await new Promise<void>((resolve, reject) => {
          socket.send(message, this.#port, this.#host, (error) => (error === null ? resolve() : reject(error)));
        });
      }
    };
    try {
      await withinTime(timeoutMs, Promise.race([send(), failed]));
    } finally {
      socket.close();
    }
  }

  async #stream(messages: readonly string[], { timeoutMs, lingerMs }: SyslogPatience): Promise<void> {
    const socket = this.#connect();
    const frames = messages.map((message) => `${Buffer.byteLength(message)} ${message}`).join("");
    try {
      const sent = new Promise<void>((resolve, reject) => {
        let isEnded = false;
        socket.on("error", reject);
        socket.on(
          "end",
          () => isEnded || reject(new Error("the receiver closed the connection before it had everything")),
        );
        socket.on("close", () => resolve());
        socket.resume();
        const end = (): void => {
          isEnded = true;
          socket.end(() => {
            if (lingerMs !== null) setTimeout(resolve, lingerMs).unref();
          });
        };
        socket.on(this.#transport === "tls" ? "secureConnect" : "connect", () => {
          // A receiver that takes connections only to drop them has said so by the end of this moment.
          socket.write(frames, () => setTimeout(end, QUIET_MS));
        });
      });
      await withinTime(timeoutMs, sent);
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
