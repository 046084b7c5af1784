import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("an import is read to its end", "python", {
  DENY: [
    "from os import (" + "path,".repeat(60) + ' system as s)\ns("rm -rf /")',
    "from os import (" + "path,\n".repeat(60) + ' system as s)\ns("rm -rf /")',
    "import " + "sys,".repeat(60) + ' os as o\no.system("rm -rf /")',
    "from subprocess import (" + "PIPE as p,".repeat(400) + ' run as r)\nr(["rm","-rf","/"])',
  ],
  ALLOW: ["from typing import (" + "Any,\n".repeat(60) + " List)\nprint(List)"],
});

testCode("an import is read to its end", "javascript", {
  DENY: [
    "import {" + "x,".repeat(60) + ' execSync as e} from "child_process"; e("rm -rf /")',
    "const " + "x=1,".repeat(60) + ' cp = require("child_process"); cp.execSync("rm -rf /")',
  ],
  ALLOW: [
    "import {" + "x,".repeat(60) + ' y} from "./a.js"; y()',
    "const " + "a=1,".repeat(100) + " b = 2; console.log(b)",
    "const routes = [" + '{path: "/a", f: g},'.repeat(60) + "]; console.log(routes)",
  ],
});
