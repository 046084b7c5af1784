import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Effect, PathTarget } from "../core/effects/effect.ts";
import { effectText } from "./effect-text.ts";

const ROOT: PathTarget = {
  path: "/",
  text: "/",
  zone: "root",
  glob: false,
  secret: null,
  governance: null,
  persistence: null,
};

describe("an effect in words", () => {
  it("says what happens, to what, and where that lies", () => {
    const effects: readonly (readonly [Effect, string])[] = [
      [
        { kind: "fs.delete", via: "rm", target: ROOT, recursive: true },
        "deletes / and all below it (the whole file system)",
      ],
      [
        {
          kind: "fs.delete",
          via: "rm",
          target: { ...ROOT, path: "/project/build-\u{e000}.log", zone: "inside" },
          recursive: false,
        },
        "deletes /project/build-….log (in the working folder)",
      ],
      [
        {
          kind: "fs.read",
          via: "cat",
          target: { ...ROOT, path: null, text: "$x", zone: "unresolved", secret: "ssh_key" },
        },
        "reads $x (unknown from the text, secret: ssh_key)",
      ],
      [
        { kind: "exec.program", via: "shell", program: "frob", known: false, args: ["-x", null] },
        "runs frob -x ? (unknown program)",
      ],
      [
        { kind: "money.move", via: "payload.amount", amount: null, currency: null, problem: "two amounts" },
        "moves money, amount unknown: two amounts",
      ],
      [
        { kind: "money.move", via: "payload.amount", amount: "12.50", currency: null, problem: null },
        "moves money: 12.50 USD",
      ],
    ];
    for (const [effect, words] of effects) assert.equal(effectText(effect), words);
  });
});
