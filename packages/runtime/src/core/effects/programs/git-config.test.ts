import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("git's settings are changed in the file that is named", {
  DENY: [
    "git config -f /etc/gitconfig --unset user.name",
    "git config --file /etc/gitconfig user.name x",
    "git config -f /etc/gitconfig -e",
    "git config --system user.name x",
    "git config --system --add user.name x",
    "git config --system --unset user.name",
    "git config --system --remove-section user",
    "git config --system --edit",
    "git config set --system user.name x",
    "git config unset --system user.name",
  ],
  REQUIRE_APPROVAL: ["git config -f ~/.gitconfig --unset user.name", "git config --get http.extraheader"],
  ALLOW: [
    "git config --system -l",
    "git config --system user.name",
    "git config get --system user.name",
    "git config list",
    "git config user.name x",
    "git config --global user.name x",
    "git config --global --unset user.name",
    "git config -f .gitmodules submodule.a.url b",
  ],
});
