import { testAnswers } from "../../runtime/answers.fixture.test.ts";

testAnswers("an address in a member of any name is where a network action goes", [
  ["fetch", { page: "169.254.169.254" }, "DENY"],
  ["fetch", { page: "169.254.169.254/latest/meta-data" }, "DENY"],
  ["fetch", { page: "//169.254.169.254/latest" }, "DENY"],
  ["fetch", { page: "metadata.google.internal/computeMetadata/v1/" }, "DENY"],
  ["fetch", { page: "0xa9fea9fe/latest" }, "DENY"],
  ["fetch", { url: "https://example.com", page: "169.254.169.254" }, "DENY"],
  ["http_get", { resource: "169.254.169.254/latest" }, "DENY"],
  ["fetch", { page: "localhost:6379" }, "DENY"],
  ["fetch", { thing: "10.0.0.1:22" }, "DENY"],
  ["fetch", { page: "2" }, "ALLOW"],
  ["fetch", { version: "1.5" }, "ALLOW"],
  ["fetch", { q: "169.254.169.254" }, "ALLOW"],
]);
