"""canopy-runtime 0.4.2 with a log of so many entries: a count in, {"wall": [µs], "cpu": µs} out."""
import json
import sys
import time

from canopy import authorize_action
from canopy.audit import HashChainAuditLog, _canonical_json, _sha256_hex

path, entries = sys.argv[1], int(sys.argv[2])
AGENT = {"public_key": "bench-agent", "created_at": "2026-01-01T00:00:00Z", "trace_id": "bench-trace"}


def call(number):
    payload = {"command": f"ls -la packages/part-{number} && cat README.md | head -50"}
    authorize_action(dict(AGENT), "execute_shell", payload, audit_log_path=path)


# Entries are chained here in one go: through its own append, each costs a reading of the whole file.
call(0)
with open(path, encoding="utf-8") as log:
    template = json.loads(log.readline())
previous = template["entry_hash"]
with open(path, "a", encoding="utf-8") as log:
    for _ in range(entries - 1):
        entry = {**template, "prev_hash": previous}
        del entry["entry_hash"]
        previous = entry["entry_hash"] = _sha256_hex(previous.encode() + _canonical_json(entry))
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")
assert HashChainAuditLog(path).verify_integrity()
print("ready", flush=True)

for line in sys.stdin:
    wall, cpu = [], time.process_time_ns()
    for number in range(int(line)):
        start = time.perf_counter_ns()
        call(number)
        wall.append((time.perf_counter_ns() - start) / 1000)
    print(json.dumps({"wall": wall, "cpu": (time.process_time_ns() - cpu) / 1000 / len(wall)}), flush=True)
