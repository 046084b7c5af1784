import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("what looks at images writes where it is told to", {
  DENY: [
    "trivy image --output /etc/x y",
    "trivy image --output=/etc/x y",
    "trivy image -f json -o /etc/x y",
    "grype y --file /etc/x",
    "syft y -o json=/etc/x",
    "crane export alpine /etc/x",
  ],
  ALLOW: ["trivy image y", "trivy image -f json -o out.json y", "syft y -o json", "crane pull alpine a.tar"],
});
