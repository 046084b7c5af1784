import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect, PathTarget } from "./effect.ts";
import { effectResources, resourceName } from "./effect-resources.ts";
import { classifyHost } from "./host.ts";

function path(text: string, more: Partial<PathTarget> = {}): PathTarget {
  return { path: text, text, zone: "outside", glob: false, secret: null, governance: null, persistence: null, ...more };
}

function connect(host: string): Effect {
  return { kind: "net.connect", via: "x", host: classifyHost(host), sends: false, origin: "shell", scheme: null };
}

test("each effect is named by its kind and its target in canonical form, once", () => {
  const effects: readonly Effect[] = [
    { kind: "exec.program", via: "x", program: "curl", known: true, args: [] },
    connect("EVIL.Example.com."),
    connect("evil.example.com"),
    connect("bücher.example"),
    { kind: "fs.read", via: "x", target: path("/srv/a/") },
    { kind: "net.listen", via: "x", port: 8080 },
    { kind: "agent.spawn", via: "x", requested: null },
  ];
  assert.deepEqual(effectResources(effects, "Execute_Shell"), {
    names: [
      "tool:executeshell",
      "exec.program:curl",
      "net.connect:evil.example.com",
      "net.connect:xn--bcher-kva.example",
      "fs.read:/srv/a",
      "net.listen:8080",
      "agent.spawn:",
    ],
    unresolved: false,
  });
});

test("what may be more than its name says is unresolved", () => {
  const effects: readonly Effect[] = [
    { kind: "exec.program", via: "x", program: "./run", known: false, args: [] },
    { kind: "exec.unresolved", via: "x", part: "host", text: "$HOST" },
    connect("$HOST"),
    { kind: "fs.read", via: "x", target: path("/srv/*", { glob: true }) },
    { kind: "fs.read", via: "x", target: path("~/a") },
    { kind: "fs.write", via: "x", target: path("", { path: null, zone: "unresolved" }), mode: "create" },
    { kind: "fs.delete", via: "x", target: path("/srv"), recursive: true },
    { kind: "net.shell", via: "x", direction: "bind", host: null },
    { kind: "net.listen", via: "x", port: null },
  ];
  for (const effect of effects) assert.equal(effectResources([effect], "t").unresolved, true, effect.kind);
  assert.deepEqual(effectResources([], "t"), { names: ["tool:t"], unresolved: false });
});

test("a name that a person types is brought into the form that effects have", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["net.connect:Evil.Example.COM", "net.connect:evil.example.com"],
    ["fs.delete:/srv//a/../b/", "fs.delete:/srv/b"],
    ["fs.delete:/", "fs.delete:/"],
    ["fs.delete:srv", null],
    ["tool:Execute-Shell", "tool:executeshell"],
    ["tool:", null],
    ["exec.program:curl", "exec.program:curl"],
    ["agent.spawn:", "agent.spawn:"],
    ["curl", null],
    ["Net.Connect:x", null],
  ];
  for (const [typed, expected] of cases) {
    assert.equal(resourceName(typed), expected, typed);
  }
});

test("an action with very many targets keeps the first, and is unresolved", () => {
  const effects = Array.from({ length: 5000 }, (_, at): Effect => ({ kind: "net.listen", via: "x", port: at % 3000 }));
  const { names, unresolved } = effectResources(effects, "t");
  assert.deepEqual([names.length, names[63], unresolved], [64, "net.listen:62", true]);
});
