import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("a member that is asked for by a long text is not known", "python", {
  DENY: [
    'import os; globals()["o"' + '+""'.repeat(80) + '+"s"].system("rm -rf /")',
    'import sys; sys.modules["o"' + '+""'.repeat(80) + '+"s"].system("rm -rf /")',
    '__import__("o"' + '+""'.repeat(150) + '+"s").system("rm -rf /")',
  ],
  REQUIRE_APPROVAL: [
    'import os; os[""' + '+""'.repeat(80) + '+"system"]("rm -rf /")',
    'import os; getattr(os, "sys"' + '+""'.repeat(150) + '+"tem")("rm -rf /")',
    'import os; getattr(os, "get"' + '+""'.repeat(150) + '+"tem")("rm -rf /")',
    'import os; os.__dict__["sys"' + '+""'.repeat(150) + '+"tem"]("rm -rf /")',
  ],
});

testCode("a member that is asked for by a long text is not known", "javascript", {
  REQUIRE_APPROVAL: [
    'const child_process = require("child_process"); child_process["ex"' + '+""'.repeat(80) + '+"ec"]("rm -rf /")',
    'const child_process = require("child_process"); child_process["fo"' + '+""'.repeat(80) + '+"rk"]("/etc/x")',
    '[]["fil"' + '+""'.repeat(30) + '+"ter"]["con"' + '+""'.repeat(30) + '+"structor"]("return process.exit()")()',
    '[]["fil"' + '+""'.repeat(90) + '+"ter"]["con"' + '+""'.repeat(90) + '+"structor"]("return process.exit()")()',
  ],
});

testCode("a module that is asked for by a method is the module", "python", {
  DENY: [
    'import os; vars().get("os").remove("/etc/x")',
    'import os; locals().get("os").remove("/etc/x")',
    'import os; globals().get("os").remove("/etc/x")',
    'import os; globals().pop("os").remove("/etc/x")',
    'import os; globals().get("o"+"s").remove("/etc/x")',
    'import os; globals().__getitem__("os").remove("/etc/x")',
    'import os; os.__dict__.get("remove")("/etc/x")',
    'import os; os.__dict__.get("re"+"move")("/etc/x")',
    'import os; os.__dict__.pop("remove")("/etc/x")',
    'import os; os.__dict__.__getitem__("remove")("/etc/x")',
    'import os; vars(os).get("remove")("/etc/x")',
    'import sys; sys.modules.get("os").remove("/etc/x")',
    'import sys; sys.modules.pop("os").remove("/etc/x")',
    'import sys; sys.modules.setdefault("os").remove("/etc/x")',
    'import sys; sys.modules.__getitem__("os").remove("/etc/x")',
    'from sys import modules as m; m.get("os").remove("/etc/x")',
    'import sys; f = sys.modules.get("os"); f.system("rm -rf /")',
  ],
  REQUIRE_APPROVAL: [
    'import os; globals().get(n).remove("/etc/x")',
    'import os; os.__dict__.get(n)("/etc/x")',
    'import sys; sys.modules.get(n).remove("/etc/x")',
  ],
  ALLOW: [
    'print(globals().get("x"))',
    'x = locals().get("name", 1)',
    'import sys; print(sys.modules.get("numpy"))',
    "import sys; m = sys.modules.get(__name__); print(m.__doc__)",
    'import sys; sys.modules.pop("foo", None)',
    'if "x" in globals(): print(globals()["x"])',
    'cfg = {}; print(cfg.get("os"))',
    'print(vars(args).get("path"))',
    'import os; print(os.environ.get("HOME"), os.environ["A"+"B"])',
  ],
});
