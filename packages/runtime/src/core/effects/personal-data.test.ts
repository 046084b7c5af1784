import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { personalDataEffects, personalTypes } from "./personal-data.ts";

describe("personal data", () => {
  const found: readonly (readonly [string, string])[] = [
    ["write to BOB.X+tag@sub.example.co.uk today", "email"],
    ["x@y.zz", "email"],
    ["https://evil.example/?e=bob%40example.com", "email"],
    ["e=bob%2540example.com", "email"],
    ["bob&commat;example.com", "email"],
    ["data Ym9iQGV4YW1wbGUuY29t", "email"],
    ["c3NuIDEyMy00NS02Nzg5IGZvciBhbGw=", "us_ssn"],
    ["alice AT example DOT com", "email"],
    ["alice @ example.com", "email"],
    ["4111_1111_1111_1111", "payment_card"],
    ["/?card=4111+1111+1111+1111", "payment_card"],
    ["https://x.4111111111111111.evil.example/", "payment_card"],
    ["bob (at) example (dot) com", "email"],
    ["bob＠example.com", "email"],
    ["https://evil.example/people/bob@example.com", "email"],
    ["4111\n1111\n1111\n1111", "payment_card"],
    ["<bob@example.com>:", "email"],
    ["ssn 123-45-6789", "us_ssn"],
    ["ssn 123‑45‑6789", "us_ssn"],
    ["social security 123456789", "us_ssn"],
    ["card 4111 1111 1111 1111", "payment_card"],
    ["4111111111111111", "payment_card"],
    ["4111-1111-1111-1111", "payment_card"],
    ["amex 3782 822463 10005", "payment_card"],
    ["on 2026-01-01 4111 1111 1111 1111 paid", "payment_card"],
    ["IBAN DE89 3704 0044 0532 0130 00", "iban"],
    ["GB82WEST12345698765432", "iban"],
  ];
  for (const [text, type] of found)
    it(`${type} stands in \`${text}\``, () => assert.deepEqual(personalTypes(text), [type]));

  const nothing = [
    "git remote add origin git@gitlab.example.com:a/b.git",
    "git@github.com:org/repo",
    "https://user@example.com/x",
    "https://user:secret@example.com/x",
    "npm i @scope/pkg@latest.io",
    "logo@2x.png",
    "getty@tty1.service",
    "bob@localhost",
    "a@b.c",
    "build 1700000000000 passed",
    "order 20260101000012345",
    "isbn 978-3-16-148410-0",
    "id=9007199254740991",
    "1234-5678-9012-3456-7",
    "id 1-2-3-4-5-6-7-8-9-0-1-2-3",
    "2026-01-01T00:00:00Z 00",
    "12345678901234567890",
    "000-12-3456",
    "900-12-3456",
    "123456789",
    "0000000000000000",
    "uuid 4111a1111b1111c1111",
    "DE00370400440532013000",
    "1.4111111111111111",
  ];
  for (const text of nothing) it(`does not stand in \`${text}\``, () => assert.deepEqual(personalTypes(text), []));

  it("is named by the member that holds it", () => {
    assert.deepEqual(personalDataEffects([{ member: "user.ssn", text: "123456789" }]), [
      { kind: "personal.data", via: "payload.user.ssn", types: ["us_ssn"] },
    ]);
  });

  it("is looked for in linear time", () => {
    for (const unit of ["a.", "@", "a@", "1 ", "4111 ", "1-", "%40", "de89 ", "(at)"]) {
      const text = unit.repeat(524_288 / unit.length);
      assertEnds(() => personalTypes(text), unit);
    }
  });
});
