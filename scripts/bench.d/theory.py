"""The bench of exact flows: both figures of a side come from one run of its program."""

from harness import Bench, figures_of_lua, peer_script
from networks import figures

BENCHES = [
    Bench(
        "exact_flow", {"flow": "s", "kl_60": "ms"}, lambda: figures_of_lua("exact_flow"),
        "NumPy, its own number of threads", lambda: figures(peer_script("exact_flow_numpy.py")),
        peer_needs="numpy", goal="ratio >= 1.5 and under 60 s; kl_60: ratio >= 1",
        note="30 flows of 200 or n features, n = 10 to 1,000, at 55 training times each with its KL; "
        "metric.kl_of_score 60 times on 200 features"),
]
