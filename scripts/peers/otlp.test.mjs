// What is sent to a collector of OpenTelemetry, read with the protocol's own messages: the Python package that is
// generated from opentelemetry-proto, installed into .cache/peers, once. Unknown members and wrong types are refused.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "../../packages/runtime/dist/index.js";
import { pythonPeer } from "./python-peer.mjs";

const VERSION = "1.45.2";
const READER = `
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

def ids(value):
    # OTLP's JSON has ids in hexadecimal where the messages' own JSON has base64.
    if isinstance(value, dict):
        return {k: base64.b64encode(bytes.fromhex(v)).decode() if k in ("traceId", "spanId", "parentSpanId") else ids(v) for k, v in value.items()}
    return [ids(v) for v in value] if isinstance(value, list) else value

for line in sys.stdin:
    request = json.loads(line)
    message = ExportTraceServiceRequest() if request["path"].endswith("traces") else ExportMetricsServiceRequest()
    json_format.ParseDict(ids(json.loads(request["body"])), message)
    if request["path"].endswith("traces"):
        for span in message.resource_spans[0].scope_spans[0].spans:
            assert len(span.trace_id) == 16 and len(span.span_id) == 8, span
            assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span
            print(span.name)
    else:
        for metric in message.resource_metrics[0].scope_metrics[0].metrics:
            assert metric.sum.is_monotonic and metric.sum.aggregation_temporality == 2
            print(metric.name)
`;

test("spans and sums are messages of the protocol", async (t) => {
  const python = pythonPeer(`opentelemetry-proto==${VERSION}`);
  const folder = mkdtempSync(join(tmpdir(), "canopy-otlp-"));
  const requests = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      requests.push({ path: request.url, body });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const sinks = [`otlp+http://127.0.0.1:${server.address().port}`];
  const runtime = createRuntime({ audit_log_path: join(folder, "audit.log"), home: folder, cwd: folder, sinks });
  for (const command of ["ls", "rm -rf /"]) {
    const decision = await runtime.authorize({ public_key: "agent-1", trace_id: "t1" }, "shell", { command });
    if (decision.decision !== "ALLOW") continue;
    await runtime.begin(decision.authorization_id, decision.action_digest);
    await runtime.attest(decision.authorization_id, { ok: true, result: "done" });
  }
  await runtime.close();
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
  const { status, stdout, stderr } = spawnSync(python, ["-c", READER], { input, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  for (const name of [
    "execute_tool execute_shell",
    "authorize execute_shell",
    "canopy.decisions",
    "canopy.tool.results",
  ]) {
    assert.ok(stdout.split("\n").includes(name), stdout);
  }
});
