import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("fd's extensions and patterns are names", {
  REQUIRE_APPROVAL: ["fd -e pem . /", "fd . -e pem /", "fd -e key . ~", "fd -g '*.pem' /", "fd id_rsa ~"],
  ALLOW: ["fd -e ts", "fd -e pem", "fd -g '*.ts' src", "fd . /etc"],
});
