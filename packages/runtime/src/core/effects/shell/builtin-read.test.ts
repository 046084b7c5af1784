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
      "read -n 4 x <<< /etc; rm -rf $x",
      "read -r -d : x <<< /etc:build; rm -rf $x",
      "read -rd : x <<< /etc:build; rm -rf $x",
      "read -- x <<< /etc; rm -rf $x",
      "read -t 5 x <<< /etc; rm -rf $x",
      'read -r a b <<< "x /etc"; rm -rf $b',
      "read -n 4 X <<< /etc/a; rm -rf $X",
      "read -N 4 X <<< /etc/a; rm -rf $X",
      "read -t 3 X <<< /etc/a; rm $X",
      "read -x X <<< /etc/a; rm $X",
      "printf 'build\\n/etc\\n' | { read -n 5 a; read b; read c; rm -rf $b$c; }",
      "printf -vPAGER reboot; git log",
      "x=build; printf -vx /etc; rm -rf $x",
    ],
    REQUIRE_APPROVAL: [
      'mapfile -d : a <<< x:/etc; rm -rf "${a[1]}"',
      "mapfile -t -s 1 a < <(printf 'build\\n/etc\\n'); rm -rf \"${a[0]}\"",
      "mapfile -t -O 1 a < <(printf 'build\\n/etc\\n'); rm -rf \"${a[2]}\"",
      'exec 3<<< /etc; mapfile -t -u 3 a <<< build; rm -rf "${a[0]}"',
      'mapfile -ta <<< build; rm -rf "${a[0]}"',
      "read -n 3 X <<< /etc/a; rm -rf $X",
      "read -n $U X <<< build; rm -rf $X",
    ],
    ALLOW: [
      "read -n 3 x <<< build; rm -rf $x",
      "read -rd '' x <<< build; rm -rf $x",
      'mapfile -t a <<< build; rm -rf "${a[0]}"',
      'mapfile -t lines < f; echo "${lines[0]}"',
      "mapfile -d '' files < <(find . -name '*.txt' -print0); cat \"${files[@]}\"",
      "read -n1 -r -p 'Sure? ' a; echo $a",
      "read -s pw",
      "read -rsp 'Password: ' pw",
      'while IFS= read -r line; do echo "$line"; done < f',
      'while IFS=, read -r a b c; do echo "$b"; done < f.csv',
    ],
  });
});
