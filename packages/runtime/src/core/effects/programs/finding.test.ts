import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("fd's extensions and patterns are names", {
  REQUIRE_APPROVAL: ["fd -e pem . /", "fd . -e pem /", "fd -e key . ~", "fd -g '*.pem' /", "fd id_rsa ~"],
  ALLOW: ["fd -e ts", "fd -e pem", "fd -g '*.ts' src", "fd . /etc"],
});

testCommands("of several places that are searched or listed, the gravest one speaks for all", {
  ALLOW: [
    "find src test -name '*.pyc' | xargs rm",
    "find build dist | xargs rm -r",
    "ls a b | xargs cat",
    "ls a /etc",
    "ls --color src | xargs cat",
  ],
  REQUIRE_APPROVAL: ["ls . | xargs rm -r", "find $x | xargs rm", "fd '[.]pem$' a / | xargs cat"],
  DENY: [
    "find a /etc | xargs rm -r",
    "find /etc a | xargs rm -r",
    "find $x /etc | xargs rm",
    "find a /etc /usr | xargs -I{} rm -r {}",
    "ls a /etc | xargs rm -r",
    "ls -d a /etc | xargs rm -r",
    "ls --color /etc | xargs rm -r",
    "du -a a /etc | xargs rm -r",
    "rm -r $(find a /etc)",
    "for f in $(find a /etc); do rm -r $f; done",
    "ls a /etc | while read f; do rm -r /etc/$f; done",
    "fd . a /etc -x rm -r",
  ],
});
