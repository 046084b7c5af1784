"""Drives the console in a pseudo-terminal and times each key until the row that it changes has been painted.

    console-pty.py SECONDS COMMAND...     prints {"first_paint_ms": …, "keys": [{"key": …, "ms": …}, …]}

A key's time runs from the write to the terminal until the bytes that only its paint contains have arrived. Rows that
arrive meanwhile are painted too, so what is waited for never stands in those.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

COLUMNS, ROWS = 120, 40
# A key, and bytes that its paint holds and that no paint of an arriving row does.
ROUND = [
    ("k", "▌"), ("k", "▌"), ("k", "▌"), ("k", "▌"),
    ("\x02", "▌"), ("\x02", "▌"), ("\x02", "▌"), ("\x06", "▌"),
    ("?", "ctrl-f ctrl-b"), ("\x1b[D", "WHAT"),
    ("\r", "decision id"), ("\x1b[D", "WHAT"),
    ("3", "IDENTITY"), ("4", "ENTRIES"), ("6", "newest checkpoint"), ("1", "WHAT"),
]


def spawn(command):
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return pid, master


def wait_for(master, wanted, limit=10.0):
    """Milliseconds until the wanted text arrived; None when it did not."""
    began = time.perf_counter()
    seen = b""
    target = wanted.encode()
    while time.perf_counter() - began < limit:
        ready, _, _ = select.select([master], [], [], 0.5)
        if not ready:
            continue
        seen += os.read(master, 65536)
        if target in seen:
            return (time.perf_counter() - began) * 1000
        seen = seen[-200_000:]
    return None


def drain(master, seconds):
    end = time.perf_counter() + seconds
    while True:
        left = end - time.perf_counter()
        if left <= 0:
            return
        ready, _, _ = select.select([master], [], [], left)
        if ready:
            os.read(master, 65536)


def flush(master):
    while select.select([master], [], [], 0)[0]:
        os.read(master, 65536)


def main():
    seconds = float(sys.argv[1])
    pid, master = spawn(sys.argv[2:])
    first = wait_for(master, "▌", 60.0)
    keys = []
    end = time.perf_counter() + seconds
    number = 0
    while time.perf_counter() < end:
        key, wanted = ROUND[number % len(ROUND)]
        number += 1
        # As fast as a key that is held down.
        drain(master, 0.03)
        flush(master)
        os.write(master, key.encode())
        keys.append({"key": repr(key), "at": round(seconds - (end - time.perf_counter()), 3), "ms": wait_for(master, wanted)})
    drain(master, 0.2)
    os.write(master, b"\x03")
    drain_until_end(master)
    _, status = os.waitpid(pid, 0)
    print(json.dumps({"first_paint_ms": first, "keys": keys, "exit": os.waitstatus_to_exitcode(status)}))


def drain_until_end(master):
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        pass


main()
