import { describe } from "node:test";
import { decides } from "./decisions.fixture.test.ts";

describe("options of what reads into variables", () => {
  decides({
    DENY: [
      "x=build; read -ax <<< /etc; rm -rf $x",
      "x=build; read -pdin x <<< /etc; rm -rf $x",
      "x=build; read -p din x <<< /etc; rm -rf $x",
      "exec 3<<< /etc; read -u 3 x <<< build; rm -rf $x",
      "exec 3<<< /etc; read -u3 x <<< build; rm -rf $x",
      "read -r -d : x <<< /etc:build; rm -rf $x",
      "read -rd : x <<< /etc:build; rm -rf $x",
      "read -- x <<< /etc; rm -rf $x",
      'read -r a b <<< "x /etc"; rm -rf $b',
      "printf -vPAGER reboot; git log",
      "x=build; printf -vx /etc; rm -rf $x",
    ],
    REQUIRE_APPROVAL: [
      "read -n 3 x <<< build; rm -rf $x",
      "read -n 4 x <<< /etc; rm -rf $x",
      "read -t 5 x <<< /etc; rm -rf $x",
      'mapfile -d : a <<< x:/etc; rm -rf "${a[1]}"',
      "mapfile -t -s 1 a < <(printf 'build\\n/etc\\n'); rm -rf \"${a[0]}\"",
      "mapfile -t -O 1 a < <(printf 'build\\n/etc\\n'); rm -rf \"${a[2]}\"",
      'exec 3<<< /etc; mapfile -t -u 3 a <<< build; rm -rf "${a[0]}"',
      'mapfile -ta <<< build; rm -rf "${a[0]}"',
    ],
    ALLOW: [
      "read -rd '' x <<< build; rm -rf $x",
      'mapfile -t a <<< build; rm -rf "${a[0]}"',
      'mapfile -t lines < f; echo "${lines[0]}"',
      "mapfile -d '' files < <(find . -name '*.txt' -print0); cat \"${files[@]}\"",
    ],
  });
});
