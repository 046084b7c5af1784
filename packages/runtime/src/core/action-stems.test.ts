import { testAnswers } from "../runtime/answers.fixture.test.ts";

testAnswers("a doer is its verb, whatever its version", [
  ["file_deleter_v2", { path: "/etc/x" }, "DENY"],
  ["FileDeleterV2", { path: "/etc/x" }, "DENY"],
  ["file_deleter2", { path: "/etc/x" }, "DENY"],
  ["file_deleter_beta", { path: "/etc/x" }, "DENY"],
  ["file_deleter_v2_1", { path: "/etc/x" }, "DENY"],
  ["FileDeleterPro", { path: "/etc/x" }, "DENY"],
  ["FileWriter3", { path: "/etc/x", content: "a" }, "DENY"],
  ["agent_spawner_v3", { role: "x" }, "REQUIRE_APPROVAL"],
  ["resource_remover_v2", { id: "x" }, "REQUIRE_APPROVAL"],
  ["creation_date_v2", { id: "x" }, "ALLOW"],
  ["document_reader_v2", { id: "x" }, "ALLOW"],
  ["file_reader_v2", { path: "a.txt" }, "ALLOW"],
]);
