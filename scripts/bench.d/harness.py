"""The bench harness: runs ours and the peer in turn and prints JSON lines. Standard library only."""

import argparse
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import pty
import resource
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from typing import Callable

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
_programs = [ROOT / ".build" / "release" / "moondrift"]


def program() -> pathlib.Path:
    """The build that is measured now."""
    return _programs[-1]


@contextlib.contextmanager
def measuring(other: pathlib.Path):
    """Another build of the program in place of the checkout's."""
    _programs.append(other)
    try:
        yield
    finally:
        _programs.pop()


class BenchError(Exception):
    """Why a bench gave no figure."""


@dataclasses.dataclass
class Bench:
    """One figure of ours beside one of a peer's. `ours` and `peer` run once and return numbers
    under the names of `units`, which gives a JSON line each; `peer` runs right after `ours`.
    `peer_needs` is the Python module without which there is no peer."""

    name: str
    units: dict[str, str]
    ours: Callable[[], dict[str, float]]
    peer_name: str
    peer: Callable[[], dict[str, float]]
    peer_needs: str | None = None
    goal: str = ""
    note: str = ""


# Programs


def run(command: list, timeout: float = 1800, **options) -> str:
    """Output of a command; a failure is a BenchError with the end of what it said."""
    try:
        done = subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=timeout, **options)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{command[0]} took more than {timeout:g} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-400:]
        raise BenchError(f"{command[0]} ended with {done.returncode}: {said}")
    return done.stdout


def moondrift(*arguments, **options) -> str:
    """The binary itself, not the launcher."""
    return run([program(), *arguments], **options)


def figures_of_lua(name: str, *arguments) -> dict[str, float]:
    """Runs bench.d/NAME.lua, whose lines `name number` are the figures."""
    return figures_of(moondrift(FOLDER / f"{name}.lua", *arguments))


def figures_of(said: str) -> dict[str, float]:
    """The figures of lines `name number`."""
    return {key: float(value) for key, value in (line.split() for line in said.splitlines())}


def peer_script(name: str, *arguments, **options) -> str:
    return run([peer_python(), FOLDER / "peers" / name, *arguments], **options)


@functools.cache
def peer_python() -> str:
    local = ROOT / ".venv" / "bin" / "python"
    asked = os.environ.get("MOONDRIFT_PEER_PYTHON")
    return asked or (str(local) if local.exists() else shutil.which("python3") or sys.executable)


@functools.cache
def why_no_peer(module: str) -> str | None:
    """None if the peers' Python has the module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    try:
        found = subprocess.run([peer_python(), "-c", code], capture_output=True).returncode == 0
    except OSError as error:
        return f"MOONDRIFT_PEER_PYTHON: {error}"
    if found:
        return None
    return f"{peer_python()} has no module {module}; set MOONDRIFT_PEER_PYTHON to one that has"


def cost_of(command: list, **options) -> dict[str, float]:
    """Wall and CPU milliseconds of a whole process."""
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command, **options)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": 1e3 * wall, "cpu": 1e3 * cpu}


def cost_of_prompt(command: list, prompt: bytes = b"> ") -> dict[str, float]:
    """Wall milliseconds until the prompt stands on a terminal of its own, and the CPU milliseconds
    of the whole process, which is sent Ctrl-D then. Its home is empty."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "TERM": "xterm"}
        start = time.perf_counter()
        child, terminal = pty.fork()
        if child == 0:
            os.execve(command[0], [str(part) for part in command], environment)
        try:
            seen = b""
            while prompt not in seen:
                if not select.select([terminal], [], [], 20)[0]:
                    raise BenchError(f"no prompt within 20 s; saw {seen!r}")
                try:
                    seen += os.read(terminal, 4096)
                except OSError:
                    raise BenchError(f"ended before its prompt; said {seen!r}") from None
            wall = time.perf_counter() - start
            os.write(terminal, termios.tcgetattr(terminal)[6][termios.VEOF])
            usage = _usage_at_end(child, terminal)
        finally:
            os.close(terminal)
    return {"wall": 1e3 * wall, "cpu": 1e3 * (usage.ru_utime + usage.ru_stime)}


def _usage_at_end(child: int, terminal: int):
    """Waits for the child, reading what it still writes so that it cannot block."""
    end = time.perf_counter() + 20
    while True:
        ended, _, usage = os.wait4(child, os.WNOHANG)
        if ended:
            return usage
        if time.perf_counter() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            raise BenchError("still runs 20 s after Ctrl-D")
        if select.select([terminal], [], [], 0.001)[0]:
            try:
                os.read(terminal, 4096)
            except OSError:
                pass


# The machine


@functools.cache
def instruction_set() -> str:
    """The level our kernels run at here, as the program says it."""
    said = next((line for line in moondrift("--version").splitlines() if line.startswith("cpu:")), "")
    return "avx512" if "AVX-512" in said else "avx2" if "AVX2" in said else "base"


# Running


def show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"{text:60}", end="\r", file=sys.stderr, flush=True)


