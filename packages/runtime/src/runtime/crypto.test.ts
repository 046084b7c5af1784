import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { hmacSha256Hex, saltedHash } from "./crypto.ts";

test("the short-key HMAC gives what the system's HMAC gives", () => {
  const key = fc.uint8Array({ maxLength: 64 });
  fc.assert(
    fc.property(key, fc.string({ unit: "binary", maxLength: 300 }), (bytes, text) => {
      assert.equal(hmacSha256Hex(bytes, text), createHmac("sha256", bytes).update(text).digest("hex"));
    }),
  );
});

test("a salted hash depends on salt and value, not on the order of members", () => {
  assert.equal(saltedHash("aa", { a: 1, b: 2 }), saltedHash("aa", { b: 2, a: 1 }));
  assert.notEqual(saltedHash("aa", { a: 1 }), saltedHash("ab", { a: 1 }));
  assert.notEqual(saltedHash("aa", { a: 1 }), saltedHash("aa", { a: 2 }));
});
