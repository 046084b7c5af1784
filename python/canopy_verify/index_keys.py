"""What the index finds a line by (docs/absence-proofs.md)."""

import re
from datetime import datetime, timezone

from .merkle import sha256
from .strict_json import JsonError, parse

WHERE = ("trace_id", "avid", "action_type", "decision", "resource", "incident_id", "event")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)


def entry_time(text):
    """Seconds since 1970 of an RFC 3339 time; None for anything else."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    parts = [int(one) for one in found.groups()[:6]]
    hours, minutes = int(found.group(8) or 0), int(found.group(9) or 0)
    try:
        local = datetime(*parts, tzinfo=timezone.utc)
    except ValueError:
        return None
    if hours > 23 or minutes > 59:
        return None
    offset = (hours * 60 + minutes) * 60 * (-1 if found.group(7) == "-" else 1)
    time = int(local.timestamp()) - offset
    return time if 0 <= time <= 253_402_300_799 else None


def format_time(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def index_key(field, tenant, values):
    parts = b"".join(len(part).to_bytes(4, "big") + part for part in (one.encode() for one in (field, tenant, *values)))
    return sha256(b"canopy-index-v1\x00" + parts)


def read_line(line):
    """What the index knows of a line, whatever stands in it."""
    empty = {"time": None, "odd": True, "tenant_id": "", "resources": [], **{name: "" for name in WHERE if name != "resource"}}
    if len(line) > 1_048_576:
        return empty
    try:
        members = parse(line.decode("utf-8", "strict"), outermost=True, max_digits=len(line))
    except (UnicodeDecodeError, JsonError, RecursionError):
        return empty
    if not isinstance(members, dict):
        return empty
    odd = False

    def text(name):
        nonlocal odd
        value = members.get(name)
        if value is None:
            return ""
        if type(value) is str and not any(0xD800 <= ord(one) <= 0xDFFF for one in value):
            return value
        odd = True
        return ""

    read = {name: text(name) for name in ("tenant_id", *WHERE) if name != "resource"}
    time = entry_time(text("timestamp"))
    listed = members.get("resource_keys")
    resources = []
    for item in [] if listed is None else listed if isinstance(listed, list) else [None]:
        if type(item) is not str or item == "" or any(0xD800 <= ord(one) <= 0xDFFF for one in item):
            odd = True
        elif item not in resources:
            resources.append(item)
    return {**read, "time": time, "odd": odd or time is None, "resources": resources}


def keys_of(read):
    """The keys that a line is found by."""
    terms = [(name, (read[name],)) for name in WHERE if name != "resource"]
    terms += [("avid+action_type", (read["avid"], read["action_type"])), ("avid+decision", (read["avid"], read["decision"]))]
    terms += [("resource", (one,)) for one in read["resources"]]
    tenants = [""] + ([read["tenant_id"]] if read["tenant_id"] else [])
    keys = {index_key(field, tenant, values) for field, values in terms if "" not in values for tenant in tenants}
    if read["odd"]:
        keys.add(index_key("line", "", ("odd",)))
    return keys


def relation(read, statement):
    """How an entry that has the key stands to a statement: matches, uncertain (its line is odd) or other."""
    time, begin, end = read["time"], statement["from"], statement["to"]
    if time is not None and ((begin is not None and time < begin) or (end is not None and time > end)):
        return "other"
    if read["odd"]:
        return "uncertain"
    if statement["tenant"] is not None and read["tenant_id"] != statement["tenant"]:
        return "other"
    if statement["except_agent"] is not None and read["avid"] == statement["except_agent"]:
        return "other"
    for name, value in statement["where"].items():
        if not (value in read["resources"] if name == "resource" else read[name] == value):
            return "other"
    return "matches"
