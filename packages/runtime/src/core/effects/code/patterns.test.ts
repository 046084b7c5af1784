import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("what stands in a pattern of JavaScript is read: defaults and computed keys run", "javascript", {
  DENY: [
    'const {a = require("fs").rmSync("/etc/x")} = {}',
    'const {[require("fs").rmSync("/etc/x")]: a} = {a: 1}',
    'let {a = require("child_process").execSync("rm -rf /")} = process.env',
    'var {b: {c = require("fs").rmSync("/etc/x")}} = {b: {}}',
    'const {a = require("fs").rmSync("/etc/x")} = require("os")',
    'const [a = require("fs").rmSync("/etc/x")] = []',
    'const {a, ...b} = {}, {c = require("fs").rmSync("/etc/x")} = {}',
  ],
  ALLOW: [
    "const {a = 1} = {}; console.log(a)",
    "const {a = compute(), b: {c}} = props; console.log(a, c)",
    "const { a, b = 2, ...rest } = opts",
    'const {readFileSync = null} = require("fs"); console.log(readFileSync("a.txt", "utf8"))',
    'const fs = require("fs"); const { existsSync, readFileSync: r } = fs; console.log(existsSync("x"), r("a"))',
  ],
});

testCode("what a pattern takes from a module keeps its meaning, whatever defaults it has", "javascript", {
  DENY: [
    '({exec=1} = require("child_process")); exec("rm -rf /")',
    'const cp = require("child_process"); let exec; ({exec=1} = cp); exec("rm -rf /")',
    'const {exec=1} = require("child_process"); exec("rm -rf /")',
    'const cp = require("child_process"); const {exec: e = null} = cp; e("rm -rf /")',
    'const {execSync = () => {}} = require("child_process"); execSync("rm -rf /")',
    'const {exec as e} = require("child_process"); e("rm -rf /")',
    'const {exec} = require("child_process"); ({a = exec} = require("fs")); exec("rm -rf /")',
    'const {exec: e} = require("child_process") || {}; e("rm -rf /")',
    'const {\n  exec: e,\n} = require("child_process");\ne("rm -rf /")',
    "const {" + "x,".repeat(60) + ' execSync: e} = require("child_process"); e("rm -rf /")',
    'const cp = require("child_process"); const {' + "x,".repeat(60) + ' execSync: e} = cp; e("rm -rf /")',
  ],
  REQUIRE_APPROVAL: ['const o = {}; ({exec: o.run} = require("child_process")); o.run("rm -rf /")'],
});

testCode("what a module's promise is handed to, calls it by another name", "javascript", {
  DENY: [
    'import("child_process").then(function (m) { m.exec("rm -rf /") })',
    'import("child_process").then(async function (m) { m.exec("rm -rf /") })',
    'import("child_process").then(function go(m) { m.exec("rm -rf /") })',
    'import("child_process").then(function* (m) { m.exec("rm -rf /") })',
    'import("child_process").then(async (m) => { m.exec("rm -rf /") })',
    'import("child_process").then(async m => m.exec("rm -rf /"))',
    'import("child_process").then(function ({exec: e = null}) { e("rm -rf /") })',
    'import("child_process").finally(() => 1).then(m => m.exec("rm -rf /"))',
    'import("child_process").catch(() => 1).then(m => m.exec("rm -rf /"))',
    'import("child_process").finally(() => {}).then(({exec}) => exec("rm -rf /"))',
    'import("child_process").then(m => m).then(m => m.exec("rm -rf /"))',
    'const f = async () => { const m = await import("child_process").catch(() => null); m.exec("rm -rf /") }',
    'const f = async () => { const {exec} = await import("child_process").catch(() => null); exec("rm -rf /") }',
  ],
  REQUIRE_APPROVAL: [
    'import("child_process").then(wrap(m => m.exec("rm -rf /")))',
    'import("child_process").then(run)',
  ],
  ALLOW: [
    'import("./a.js").then(function (m) { m.run() })',
    'import("chart.js").then(m => m.draw()).finally(() => done())',
    'import("./a.js").then(load).catch(console.error)',
    'import("fs").then(fs => console.log(fs.readFileSync("a")))',
  ],
});
