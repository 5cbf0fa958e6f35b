"""Distances between all pairs of two sets of points, against PyTorch and SciPy."""

from harness import Bench, figures_of_lua, peer_script
from operations import THREADS

POINTS, DIMENSION = 2000, 64


def figure_of(said: str) -> dict[str, float]:
    name, value = said.split()
    return {name: float(value)}


def bench(peer: str, needs: str, script: str, *arguments) -> Bench:
    return Bench(
        f"distances_{needs}", {"ms": "ms"}, lambda: figures_of_lua("distances", POINTS, DIMENSION),
        peer, lambda: figure_of(peer_script(script, POINTS, DIMENSION, *arguments)),
        peer_needs=needs, goal="ratio >= 1",
        note=f"{POINTS} x {DIMENSION} points against as many; ours and PyTorch in float32, SciPy in "
        "float64, which is all it has")


BENCHES = [
    bench(f"torch.cdist, {THREADS} threads", "torch", "distances_torch.py", THREADS),
    bench("scipy cdist, 1 thread", "scipy", "distances_scipy.py"),
]
