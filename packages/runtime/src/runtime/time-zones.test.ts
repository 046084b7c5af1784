import assert from "node:assert/strict";
import { test } from "node:test";
import { isTimeZone, zoneOffsets } from "./time-zones.ts";

const WINTER = Date.parse("2026-01-15T12:00:00Z");
const SUMMER = Date.parse("2026-07-15T12:00:00Z");

test("offsets are minutes east of UTC at the instant, also half hours and west", () => {
  const names = ["Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "UTC", "Etc/GMT+12"];
  assert.deepEqual(zoneOffsets(names, WINTER), {
    "Europe/Berlin": 60,
    "Asia/Kolkata": 330,
    "America/St_Johns": -210,
    UTC: 0,
    "Etc/GMT+12": -720,
  });
  assert.equal(zoneOffsets(["Europe/Berlin"], SUMMER)["Europe/Berlin"], 120);
});

test("a change of the clocks counts from its very millisecond, in both directions of asking", () => {
  const change = Date.parse("2026-03-29T01:00:00Z");
  assert.deepEqual(zoneOffsets(["Europe/Berlin"], change - 1), { "Europe/Berlin": 60 });
  assert.deepEqual(zoneOffsets(["Europe/Berlin"], change), { "Europe/Berlin": 120 });
  assert.deepEqual(zoneOffsets(["Europe/Berlin"], change - 1), { "Europe/Berlin": 60 });
});

test("a zone that isn't known has no offset", () => {
  assert.deepEqual(zoneOffsets(["Europe/Atlantis", "UTC"], WINTER), { UTC: 0 });
  assert.equal(isTimeZone("Europe/Atlantis"), false);
  assert.equal(isTimeZone("Europe/Lisbon"), true);
});
