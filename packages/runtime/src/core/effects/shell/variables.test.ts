import { describe } from "node:test";
import { decides } from "./decisions.fixture.test.ts";

describe("elements of arrays, however they come to their values", () => {
  decides({
    DENY: [
      "a=([0]=/etc/$U); rm -rf ${a[0]}",
      'a=([0]=/etc/$U); rm -rf "${a[@]}"',
      'declare -A a=([k]=/etc/$U); rm -rf "${a[k]}"',
      'a=([0]=/etc [1]=build); rm -rf "${a[0]}"',
      'a=([2]=build /etc); rm -rf "${a[3]}"',
      'n=0; a=([n]=/etc/x); rm -rf "${a[0]}"',
      "a=(build); printf -v 'a[0]' /etc; rm -rf ${a[0]}",
      "a=(build); read 'a[0]' <<< /etc; rm -rf ${a[0]}",
      "a=(build); declare -n r='a[0]'; r=/etc; rm -rf ${a[0]}",
      "a=(build); declare -n r=a; r[0]=/etc; rm -rf ${a[0]}",
      "declare -n r=a; a=/etc; rm -rf $r",
      "a=(build); declare 'a[0]=/etc'; rm -rf ${a[0]}",
      "a=(/etc); declare -a a; rm -rf ${a[0]}",
      "a=(/etc); rm -rf ${a[k]}",
      "a=(x /etc); rm -rf ${a[01]}",
      "a=(x /etc); rm -rf ${a[0x1]}",
      'declare -A m=([a]=build [b]=/etc); for k in "${!m[@]}"; do rm -rf "${m[$k]}"; done',
      'a=(build); a+=([1]=/etc); rm -rf "${a[1]}"',
    ],
    REQUIRE_APPROVAL: [
      "a=([0]=$U); rm -rf ${a[0]}",
      "a=([$i]=/etc/x); rm -rf ${a[0]}",
      'a=([0]+=/etc/x); rm -rf "${a[0]}"',
      'a=([1+1]=/etc/x); rm -rf "${a[2]}"',
      'files=(*.tmp); rm -f "${files[@]}"',
    ],
    ALLOW: [
      'a=([2]=/etc build); rm -rf "${a[3]}"',
      "a=([0]=build/$U); rm -rf ${a[0]}",
      'declare -A m; m[a-b]=build; m[c-d]=x; rm -rf "${m[a-b]}"',
      'declare -A m=([a b]=build [c]=dist); rm -rf "${m[a b]}"',
      'declare -A m; m[build]=1; for k in "${!m[@]}"; do rm -rf "$k"; done',
      'declare -A m=(["a"]=build); rm -rf "${m[a]}"',
      'a=(build dist); i=0; rm -rf "${a[i]}" "${a[$((i+1))]}"',
      'a=(); a+=(build); a+=(dist); rm -rf "${a[@]}"',
      'for ((i=0;i<3;i++)); do arr[i]=$i; done; echo "${arr[@]}"',
    ],
  });
});
