"""CPU µs of each decision of canopy-runtime 0.4.2, its audit write replaced by nothing. A line in, a list out."""
import json
import sys
import time

import canopy.core as core
from canopy import authorize_action

core._write_audit = lambda *args, **kwargs: "0" * 64
AGENT = {"public_key": "bench-agent", "created_at": "2026-01-01T00:00:00Z"}
requests = [json.loads(line) for name in sys.argv[1:] for line in open(name, encoding="utf-8")]

for _ in sys.stdin:
    spent = []
    for request in requests:
        before = time.process_time_ns()
        authorize_action(dict(AGENT), request["action_type"], request["action_payload"])
        spent.append((time.process_time_ns() - before) / 1000)
    print(json.dumps(spent), flush=True)
