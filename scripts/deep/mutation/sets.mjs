// What is mutated. A set is a list of globs under packages/runtime/src, and what of them is left out, each with why.
// The rest is in, whatever its score: tables, parsers, messages.
export const sets = {
  engine: {
    what: "from an action to its decision: reading it, its effects, the layers, the policy and its state, the join",
    globs: ["core/**/*.ts"],
    tests: ["core/**", "runtime/{authorize,engine-record,own-*,rules-vectors,tool-shapes,check-*}.test.js"],
    // The whole record of answers is 10 seconds of them.
    budget: 12_000,
    without: [
      { glob: "core/policy/{testing,diff,prove}/**", why: "tools for authors of policies, asked by no decision" },
      { glob: "core/policy/lint/**", why: "warnings for authors, asked by no decision" },
      { glob: "core/policy/{lint,lint-rules,suggest,format,explain,problem-help}.ts", why: "the same" },
      { glob: "core/secrets/**", why: "redaction of reports, not part of a decision" },
    ],
  },
  ledger: {
    what: "the entries, their chain, trees, proofs, the log's writing, recovery and verification, and approvals",
    tests: [
      "{ledger,approvals,identity,storage}/**",
      "runtime/{execution,rotate-key,verify-witness,import-log}.test.js",
      "simulation/simulation.test.js",
    ],
    // Much of it is seen only in many damaged logs, and in the simulation.
    budget: 8_000,
    globs: ["ledger/**/*.ts", "approvals/**/*.ts", "storage/**/*.ts"],
    without: [
      { glob: "approvals/prove-lives.ts", why: "a proof over the other files, itself a test" },
      { glob: "storage/anchors/{http-anchor,syslog-*,bounded-request}.ts", why: "clients of the network" },
      {
        glob: "storage/{index-database,index-query,index-worker,log-index,index-catch-up,log-search}.ts",
        why: "SQLite indexes made anew from the log",
      },
    ],
  },
};

/** What tests are asked to be shorter by. */
export const environment = { CANOPY_SIMULATION_GROUPS: "5", CANOPY_SIMULATION_SEEDS: "60" };

/** Tests that no mutant meets, because each takes many seconds; what only they would notice counts as unnoticed. */
export const tooLong = [
  "storage/{crash,power-loss,tamper-matrix,full-disk,faults}.test.js",
  "storage/tlog/tlog-faults.test.js",
  "core/policy/{hostile,limits,format}.test.js",
  "core/policy/prove/**",
];
