import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("the folder that the shell was in before", {
  DENY: [
    "cd /etc; cd /tmp; rm -rf ~-/x",
    "OLDPWD=/etc; rm -rf ~-/x",
    "OLDPWD=/etc; rm -rf $OLDPWD/x",
    "OLDPWD=/etc; cd -; rm -rf x",
    "cd /etc; cd /tmp; rm -rf $OLDPWD/x",
    "cd /etc; cd /tmp; cd -; rm -rf x",
    "cd /etc; cd /tmp; cd ~-; rm -rf x",
    "PWD=/etc; rm -rf ~+/x",
    "HOME=/etc; rm -rf ~/x",
  ],
  REQUIRE_APPROVAL: [
    "rm -rf ~-/x",
    "pushd /etc; pushd build; rm -rf ~1/x",
    "pushd /etc; rm -rf ~0/x",
    "rm -rf ~+1/x",
    "rm -rf ~-0/x",
    "PWD=$U; rm -rf ~+/x",
    "PWD=$U; rm -rf $PWD/x",
    "rm -rf ~+",
    "HOME=$U; rm -rf ~/x",
    "x=~-/x; rm -rf $x",
    "echo x > ~-/y",
  ],
  ALLOW: [
    "cd /tmp; rm -rf ~-/x",
    "rm -rf ~+/build",
    "cd build; cd ..; rm -rf ~-/x",
    "cd build && ls && cd - && ls",
    "cd build; ls ~-/src",
    "cp -r ~-/a .",
    "cat ~-/x",
  ],
});

testCommands("the way back", {
  REQUIRE_APPROVAL: ["pushd /etc; pushd build; pushd; rm -rf x"],
  ALLOW: [
    "pushd build; make; popd",
    "cd build; cd -; rm -rf x",
    'cd "$(mktemp -d)"; cd -; ls',
    "cd; cd -; rm -rf x",
    "cd /etc; (cd /tmp); cd -; rm -rf x",
    "cd build || exit; make; cd - || exit; rm -rf dist",
  ],
});

testCommands("ways to go to a folder", {
  DENY: [
    "cd /; cd etc; rm -rf x",
    "cd /etc || exit; rm -rf x",
    "cd -P /etc; rm -rf x",
    "cd -- /etc; rm -rf x",
    "cd -L -- /etc; rm -rf x",
    "cd -@ /etc; rm -rf x",
    "cd ~root; rm -rf x",
    "cd .. ; cd ..; cd ..; rm -rf etc",
    "pushd /etc > /dev/null; rm -rf x",
    "pushd -n /etc; rm -rf x",
    "command cd /etc; rm -rf x",
    "builtin cd /etc; rm -rf x",
    "\\cd /etc; rm -rf x",
    "eval cd /etc; rm -rf x",
    'cd() { builtin cd "$1"; }; cd /etc; rm -rf x',
    "(cd /etc && rm -rf x)",
  ],
  REQUIRE_APPROVAL: [
    'cd ""; rm -rf x',
    'cd "$HOME"; rm -rf x',
    "cd ~-; rm -rf x",
    "pushd /etc; popd; rm -rf x",
    "pushd +1; rm -rf x",
  ],
  ALLOW: ["cd build /etc; rm -rf x", "cd ~+; rm -rf x", "cd /etc & rm -rf x", "cd /etc | rm -rf x"],
});
