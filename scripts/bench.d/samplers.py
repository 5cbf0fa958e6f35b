"""The benches of samplers along the probability flow."""

from harness import Bench, figures_of_lua, peer_script
from networks import figures

BENCHES = [
    Bench(
        "probability_flow", {"heun": "ms", "dpm_solver_pp_2m": "ms"},
        lambda: figures_of_lua("probability_flow"), "JAX jit + fori_loop, 2 threads",
        lambda: figures(peer_script("probability_flow_jax.py")),
        peer_needs="jax", goal="ratio >= 2",
        note="20 steps of 10,000 samples through nn.score_mlp of width 256, d = 2"),
]
