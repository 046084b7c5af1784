import { damagedJson, damagedText } from "../ledger/damaged.fixture.test.ts";
import { openRecord } from "../ledger/record.fixture.test.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { noteOfSyslogLine } from "./anchors/syslog-message.ts";
import { parseAnchorText, shownAnchor } from "./anchors/anchor-text.ts";
import { isInTheWay, notePlace } from "./anchors/note-place.ts";
import { parseBatchRecord } from "./batch-signer.ts";
import { isAskedFor, needleOf, type EntryFilter } from "./entry-filter.ts";
import { headSlot, parseHeads } from "./head-file.ts";
import { tryParseAnyEntry, tryParseEntry } from "./parse-entry.ts";
import { parsePayloadRef } from "./payload-store.ts";
import { parseCheckpointMeta } from "./tlog/checkpoint-meta.ts";
import { formatState, parseState, startOfLog } from "./tlog/tlog-state.ts";

// What the readers of small files beside a log make of them when they are damaged.

const { record, finish } = openRecord(new URL("../../../../vectors/record/parsers.txt", import.meta.url));
const HASH = "0123456789abcdef".repeat(4);

function object(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}

const counts = { ALLOW: 3, DENY: 1, REQUIRE_APPROVAL: 0 };
const covered = { covered: 4, segment: 2, offset: 77, leaf: HASH, decisions: counts, policy_hash: HASH };
const state = { version: 1, ...startOfLog("log", true), ...covered, index: { runs: 3, root: HASH } };
record(
  "the state of a tree",
  () => damagedJson(state, 900),
  (made) => parseState(JSON.stringify(made)),
);
record("the text of a state", () => damagedText(formatState(startOfLog("log", false)).trim(), 200), parseState);

const meta = {
  event: "checkpoint_meta",
  action_type: "ledger",
  covered_entries: 9,
  index: { runs: 2, root: HASH },
  previous_checkpoint: { size: 5, root: HASH },
  decisions: counts,
  policy_hash: null,
  heartbeat: true,
  origin: "canopy/x",
  key_id: "k",
  resource_key_commitment: HASH,
};
record(
  "the entry before a checkpoint",
  () => damagedJson(meta, 900),
  (made) => parseCheckpointMeta(object(made)),
);

const batch = { first: 3, size: 2, root: HASH, signature: "AAAA", key_id: "k" };
record(
  "a signed batch",
  () => damagedJson(batch, 400),
  (made) => parseBatchRecord(JSON.stringify(made)),
);
record("the text of a signed batch", () => damagedText(JSON.stringify(batch), 100), parseBatchRecord);

const head = { log_id: "a".repeat(32), segment: 2, bytes: 900, seq: 31, hash: HASH };
const slots = headSlot(head).toString("latin1") + headSlot({ ...head, segment: 1, bytes: 4000 }).toString("latin1");
record(
  "heads",
  () => damagedText(slots.slice(0, 200) + slots.slice(200), 600),
  (made) => parseHeads(Buffer.from(made, "latin1")),
);
record(
  "the highest of several heads",
  () => [0, 1, 2, 3].flatMap((segment) => [1, 900, 901].map((bytes) => ({ ...head, segment, bytes }))),
  (other) => parseHeads(Buffer.concat([headSlot(head), headSlot(other)])),
);

record("the place of a record", () => damagedText("2026-01-01:1024:55:7"), parsePayloadRef);
const entry = {
  seq: 9,
  timestamp: "2026-01-01T00:00:05Z",
  event: "tool_result",
  avid: "AVID-a",
  action_type: "read_file",
  decision: "ALLOW",
  trace_id: "t",
  incident_id: "i",
  tenant_id: "acme",
  authorization_id: HASH,
  log_id: "log",
  prev_hash: HASH,
  entry_hash: "f".repeat(64),
};
record(
  "an entry",
  () => damagedJson(entry, 600),
  (made) => [tryParseEntry(JSON.stringify(made)), tryParseAnyEntry(JSON.stringify(made))],
);
record(
  "the text of an entry",
  () => damagedText(JSON.stringify(entry), 120),
  (made) => [tryParseEntry(made), tryParseAnyEntry(made)],
);

const filters: readonly EntryFilter[] = [
  {},
  { trace_id: "t" },
  { incident_id: "i", event: "tool_result" },
  { decision: "ALLOW", avid: "AVID-a" },
  { action_type: "read_file", tenant_id: "acme" },
  { authorization_id: HASH },
  { authorization_id: "f".repeat(64) },
  { after_seq: 8, before_seq: 10 },
  { after_seq: 9 },
  { before_seq: 9 },
  { from_ms: Date.UTC(2026, 0, 1, 0, 0, 5), to_ms: Date.UTC(2026, 0, 1, 0, 0, 6) },
  { from_ms: Date.UTC(2026, 0, 1, 0, 0, 6) },
  { to_ms: Date.UTC(2026, 0, 1, 0, 0, 5) },
];
record(
  "filters of entries",
  () => damagedJson(entry, 300),
  (made) => {
    const parsed = tryParseEntry(JSON.stringify(made));
    return filters.map((filter) => [parsed === null ? null : isAskedFor(parsed, filter), needleOf(filter)]);
  },
);

const ANCHORS = [
  "folder:/var/lib/canopy",
  "https://user:word@anchor.example/path?key=secret",
  "http://127.0.0.1:8080/x",
  "http://localhost/x#part",
  "http://[::1]/x",
  "syslog+tls://logs.example:6514",
  "syslog://10.0.0.1",
  "ftp://x.example",
];
record(
  "names of anchors",
  () => ANCHORS.flatMap((text) => damagedText(text, 120)),
  (made) => [shownAnchor(made), parseAnchorText(made)],
);

const note = `canopy/x\n9\n${Buffer.from(HASH, "hex").toString("base64")}\n\n— canopy/x AAAAAAAAAAA=\n`;
record(
  "checkpoints as anchors keep them",
  () => damagedText(note, 120),
  (made) => {
    const place = notePlace(made);
    const kept = notePlace(note);
    return [
      place,
      place === null || kept === null ? null : [isInTheWay(kept, place), isInTheWay(place, kept)],
      noteOfSyslogLine(made),
    ];
  },
);

finish();
