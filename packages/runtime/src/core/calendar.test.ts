import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { calendarDay, dayNumber, monthLength } from "./calendar.ts";

const DAY_MS = 86_400_000;

/** The host's own calendar. */
function hostDay(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const date = new Date(days * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

test("each day of two centuries is the host's, there and back", () => {
  for (let days = -25_600; days < 48_000; days += 1) {
    const date = calendarDay(days);
    if (days % 97 === 0 || date.day > 27 || date.day < 3) assert.deepEqual(date, hostDay(days), String(days));
    assert.equal(dayNumber(date), days);
  }
});

test("any day of ten thousand years is the host's", () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (days) => {
      assert.deepEqual(calendarDay(days), hostDay(days));
      assert.equal(dayNumber(hostDay(days)), days);
    }),
    { numRuns: 2000 },
  );
});

test("months are as long as the host's; a month that there isn't has no day", () => {
  for (const year of [1896, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 2400]) {
    for (let month = 1; month <= 12; month += 1) {
      assert.equal(monthLength(year, month), new Date(Date.UTC(year, month, 0)).getUTCDate(), `${year}-${month}`);
    }
    for (const month of [0, 13, -1]) assert.equal(monthLength(year, month), 0);
  }
});
