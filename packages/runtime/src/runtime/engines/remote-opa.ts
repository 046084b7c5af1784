// An Open Policy Agent over HTTP: `POST <url>/v1/data/<entrypoint>` with `{"input": …}`, answered `{"result": …}`.
//
// Nothing is followed, decompressed or guessed: any status but 200, any other type than JSON, a body over 64 KiB or one
// that is not strict JSON is a failure. The address comes from the policy alone, so no proxy is asked.

import type { Agent, IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { failed, readEngineAnswer, type ExternalAnswer, type RemoteSource } from "../../core/policy/index.ts";
import { parseStrictJson } from "../../core/strict-json.ts";

const LARGEST_ANSWER_BYTES = 65_536;
const MOST_SOCKETS = 16;

/** Asks one remote agent. */
export class RemoteOpa {
  readonly #source: RemoteSource;
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #request: typeof import("node:http").request;

  constructor(source: RemoteSource) {
    this.#source = source;
    this.#url = new URL(`${source.url.replace(/\/+$/, "")}/v1/data/${source.entrypoint}`);
    const options = { keepAlive: true, maxSockets: MOST_SOCKETS };
    // Got here, not imported: that would load Node's client for HTTP, and its fetch, in every process.
    const [http, https] = [process.getBuiltinModule("node:http"), process.getBuiltinModule("node:https")];
    const isSecure = this.#url.protocol === "https:";
    this.#agent = isSecure ? new https.Agent(options) : new http.Agent(options);
    this.#request = isSecure ? https.request : http.request;
  }

  /** Ask about the documents of one action, all at once. Answers within the engine's time. Never rejects. */
  async ask(inputs: readonly JsonObject[]): Promise<readonly ExternalAnswer[]> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#source.timeout_ms);
    try {
      return await Promise.all(inputs.map((input) => this.#post(input, late.signal)));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Close idle connections; running questions end by their time. */
  close(): void {
    this.#agent.destroy();
  }

  #post(input: JsonObject, signal: AbortSignal): Promise<ExternalAnswer> {
    const body = Buffer.from(JSON.stringify({ input }));
    const headers = {
      accept: "application/json",
      "accept-encoding": "identity",
      "content-type": "application/json",
      "content-length": body.length,
    };
    return new Promise((resolve) => {
      const request = this.#request(this.#url, { method: "POST", agent: this.#agent, headers, signal });
      request.on(
        "response",
        (response) => void this.#read(response).then(resolve, (error) => resolve(this.#lost(error, signal))),
      );
      request.on("error", (error) => resolve(this.#lost(error, signal)));
      request.end(body);
    });
  }

  async #read(response: IncomingMessage): Promise<ExternalAnswer> {
    const problem = problemOf(response);
    if (problem !== null) {
      response.destroy();
      return failed("unreadable", problem);
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > LARGEST_ANSWER_BYTES) {
        response.destroy();
        return failed("unreadable", `answered more than ${LARGEST_ANSWER_BYTES} bytes`);
      }
      chunks.push(bytes);
    }
    return readBody(Buffer.concat(chunks));
  }

  #lost(error: unknown, signal: AbortSignal): ExternalAnswer {
    if (signal.aborted) return failed("timeout", `did not answer within ${this.#source.timeout_ms} ms`);
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return failed(code === "ECONNREFUSED" || code === "ENOTFOUND" ? "missing" : "error", `can't be reached (${code})`);
  }
}

function problemOf({ statusCode, headers }: IncomingMessage): string | null {
  if (statusCode !== 200) return `answered with status ${statusCode ?? "unknown"}`;
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") return "answered something else than JSON";
  const encoding = headers["content-encoding"] ?? "identity";
  return encoding === "identity" ? null : "answered in an encoding that was not asked for";
}

// An undefined document has no `result`; members beside it (`decision_id`, `warning`) tell about the answer.
function readBody(bytes: Uint8Array): ExternalAnswer {
  try {
    const body = parseStrictJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isJsonObject(body)) return readEngineAnswer(body["result"]);
  } catch {
    // Said below.
  }
  return failed("unreadable", "answered what is no strict JSON object");
}
