import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import {
  authorizationsOf,
  canStep,
  checkUpdate,
  IncidentFold,
  INCIDENT_STATES,
  parseIncidentState,
  type Incident,
} from "./incident-state.ts";

const ID = "inc-1";

function event(members: JsonObject): JsonObject {
  return { event: "incident_event", incident_id: ID, timestamp: "2026-01-01T00:00:00Z", ...members };
}

function fold(...entries: readonly JsonObject[]): Incident | null {
  const all = new IncidentFold();
  for (const entry of entries) all.add(entry);
  return all.get(ID);
}

function code(run: () => void): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof CanopyError ? [error.code, error.fix] : error;
  }
}

test("an incident goes from open to closed, step by step, each with who and when", () => {
  const incident = fold(
    event({ state: "open", reporter: "alice", description: "odd", severity: "high", avid: "A", trace_id: "t" }),
    event({ state: "contained", by: "bob", timestamp: "2026-01-01T00:05:00Z" }),
    event({ state: "resolved", by: "bob", note: "key replaced" }),
    event({ state: "closed", by: "carol" }),
  );
  assert.deepEqual(
    incident?.steps.map(({ state, by }) => [state, by]),
    [
      ["open", "alice"],
      ["contained", "bob"],
      ["resolved", "bob"],
      ["closed", "carol"],
    ],
  );
  assert.equal(incident?.state, "closed");
  assert.equal(incident?.opened_at, "2026-01-01T00:00:00Z");
  assert.deepEqual(
    incident?.notes.map(({ text }) => text),
    ["key replaced"],
  );
  assert.equal(incident?.refused, 0);
});

test("a closed incident can be opened again, and lives on", () => {
  const incident = fold(event({}), event({ state: "closed" }), event({ state: "open" }), event({ state: "contained" }));
  assert.equal(incident?.state, "contained");
  assert.equal(incident?.steps.length, 4);
});

test("steps backwards and standing still change nothing and are counted", () => {
  const incident = fold(event({ state: "open" }), event({ state: "resolved" }), event({ state: "contained" }));
  assert.equal(incident?.state, "resolved");
  assert.equal(incident?.refused, 1);
  assert.equal(fold(event({}), event({ state: "open" }))?.refused, 1);
  assert.equal(fold(event({}), event({ state: "toString" }), event({ state: 7 }))?.refused, 2);
});

test("an incident of 0.4.2 has no state and is open", () => {
  const incident = fold(
    event({ description: "seen", reporter: "ciso", related_authorization_ids: ["a".repeat(64), 5, null] }),
    event({ description: "seen", reporter: "ciso" }),
  );
  assert.equal(incident?.state, "open");
  assert.equal(incident?.entries, 2);
  assert.deepEqual(incident?.related_authorization_ids, ["a".repeat(64)]);
});

test("links are kept once, in order, and authorization ids are told from addresses", () => {
  const id = "b".repeat(64);
  const incident = fold(event({ links: ["https://t/1", id] }), event({ links: ["https://t/1", "https://t/2"] }));
  assert.deepEqual(incident?.links, ["https://t/1", id, "https://t/2"]);
  assert.deepEqual(incident === null ? [] : authorizationsOf(incident), [id]);
});

test("an update of an unknown incident, or one that can't be taken, is refused with what can be", () => {
  assert.deepEqual(
    code(() => checkUpdate(null, "closed"))
      ?.toString()
      .split(",")[0],
    "UNKNOWN_INCIDENT",
  );
  const closed = fold(event({}), event({ state: "closed" }));
  assert.match(String(code(() => checkUpdate(closed, "resolved"))), /^NOT_ALLOWED,give one of open,/);
  assert.equal(
    code(() => checkUpdate(closed, null)),
    null,
  );
});

test("the law of steps: forward or back to open, never standing still, and only `open` begins", () => {
  for (const from of INCIDENT_STATES) {
    assert.equal(canStep(from, from), false);
    assert.equal(canStep(from, "open"), from !== "open");
    assert.equal(canStep(null, from), from === "open");
  }
  assert.equal(canStep("contained", "resolved") && canStep("open", "closed"), true);
  assert.equal(canStep("closed", "contained"), false);
});

test("whatever a history holds, folding it gives every named incident one state", () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.constantFrom("open", "closed", "contained"),
  );
  const entry = fc.dictionary(
    fc.constantFrom(
      "event",
      "incident_id",
      "state",
      "note",
      "links",
      "by",
      "timestamp",
      "__proto__",
      "related_authorization_ids",
    ),
    value,
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
      const all = new IncidentFold();
      for (const each of entries) all.add({ ...each, event: "incident_event" });
      for (const incident of all.all()) {
        assert.notEqual(parseIncidentState(incident.state), null);
        assert.equal(incident.steps.at(-1)?.state, incident.state);
        for (const [index, step] of incident.steps.entries()) {
          assert.ok(canStep(incident.steps[index - 1]?.state ?? null, step.state));
        }
      }
    }),
  );
});
