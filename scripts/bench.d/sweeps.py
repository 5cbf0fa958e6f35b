"""The bench of moondrift.sweep: what it adds to its runs."""

import pathlib
import tempfile

from harness import Bench, figures_of_lua

figures: dict[str, float] = {}


def measure() -> dict[str, float]:
    """Both sides come from one sweep; that of the runs is kept until it is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        figures.update(figures_of_lua("sweep", pathlib.Path(folder) / "rows"))
    return {"s": figures["sweep"]}


BENCHES = [
    Bench(
        "sweep", {"s": "s"}, measure, "its 8 runs alone, same sweep", lambda: {"s": figures["runs"]},
        goal="ratio >= 0.99", note="8 runs of 1 s, one at a time, rows on disk, 200 MB of data"),
]
