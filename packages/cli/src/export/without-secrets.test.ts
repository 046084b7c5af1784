import assert from "node:assert/strict";
import { it } from "node:test";
import { withoutSecrets } from "./without-secrets.ts";

it("takes secrets out of what people wrote, and gives the same data back when there are none", () => {
  const key = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
  const rows = [{ detail: `leaked ${key}`, hash: "ab".repeat(32), links: ["https://me:hunter22@host/x"] }];
  assert.deepEqual(withoutSecrets(rows), [
    { detail: "leaked [redacted]", hash: "ab".repeat(32), links: ["https://me:[redacted]@host/x"] },
  ]);
  const plain = [{ detail: "nothing here", at: 1 }];
  assert.equal(withoutSecrets(plain), plain);
});
