// An anchor that is a syslog receiver: it is told of each checkpoint and can't be asked.
//
//   syslog://host:514  syslog+udp://  syslog+tcp://host:601  syslog+tls://host:6514        see syslog-receiver.ts

import { errorText } from "../../core/errors.ts";
import { hostname } from "node:os";
import type { SyslogTransport } from "./anchor-text.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { syslogMessage } from "./syslog-message.ts";
import { SyslogReceiver } from "./syslog-receiver.ts";

const TIMEOUT_MS = 5000;
// The receiver closes in turn once it has read all. One that doesn't is given a moment to say that it is gone.
const LINGER_MS = 1000;

/** An anchor that only takes. Cost of `publish`: one datagram or one short connection. */
export class SyslogAnchor implements CheckpointAnchor {
  readonly name: string;
  readonly kind = "syslog";
  readonly isReadable = false;
  readonly #receiver: SyslogReceiver;
  readonly #timeoutMs: number;

  constructor(transport: SyslogTransport, url: URL, timeoutMs: number = TIMEOUT_MS) {
    this.#receiver = new SyslogReceiver(transport, url);
    this.#timeoutMs = timeoutMs;
    this.name = this.#receiver.name;
  }

  async publish(note: string): Promise<null> {
    const message = syslogMessage(note, { timeMs: Date.now(), host: hostname(), pid: process.pid });
    try {
      await this.#receiver.send([message], { timeoutMs: this.#timeoutMs, lingerMs: LINGER_MS });
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
}
