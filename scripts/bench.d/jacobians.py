"""The bench of a denoiser's Jacobian: its leading eigenpairs."""

import functools
import tempfile

from harness import Bench, figures_of, figures_of_lua, peer_script

UNITS = {"s": "s"}


@functools.cache
def folder() -> tempfile.TemporaryDirectory:
    """Where the network and the picture of both sides lie, until the end."""
    return tempfile.TemporaryDirectory()


BENCHES = [
    Bench(
        "jacobian_eigenpairs", UNITS,
        lambda: figures_of_lua("jacobian", folder().name),
        "PyTorch, torch.func or double backward, best block and layout, 2 threads",
        lambda: figures_of(peer_script("jacobian_torch.py", folder().name)), peer_needs="torch",
        goal="ratio >= 3",
        note="20 eigenpairs to 1e-3 of nn.unet (7,659,264 parameters) at 80x80; the first run trains it"),
]
