"""The bench of likelihood.ode: both sides take the same model, which ours saves."""

import pathlib
import tempfile

from harness import Bench, figures_of_lua, peer_script
from networks import figures

FOLDER = tempfile.TemporaryDirectory()
MODEL = pathlib.Path(FOLDER.name) / "model.safetensors"

BENCHES = [
    Bench(
        "likelihood_ode", {"s": "s"}, lambda: figures_of_lua("likelihood", MODEL),
        "JAX jit with diffrax, 2 threads", lambda: figures(peer_script("likelihood_jax.py", MODEL)),
        peer_needs="diffrax", goal="ratio >= 3, under 1 s",
        note="ln p of 1,000 points, d = 2, exact divergence, nn.score_mlp of width 256, rtol = atol = 1e-5"),
]
