// What this home remembers of each anchor: the newest checkpoint it gave it, and since when it can't be reached.
//
//   <home>/checkpoints/<log_id>/anchors/<16 hex digits of SHA-256(name)>.json
//
// So an anchor that was emptied is told from one that never held anything, an outage is recorded once however many
// processes come and go, and `canopy anchors` can say how far behind each is. Losing it loses only that.

import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { readRegular } from "../regular-file.ts";
import { checkpointsFolder } from "./remembered-checkpoints.ts";

const { hash, randomBytes } = process.getBuiltinModule("node:crypto");

const MOST_BYTES = 65_536;

/** What is remembered of one anchor. Times are RFC 3339. */
export interface AnchorRecord {
  readonly anchor: string;
  /** Size of the newest checkpoint that it took; 0 before any. */
  readonly size: number;
  readonly published_at: string | null;
  readonly failing_since: string | null;
  readonly error: string | null;
  /** Whether the log has an entry of this outage. */
  readonly recorded: boolean;
}

/** The memory of one log's anchors. A failing disk makes it forget, never fail. */
export class AnchorMemory {
  readonly #folder: string;

  constructor(home: string, logId: string) {
    this.#folder = join(checkpointsFolder(home, logId), "anchors");
  }

  /** What is remembered of an anchor; of an unknown one nothing but its name. */
  async read(anchor: string): Promise<AnchorRecord> {
    const nothing = { anchor, size: 0, published_at: null, failing_since: null, error: null, recorded: false };
    try {
      const found = parseStrictJson(readRegular(this.#path(anchor), MOST_BYTES).toString("utf8"));
      return isJsonObject(found) && found["anchor"] === anchor ? { ...nothing, ...members(found) } : nothing;
    } catch {
      return nothing;
    }
  }

  /** Remember. */
  async write(record: AnchorRecord): Promise<void> {
    const draft = join(this.#folder, `.draft-${randomBytes(8).toString("hex")}`);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: "wx" });
      await rename(draft, this.#path(record.anchor));
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  #path(anchor: string): string {
    return join(this.#folder, `${hash("sha256", anchor, "hex").slice(0, 16)}.json`);
  }
}

function members(found: JsonObject): Partial<AnchorRecord> {
  const text = (name: string): string | null => (typeof found[name] === "string" ? found[name] : null);
  const { size } = found;
  return {
    size: typeof size === "number" && Number.isSafeInteger(size) && size > 0 ? size : 0,
    published_at: text("published_at"),
    failing_since: text("failing_since"),
    error: text("error"),
    recorded: found["recorded"] === true,
  };
}