def race(bench: Bench, runs: int) -> list[dict]:
    """The lines of one bench."""
    missing = why_no_peer(bench.peer_needs) if bench.peer_needs else None
    ours, peers = [], []
    for number in range(runs):
        show_progress(f"bench: {bench.name} {number + 1}/{runs}")
        ours.append(bench.ours())
        if not missing:
            peers.append(bench.peer())
    show_progress("")
    return [_line(bench, key, ours, peers, missing) for key in bench.units]


def compare(bench: Bench, other: pathlib.Path, runs: int) -> list[dict]:
    """The lines of one bench for two builds of the program, which run in turn. Each pair gives a
    ratio other / ours; `ratio` is their median, `low` and `high` are their quartiles."""
    pairs = []
    for number in range(runs):
        show_progress(f"bench: {bench.name} {number + 1}/{runs}")
        with measuring(other):
            theirs = bench.ours()
        pairs.append((bench.ours(), theirs))
    show_progress("")
    return [_line_of_pairs(bench, key, [(one[key], two[key]) for one, two in pairs], other)
            for key in bench.units]


def _line_of_pairs(bench: Bench, key: str, pairs: list, other: pathlib.Path) -> dict:
    ratios = [two / one for one, two in pairs]
    low, median, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return {
        "bench": bench.name if len(bench.units) == 1 else f"{bench.name}_{key}",
        "ours": _rounded(statistics.median(one for one, _ in pairs)),
        "peer": _rounded(statistics.median(two for _, two in pairs)),
        "peer_name": f"another build, {other}",
        "unit": bench.units[key],
        "ratio": _rounded(median),
        "low": _rounded(low),
        "high": _rounded(high),
        "cpu": instruction_set(),
        "runs": len(pairs),
    }


def _line(bench: Bench, key: str, ours: list, peers: list, missing: str | None) -> dict:
    mine = statistics.median(one[key] for one in ours)
    theirs = statistics.median(one[key] for one in peers) if peers else None
    line = {
        "bench": bench.name if len(bench.units) == 1 else f"{bench.name}_{key}",
        "ours": _rounded(mine),
        "peer": _rounded(theirs),
        "peer_name": bench.peer_name,
        "unit": bench.units[key],
        "ratio": _rounded(theirs / mine) if theirs is not None else None,
        "cpu": instruction_set(),
        "runs": len(ours),
    }
    if bench.goal:
        line["goal"] = bench.goal
    notes = [note for note in (bench.note, missing) if note]
    if notes:
        line["note"] = "; ".join(notes)
    return line


def _table_row(line: dict) -> str:
    if "error" in line:
        return f"| {line['bench']} | {line['error']} |"

    def with_unit(number: float | None) -> str:
        if number is None:
            return ""
        return f"{number:,.0f} {line['unit']}" if number >= 1000 else f"{number:.3g} {line['unit']}"

    ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
    goal = line.get("goal", "").removeprefix("ratio ")
    return (f"| {line['bench']} | {with_unit(line['ours'])} | {with_unit(line['peer'])} | {ratio} "
            f"| {goal} | {line['peer_name']} |")


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")


def main(groups: dict[str, list[Bench]], documentation: str) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=documentation, usage=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="groups and single benches")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (5)")
    parser.add_argument("--against", metavar="PROGRAM", help="race another build, not the peers")
    parser.add_argument("--table", action="store_true", help="a Markdown table in place of JSON lines")
    parser.add_argument("--list", action="store_true", help="name the groups and their benches")
    arguments = parser.parse_args()
    if arguments.list:
        for group, members in groups.items():
            for bench in members:
                print(f"{group:8} {bench.name:18} {bench.peer_name}")
        return 0
    if not arguments.names or arguments.runs < 1:
        parser.print_help(sys.stderr)
        return 2
    by_name = {bench.name: [bench] for members in groups.values() for bench in members}
    unknown = [name for name in arguments.names if name not in groups and name not in by_name]
    if unknown:
        print(f"bench: there is no '{unknown[0]}' (scripts/bench --list names them)", file=sys.stderr)
        return 2
    other = pathlib.Path(arguments.against).absolute() if arguments.against else None
    if other and not os.access(other, os.X_OK):
        print(f"bench: there is no program '{other}'", file=sys.stderr)
        return 2
    chosen = [one for name in arguments.names for one in groups.get(name) or by_name[name]]
    try:
        # Builds what is out of date, so that the binary below is the present one.
        run([ROOT / "scripts" / "moondrift", "-e", ""])
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    failed = False
    if arguments.table:
        print("| bench | ours | peer | ratio | goal | peer is |\n|---|---|---|---|---|---|")
    for bench in chosen:
        try:
            lines = (compare(bench, other, arguments.runs) if other
                     else race(bench, arguments.runs))
        except (BenchError, OSError, KeyError, ValueError) as error:
            failed = True
            lines = [{"bench": bench.name, "error": f"{type(error).__name__}: {error}"}]
        for line in lines:
            print(_table_row(line) if arguments.table else json.dumps(line), flush=True)
    return 1 if failed else 0
