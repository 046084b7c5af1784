"""Runs a command in a pseudo-terminal, does one thing to it, and tells how the terminal was left, as JSON.

    console_pty.py quit|terminate|hang-up|interrupt|crash|suspend|resize COMMAND...
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LEAVE = b"\x1b[?1049l"
ENTER = b"\x1b[?1049h"


class Session:
    def __init__(self, command):
        self.seen = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execvp(command[0], command)
        self.before = None

    def modes(self):
        flags = termios.tcgetattr(self.master)
        return [flags[0] & termios.ICRNL, flags[3] & (termios.ECHO | termios.ICANON | termios.ISIG)]

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                return False
        return True

    def until(self, wanted, seconds=60.0):
        end = time.monotonic() + seconds
        while wanted not in self.seen and time.monotonic() < end:
            if not self.read(0.2):
                break
        return wanted in self.seen

    def ended(self, options=0, seconds=60.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG | options)
            if pid != 0:
                self.read(0.05)
                return status
        os.kill(self.pid, signal.SIGKILL)
        return None


def main():
    what, command = sys.argv[1], sys.argv[2:]
    session = Session(command)
    before = session.modes()
    told = {"painted": session.until("▌".encode()), "raw": session.modes() != before}
    if what == "quit":
        os.write(session.master, b"q")
    elif what == "terminate":
        os.kill(session.pid, signal.SIGTERM)
    elif what == "hang-up":
        os.kill(session.pid, signal.SIGHUP)
    elif what == "interrupt":
        os.kill(session.pid, signal.SIGINT)
    elif what == "crash":
        os.kill(session.pid, signal.SIGUSR2)
    elif what == "suspend":
        os.write(session.master, b"\x1a")
        status = session.ended(os.WUNTRACED)
        told["stopped"] = status is not None and os.WIFSTOPPED(status)
        told["left_stopped"] = LEAVE in session.seen and session.modes() == before
        session.seen = b""
        os.kill(session.pid, signal.SIGCONT)
        told["again"] = session.until("▌".encode()) and ENTER in session.seen and session.modes() != before
        os.write(session.master, b"q")
    elif what == "resize":
        session.seen = b""
        fcntl.ioctl(session.master, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 40, 0, 0))
        told["small"] = session.until("60×20".encode())
        session.seen = b""
        fcntl.ioctl(session.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        told["large"] = session.until(b"\x1b[40;1H")
        os.write(session.master, b"q")
    status = session.ended()
    told["exit"] = None if status is None else os.waitstatus_to_exitcode(status)
    told["left"] = LEAVE in session.seen and session.modes() == before
    told["after"] = session.seen.split(LEAVE)[-1].decode("utf-8", "replace")
    print(json.dumps(told))


main()
