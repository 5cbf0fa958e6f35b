"""The benches of built-in networks: samples through them, and a training step."""

import re

from harness import Bench, BenchError, figures_of_lua, peer_script

SAMPLING_UNITS = {"s": "s", "noise": "s"}
NOTE = "500 steps of 10,000 samples, d = 1; noise is the normal numbers alone"


def figures(text: str) -> dict[str, float]:
    """The lines `name number` of a peer."""
    found = {key: float(value) for key, value in re.findall(r"^(\w+) ([\d.]+)$", text, re.M)}
    if not found:
        raise BenchError(f"no figure in {text.strip()[-200:]!r}")
    return found


def sampling(width: int, jax_goal: str, torch_goal: str) -> list[Bench]:
    def ours() -> dict[str, float]:
        return figures_of_lua("euler_maruyama", width)

    return [
        Bench(
            f"em_{width}", SAMPLING_UNITS, ours, "JAX jit + fori_loop, 2 threads",
            lambda: figures(peer_script("euler_maruyama_jax.py", width)),
            peer_needs="jax", goal=jax_goal, note=NOTE),
        Bench(
            f"em_{width}_torch", SAMPLING_UNITS, ours, "PyTorch, 2 threads",
            lambda: figures(peer_script("euler_maruyama_torch.py", width)),
            peer_needs="torch", goal=torch_goal, note=NOTE),
    ]


steps: dict[str, float] = {}


def measure_steps() -> dict[str, float]:
    """The plan and eager steps come from one run of the program; eager is kept as a peer."""
    steps.update(figures_of_lua("residual_step"))
    return {"ms": steps["plan"]}


TRAINING = [
    Bench(
        "residual_step", {"ms": "ms"}, measure_steps, "PyTorch, 2 threads",
        lambda: figures(peer_script("residual_step_torch.py")),
        peer_needs="torch", goal="ratio >= 1.3",
        note="nn.residual_mlp, 3 blocks of 1,024, batch 256, 784 numbers, Adam"),
    Bench(
        "residual_step_eager", {"ms": "ms"}, measure_steps, "the loss in Lua, eager, same run",
        lambda: {"ms": steps["eager"]}, goal="ratio >= 1"),
]

BENCHES = TRAINING + sampling(16, "ratio >= 4, with AVX-512 >= 5", "ratio >= 10") + sampling(
    256, "ratio >= 3, with AVX-512 >= 4", "ratio >= 4")
