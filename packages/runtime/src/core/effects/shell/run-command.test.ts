import { describe } from "node:test";
import { decides } from "./decisions.fixture.test.ts";

describe("a command with a variable of several values does what it does with each", () => {
  decides({
    DENY: [
      "if a; then x=build; else x=/etc; fi; cd $x; rm -rf *",
      'if a; then x=build; else x=/etc; fi; cd "$x" && rm -rf y',
      "if a; then x=/etc; else x=build; fi; cd $x; rm -rf *",
      "for d in build /etc; do cd $d; rm -rf x; cd ..; done",
      "if a; then x=build; else x=/etc; fi; y=$x; rm -rf $y",
      "if a; then x=build; else x=/etc; fi; read y <<< $x; rm -rf $y",
      "if a; then x=build; else x=/etc; fi; export y=$x; rm -rf $y",
      "if a; then x=build; else x=/etc; fi; f() { rm -rf $1; }; f $x",
      'if a; then x=build; else x=/etc; fi; eval "y=$x"; rm -rf $y',
      "if a; then x=build; else x=/etc; fi; printf -v y %s $x; rm -rf $y",
      "if a; then x=build; else x=/etc; fi; for y in $x; do rm -rf $y; done",
      "if a; then x=build; else x=/etc; fi; case $x in *) rm -rf $x;; esac",
      "if a; then x=a; else x=/etc; fi; ln -s $x l; rm -rf l/y",
      'if a; then x=build; else x=/etc; fi; echo "rm -rf $x" > s; sh s',
      'if a; then x=build; else x=/etc; fi; cat > s <<< "rm -rf $x"; sh s',
      "if a; then x=b; else x=/etc/passwd; fi; { echo a; } > $x",
      "if a; then x=b; else x=/etc/passwd; fi; while read l; do echo $l; done < in > $x",
      "if a; then x=build; else x=/etc; fi; for y in $x c; do rm -rf $y; done",
      "if a; then x=build; else x=/etc; fi; cd $x; rm -rf *; cd build; rm -rf y",
      "if a; then x=build; else x=/etc; fi; cd $x && rm -rf y",
      "if a; then x=build; else x=/etc; fi; cd $x; sh -c 'rm -rf y'",
      "if a; then x=build; else x=/etc; fi; cd $x; echo a > passwd",
      "if a; then x=build; else x=/etc; fi; cd $x; { echo a; } > passwd",
      "if a; then x=build; else x=/etc; fi; f() { cd $1; rm -rf y; }; f $x",
      "if a; then x=build; else x=/etc; fi; cd $x; for i in a b; do rm -rf $i; done",
      "if a; then x=build; else x=/etc; fi; cd $x; y=$PWD; rm -rf $y/y",
    ],
    REQUIRE_APPROVAL: [
      "if a; then x=build; else x=/etc; fi; set -- $x; rm -rf $1",
      "if a; then x=build; else x=/etc; fi; a=($x); rm -rf ${a[0]}",
      "if a; then x=build; else x=/etc; fi; a[0]=$x; rm -rf ${a[0]}",
      "if a; then x=build; else x=/etc; fi; y=$(echo $x); rm -rf $y",
      'if a; then x=build; else x=/etc; fi; exec 3<<< "rm -rf $x"; sh <&3',
      "if a; then x=build; else x=/etc; fi; cd $x; cd ..; rm -rf y",
      "if a; then a=(build); else a=(/etc); fi; rm -rf ${a[0]}",
      "if a; then x=build; else x=/etc; fi; cd $x; x=$(pwd); rm -rf $x/y",
    ],
    ALLOW: [
      "if a; then x=build; else x=dist; fi; cd $x; rm -rf y",
      "if a; then x=build; else x=dist; fi; mkdir -p $x; cd $x; touch y; ls",
      "if a; then x=b; else x=c; fi; { echo a; } > $x",
      "if a; then x=build; else x=dist; fi; for y in $x; do rm -rf $y; done",
      "x=build; if a; then x=dist; fi; cd $x && make && cd ..",
      "if a; then x=1; else x=2; fi; y=$((x+1)); echo $y > out.$y",
      "if a; then x=3; else x=4; fi; i=$x; a[i]=1; echo ${a[@]}",
      "if a; then x=build; else x=dist; fi; (cd $x; rm -rf y); rm -rf z",
      "if a; then a=(build); else a=(build dist); fi; rm -rf ${a[0]}",
    ],
  });
});

describe("arrays that differ", () => {
  decides({
    DENY: ['if a; then x=(/etc/a); else x=(/etc/b); fi; rm "${x[0]}"'],
    ALLOW: ['if a; then x=(src/a); else x=(src/b); fi; rm "${x[0]}"'],
  });
});
