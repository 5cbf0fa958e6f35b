"""The benches of convolutional denoisers: a training step and a forward pass."""

import json

from harness import Bench, figures_of_lua, instruction_set, peer_script

UNITS = {"train_ms": "ms", "infer_ms": "ms"}
CHOICES = [("fp32", "nchw"), ("fp32", "nhwc"), ("bf16", "nhwc")]
GOALS = {
    "avx2": "ratio >= 3.5 train, 2.6 inference",
    "avx512": "ratio >= 3.5 train, 3.0 inference",
}
# What was measured last, for rows that come from the same run.
torch_figures: dict[tuple[str, str], dict[str, float]] = {}
composed: dict[str, float] = {}


def measure(network: str) -> dict[str, float]:
    figures = figures_of_lua("denoisers", network)
    composed.update({key: figures[f"composed_{key}"] for key in UNITS})
    return {key: figures[key] for key in UNITS}


def torch_best(net: str, dtypes: tuple[str, ...]) -> dict[str, float]:
    """The best layout of each pass; every choice is measured once a run."""
    if "fp32" in dtypes:
        for dtype, layout in CHOICES:
            torch_figures[dtype, layout] = json.loads(
                peer_script("denoisers_torch.py", net, 8, dtype, layout))
    chosen = [figures for (dtype, _), figures in torch_figures.items() if dtype in dtypes]
    return {key: min(figures[key] for figures in chosen) for key in UNITS}


last: dict[str, float] = {}


def ours(network: str) -> dict[str, float]:
    last.update(measure(network))
    return dict(last)


BENCHES = [
    Bench(
        "bf_cnn", UNITS, lambda: ours("bf_cnn"), "PyTorch fp32, best layout, 2 threads",
        lambda: torch_best("bfcnn", ("fp32",)), peer_needs="torch",
        goal=GOALS.get(instruction_set(), "none"),
        note="21 layers of 64 channels, 8 pictures of 80x80; loss, gradient, Adam; forward pass"),
    Bench(
        "bf_cnn_bf16", UNITS, lambda: dict(last), "PyTorch bf16, same run",
        lambda: torch_best("bfcnn", ("bf16",)), peer_needs="torch",
        note="bf16 is faster than fp32 with AVX-512 alone"),
    Bench(
        "bf_cnn_composed", UNITS, lambda: dict(composed), "the built-in, same run",
        lambda: dict(last), goal="ratio >= 0.95",
        note="the same network by nn.sequential and nn.define in Lua"),
]
