"""Metrics of two samples, against POT, SciPy, scikit-learn and PyTorch."""

from distances import figure_of
from harness import Bench, figures_of_lua, peer_script
from operations import THREADS

DIMENSION = 64
PEERS = {
    "sliced_wasserstein": ("POT sliced_wasserstein_distance", "ot"),
    "wasserstein": ("SciPy cdist and linear_sum_assignment, 1 thread", "scipy"),
    "sinkhorn": ("POT sinkhorn2, sinkhorn_log", "ot"),
    "mmd": (f"PyTorch, {THREADS} threads", "torch"),
    "energy_distance": (f"PyTorch, {THREADS} threads", "torch"),
    "nearest": (f"scikit-learn, brute, {THREADS} threads", "sklearn"),
    "precision_recall": (f"scikit-learn, brute, {THREADS} threads", "sklearn"),
    "frechet": ("NumPy and SciPy sqrtm", "scipy"),
}
NOTES = {
    "sinkhorn": "epsilon 12.8, a tenth of the mean cost; ours keeps no matrix, the peer keeps three",
    "wasserstein": "ours keeps costs in float32, the peer in float64",
    "precision_recall": "ours keeps no matrix of distances",
}


def bench(name: str, points: int) -> Bench:
    peer, needs = PEERS[name]
    return Bench(
        f"{name}_{points}", {"ms": "ms"},
        lambda: figures_of_lua("sample_metrics", name, points, DIMENSION),
        peer, lambda: figure_of(peer_script("sample_metrics.py", name, points, DIMENSION, THREADS)),
        peer_needs=needs, goal="ratio >= 1.5",
        note=f"{points} points in {DIMENSION} dimensions on both sides. {NOTES.get(name, '')}".strip())


BENCHES = [bench(name, points) for points in (1000, 10000) for name in PEERS]
