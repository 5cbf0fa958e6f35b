"""The benches of exact scores."""

from harness import Bench, figures_of_lua

kept: dict[str, float] = {}


def empirical_score() -> dict[str, float]:
    """All figures come from one run of the program; the products are kept as the peer."""
    kept.update(figures_of_lua("empirical_score"))
    return kept


BENCHES = [
    Bench(
        "empirical_score", {"low": "ms", "middle": "ms", "high": "ms"}, empirical_score,
        "its two products by float64 GEMM alone, same run",
        lambda: dict.fromkeys(("low", "middle", "high"), kept["products"]),
        goal="ratio >= 0.6",
        note="10,000 points in 1,024 axes at 64 points, noise 0.002, 20 and 80"),
]
