// One HTTP request with limits: a time for all of it, a size, no redirects, no proxies, no decompression; certificates
// are checked whatever the environment says; without TLS only to this machine itself.

import type { Agent, IncomingMessage } from "node:http";

// An import of node:http loads Node's fetch too: ten times as long.
const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule("node:http");
const { Agent: HttpsAgent, request: httpsRequest } = process.getBuiltinModule("node:https");

/** What is asked. */
export interface BoundedRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What was answered. */
export interface BoundedResponse {
  readonly status: number;
  /** Lower-case names; the first of each. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read as UTF-8. */
  readonly body: string;
}

/** Connections to one server, kept for a while. */
export class HttpPeer {
  readonly #agent: Agent;
  readonly #isSecure: boolean;

  /** The protocol is that of the URL: `isUsableUrl`. */
  constructor(url: URL) {
    this.#isSecure = url.protocol === "https:";
    const options = { keepAlive: true, maxSockets: 2 };
    this.#agent = this.#isSecure ? new HttpsAgent({ ...options, rejectUnauthorized: true }) : new HttpAgent(options);
  }

  /** Ask. Rejects with the system's error, or one that says which limit was passed. */
  async send(url: URL, { method, headers, body, timeoutMs, maxBytes }: BoundedRequest): Promise<BoundedResponse> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    const bytes = body === undefined ? null : Buffer.from(body);
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const send = this.#isSecure ? httpsRequest : httpRequest;
        const request = send(url, {
          method,
          agent: this.#agent,
          signal: late.signal,
          headers: {
            "accept-encoding": "identity",
            ...(bytes === null ? {} : { "content-length": bytes.length }),
            ...headers,
          },
        });
        request.on("response", resolve);
        request.on("error", reject);
        request.end(bytes ?? undefined);
      });
      return { status: response.statusCode ?? 0, headers: firstOf(response), body: await read(response, maxBytes) };
    } catch (error) {
      throw late.signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function firstOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = first;
  }
  return headers;
}

async function read(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) {
      response.destroy();
      throw new Error(`more than ${maxBytes} bytes were answered`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
