"""Runs a child program (trial_child.lua) until a time is over, through crashes and hangs.

A child that a signal ends is started again behind the case that did it. A call that takes longer than
PATIENCE gets a Ctrl-C; one that does not end within GRACE after it is a hang, and the child is killed.
"""

import os
import resource
import signal
import subprocess
import tempfile
import time

PATIENCE = 4.0  # seconds until a call is interrupted
GRACE = 4.0  # seconds it then has
# Files in memory where there is such a folder: each save waits for its disk.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
ADDRESSES = 6 << 30  # bytes of address space of a child


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Trials:
    def __init__(self, program, child, arguments=(), replay="", patience=PATIENCE):
        self.program, self.child, self.arguments = program, child, list(arguments)
        self.replay = replay  # how a case is run again; {case} stands for its number
        self.patience = patience
        self.counts = {}
        self.faults = []
        self.reports = []
        self.slow = 0

    def run(self, seconds, first=1):
        """Works for so many seconds; counts, faults and reports then tell what happened."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            case, is_done = self._child(first, end)
            if is_done or case is None:
                return
            first = case + 1

    def _child(self, first, end):
        """Runs one child; the case it was at, and whether it came to its end."""
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            progress = os.path.join(folder, "progress")
            work = os.path.join(folder, "work")
            os.mkdir(work)
            command = [self.program, "--memory", "1G", self.child, *self.arguments]
            command += ["--first", str(first), "--seconds", str(max(0.1, end - time.monotonic()))]
            command += ["--progress", progress]
            environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", HOME=work)
            with open(os.path.join(folder, "out"), "w+b") as out, open(
                os.path.join(folder, "err"), "w+b"
            ) as err:
                process = subprocess.Popen(
                    command, cwd=work, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                    env=environment, preexec_fn=limits)
                hang = self._watch(process, progress)
                case, calls, call = self._progress(progress)
                out.seek(0)
                is_done = self._read(out.read().decode(errors="replace"))
                err.seek(0)
                message = err.read().decode(errors="replace")[-600:].strip()
            if not is_done:
                self._add("calls", calls)
            if hang or process.returncode < 0 or (process.returncode > 0 and not is_done):
                what = "hang" if hang else self._end(process.returncode)
                if what != "exit 1" or "interrupted!" not in message:
                    self.faults.append(
                        f"{what}: {call}\n  replay: {self.replay.format(case=case)}\n  {message}")
            return case, is_done

    @staticmethod
    def _end(code):
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"

    def _watch(self, process, progress):
        """Waits for the end of the child; True where a call of it would not end."""
        seen, since, is_interrupted = None, time.monotonic(), False
        while True:
            try:
                process.wait(0.2)
                return False
            except subprocess.TimeoutExpired:
                pass
            now, state = time.monotonic(), self._progress(progress)
            if state != seen:
                seen, since, is_interrupted = state, now, False
            elif not is_interrupted and now - since > self.patience:
                process.send_signal(signal.SIGINT)
                self.slow += 1
                is_interrupted, since = True, now
            elif is_interrupted and now - since > GRACE:
                process.kill()
                process.wait()
                return True

    @staticmethod
    def _progress(path):
        try:
            with open(path, "rb") as file:
                text = file.read().split(b"\n\0")[0].decode(errors="replace")
            case, calls, call = text.split("\n", 2)
            return int(case), int(calls), call
        except (OSError, ValueError):
            return None, 0, "(nothing yet)"

    def _read(self, out):
        """Takes in what a child printed; whether it came to its end."""
        is_done = False
        for line in out.splitlines():
            word, _, rest = line.partition(" ")
            if word == "count":
                name, _, number = rest.rpartition(" ")
                if number.isdigit():
                    self._add(name, int(number))
            elif word == "report":
                self.reports.append(rest)
            is_done = is_done or line == "done"
        return is_done

    def _add(self, name, number):
        self.counts[name] = self.counts.get(name, 0) + number

    def summary(self):
        counts = ", ".join(f"{number} {name}" for name, number in sorted(self.counts.items()))
        return f"{counts or 'nothing tried'}; {self.slow} interrupted for their length, " \
            f"{len(self.faults)} faults"
