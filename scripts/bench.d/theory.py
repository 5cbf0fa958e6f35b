"""The benches of exact flows and of networks side by side: both figures of a side come from one run of its program."""

from harness import Bench, figures_of_lua, peer_script
from networks import figures

side: dict[str, float] = {}


def measure_side() -> dict[str, float]:
    """Side by side and alone come from one run of the program; alone is kept as a peer."""
    side.update(figures_of_lua("side_by_side"))
    return {name: side[name] for name in ("seeds_3", "seeds_8")}


BENCHES = [
    Bench(
        "exact_flow", {"flow": "s", "kl_60": "ms"}, lambda: figures_of_lua("exact_flow"),
        "NumPy, its own number of threads", lambda: figures(peer_script("exact_flow_numpy.py")),
        peer_needs="numpy", goal="ratio >= 1.5 and under 60 s; kl_60: ratio >= 1",
        note="30 flows of 200 or n features, n = 10 to 1,000, at 55 training times each with its KL; "
        "metric.kl_of_score 60 times on 200 features"),
    Bench(
        "side_by_side", {"seeds_3": "ms", "seeds_8": "ms"}, measure_side, "each network alone in turn, same run",
        lambda: {name: side[f"{name}_alone"] for name in ("seeds_3", "seeds_8")}, goal="ratio >= 1",
        note="an update of 3 and of 8 networks of memorization_time, n = 128, width 64"),
]
