"""The benches of convolutional denoisers: a training step and a forward pass."""

import json

from harness import Bench, BenchError, figures_of_lua, instruction_set, peer_script

UNITS = {"train_ms": "ms", "infer_ms": "ms"}
CHOICES = [("fp32", "nchw"), ("fp32", "nhwc"), ("bf16", "nhwc")]
GOALS = {
    ("bf_cnn", "avx2"): "ratio >= 3.5 train, 2.6 inference",
    ("bf_cnn", "avx512"): "ratio >= 3.5 train, 3.0 inference",
    ("unet", "avx2"): "ratio >= 3.0 train, 2.3 inference",
    ("unet", "avx512"): "ratio >= 2.2 train, 1.8 inference",
    ("score_net", "avx2"): "ratio >= 3 train, 2 inference",
    ("score_net", "avx512"): "ratio >= 2.5 train, 2 inference",
}
# What was measured last, for rows that come from the same run.
torch_figures: dict[tuple[str, str], dict[str, float]] = {}
last: dict[str, dict[str, float]] = {}


def ours(network: str) -> dict[str, float]:
    last[network] = figures_of_lua("denoisers", network)
    return {key: last[network][key] for key in UNITS}


def torch_best(net: str, batch: int, dtypes: tuple[str, ...]) -> dict[str, float]:
    """The best layout of each pass; every choice is measured once a run. Without AVX-512 a bf16 step
    takes PyTorch minutes: there is no such row."""
    if "fp32" in dtypes:
        torch_figures.clear()
        for dtype, layout in CHOICES:
            if dtype == "bf16" and instruction_set() != "avx512":
                continue
            torch_figures[dtype, layout] = json.loads(
                peer_script("denoisers_torch.py", net, batch, dtype, layout))
    chosen = [figures for (dtype, _), figures in torch_figures.items() if dtype in dtypes]
    if not chosen:
        raise BenchError("bf16 is measured with AVX-512 alone")
    return {key: min(figures[key] for figures in chosen) for key in UNITS}


def torch_last(units: dict[str, str]) -> dict[str, float]:
    """The best layout of what was measured last."""
    return {key: min(figures[key] for (dtype, _), figures in torch_figures.items() if dtype == "fp32")
            for key in units}


def goal(network: str) -> str:
    return GOALS.get((network, instruction_set()), "none")


def bf16(network: str, net: str, batch: int) -> Bench:
    """The same figures of ours beside those of bf16, from the same run."""
    return Bench(
        f"{network}_bf16", UNITS, lambda: {key: last[network][key] for key in UNITS},
        "PyTorch bf16, same run", lambda: torch_best(net, batch, ("bf16",)), peer_needs="torch",
        note="bf16 is faster than fp32 with AVX-512 alone")


SAMPLING = {"sample_ms": "ms"}
BENCHES = [
    Bench(
        "bf_cnn", UNITS, lambda: ours("bf_cnn"), "PyTorch fp32, best layout, 2 threads",
        lambda: torch_best("bfcnn", 8, ("fp32",)), peer_needs="torch", goal=goal("bf_cnn"),
        note="21 layers of 64 channels, 8 pictures of 80x80; loss, gradient, Adam; forward pass"),
    bf16("bf_cnn", "bfcnn", 8),
    Bench(
        "bf_cnn_composed", UNITS,
        lambda: {key: last["bf_cnn"][f"composed_{key}"] for key in UNITS}, "the built-in, same run",
        lambda: {key: last["bf_cnn"][key] for key in UNITS}, goal="ratio >= 0.95",
        note="the same network by nn.sequential and nn.define in Lua"),
    Bench(
        "unet", UNITS, lambda: ours("unet"), "PyTorch fp32, best layout, 2 threads",
        lambda: torch_best("unet", 8, ("fp32",)), peer_needs="torch", goal=goal("unet"),
        note="7,659,264 parameters, 8 pictures of 80x80; loss, gradient, Adam; forward pass"),
    bf16("unet", "unet", 8),
    Bench(
        "unet_sampling", SAMPLING, lambda: {"sample_ms": last["unet"]["sample_ms"]},
        "PyTorch fp32, best layout, 2 threads",
        lambda: torch_last(SAMPLING), peer_needs="torch",
        goal="ratio >= 2.3", note="a step of 64 pictures of 80x80; 100 of them are a sample"),
    Bench(
        "score_net", UNITS, lambda: ours("score_net"), "PyTorch fp32, best layout, 2 threads",
        lambda: torch_best("scorenet", 32, ("fp32",)), peer_needs="torch", goal=goal("score_net"),
        note="1,115,297 parameters, 32 pictures of 28x28; loss, gradient, Adam; forward pass"),
    bf16("score_net", "scorenet", 32),
]
