// An anchor at a URL, one for each log.
//
//   GET <url>                      200 with the newest checkpoint and its `ETag`, or 404 when there is none yet
//   PUT <url>  If-Match: <etag>    replaces exactly the one that was read;  If-None-Match: * when there was none
//                                  2xx done, 412 another one stands there by now; any other status is a failure
//
// An object store with conditional writes does this, and so does a small server; one that also refuses a smaller size
// (409) protects from whoever holds this machine's credentials. A weak `ETag` can't be matched, so it is refused.

import { errorText } from "../../core/errors.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import { shownUrl } from "./anchor-text.ts";
import { HttpPeer, type BoundedRequest, type BoundedResponse } from "./bounded-request.ts";
import { MAX_NOTE_BYTES, type CheckpointAnchor } from "./checkpoint-anchor.ts";
import { isInTheWay, notePlace } from "./note-place.ts";

const TIMEOUT_MS = 5000;
const ATTEMPTS = 4;
const STRONG_ETAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

interface Read {
  readonly note: string;
  readonly etag: string;
}

/** An anchor at a URL. Cost of each call: one request; two to publish. */
export class HttpAnchor implements CheckpointAnchor {
  readonly name: string;
  readonly kind = "http";
  readonly isReadable = true;
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #peer: HttpPeer;

  /** The URL is one that `isUsableUrl` accepts; a name and password in it are sent as Basic credentials. */
  constructor(url: URL, timeoutMs: number = TIMEOUT_MS) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#peer = new HttpPeer(url);
    this.name = shownUrl(url);
  }

  async publish(note: string): Promise<string | null> {
    const place = notePlace(note);
    if (place === null) throw anchorUnavailable(this.name, "keeps checkpoints only");
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const kept = await this.#read();
      const there = kept === null ? null : notePlace(kept.note);
      if (kept !== null) {
        if (there?.origin !== place.origin) throw this.#foreign();
        if (isInTheWay(there, place)) return kept.note;
        if (there.size === place.size) return null;
      }
      if (await this.#put(note, kept?.etag ?? null)) return null;
    }
    throw anchorUnavailable(this.name, `was changed by others ${ATTEMPTS} times in a row`);
  }

  async newest(origin: string): Promise<string | null> {
    const kept = await this.#read();
    if (kept !== null && notePlace(kept.note)?.origin !== origin) throw this.#foreign();
    return kept?.note ?? null;
  }

  async replace(kept: string | null, note: string): Promise<void> {
    const now = await this.#read();
    const isSame = (now?.note ?? null) === kept;
    if (!isSame || !(await this.#put(note, now?.etag ?? null))) {
      throw anchorUnavailable(this.name, "keeps another checkpoint by now");
    }
  }

  close(): void {
    this.#peer.close();
  }

  async #read(): Promise<Read | null> {
    const { status, headers, body } = await this.#send({ method: "GET" });
    if (status === 404 || status === 410) return null;
    if (status !== 200) throw anchorUnavailable(this.name, `answered GET with status ${status}`);
    if (notePlace(body) === null) throw anchorUnavailable(this.name, "holds what is no checkpoint");
    const etag = headers["etag"] ?? "";
    if (!STRONG_ETAG.test(etag))
      throw anchorUnavailable(this.name, "gives no strong ETag, so it can't compare and swap");
    return { note: body, etag };
  }

  /** Whether it was put; false when another came first. */
  async #put(note: string, etag: string | null): Promise<boolean> {
    const condition: Readonly<Record<string, string>> = etag === null ? { "if-none-match": "*" } : { "if-match": etag };
    const headers = { "content-type": "text/plain; charset=utf-8", ...condition };
    const { status } = await this.#send({ method: "PUT", headers, body: note });
    if (status === 412 || status === 409) return false;
    if (status >= 200 && status < 300) return true;
    throw anchorUnavailable(this.name, `answered PUT with status ${status}`);
  }

  async #send(request: Omit<BoundedRequest, "timeoutMs" | "maxBytes">): Promise<BoundedResponse> {
    const limits = { timeoutMs: this.#timeoutMs, maxBytes: MAX_NOTE_BYTES };
    try {
      return await this.#peer.send(this.#url, { ...request, ...limits });
    } catch (error) {
      throw anchorUnavailable(this.name, `can't be reached: ${errorText(error)}`, error);
    }
  }

  #foreign(): Error {
    return anchorUnavailable(this.name, "holds a checkpoint of another log: give each log its own URL");
  }
}
