"""The benches, by group. Each is one entry of GROUPS."""

import re
import statistics
import tempfile
import time

import convolutions
import decompositions
import denoisers
import distances
import exact_scores
import jacobians
import likelihoods
import networks
import operations
import pictures
import sample_metrics
import samplers
import supports
import sweeps
import theory
from harness import (
    ROOT, Bench, BenchError, cost_of, cost_of_prompt, figures_of_lua, moondrift,
    peer_python, peer_script, program)


def number_in(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    if not found:
        raise BenchError(f"no {pattern!r} in {text.strip()[-200:]!r}")
    return float(found[1])


def median_of(count: int, measure) -> dict[str, float]:
    """For costs of milliseconds, where a single run is mostly noise."""
    runs = [measure() for _ in range(count)]
    return {key: statistics.median(one[key] for one in runs) for key in runs[0]}


def import_torch() -> dict[str, float]:
    return cost_of([peer_python(), "-c", "import torch"])


calls: dict[str, float] = {}


def measure_calls() -> dict[str, float]:
    """Both sides come from one run of the program; the peer's is kept until it is asked for."""
    calls.update(figures_of_lua("call_two_numbers"))
    return calls


losses: dict[str, float] = {}


def measure_losses() -> dict[str, float]:
    """All three come from one run of the program; the built-in loss is kept as the peer."""
    losses.update(figures_of_lua("train_loss"))
    return losses


# The main job

MAIN_JOB = ROOT / "scripts" / "generalization" / "kl_dynamics.lua"
EPOCHS, PEER_EPOCHS = 2001, 201
SEEDS, MODES = 20, 2


def main_job() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        moondrift(MAIN_JOB, f"--seeds={SEEDS}", f"--epochs={EPOCHS}", f"--out={folder}/run")
        return {"s": time.perf_counter() - start}


def main_job_of_peer() -> dict[str, float]:
    """One seed of one mu for a tenth of the epochs, scaled up to the whole job."""
    seconds = number_in(peer_script("li_kl_torch.py", 3, 0, PEER_EPOCHS), r"wall ([\d.]+) s")
    return {"s": seconds * EPOCHS / PEER_EPOCHS * SEEDS * MODES}


STARTUP_UNITS = {"wall": "ms wall", "cpu": "ms CPU"}

GROUPS = {
    "first": [
        Bench(
            "train_step", {"us": "us"},
            lambda: figures_of_lua("train_step"),
            "JAX jit + lax.scan",
            lambda: {"us": number_in(peer_script("rf_train_jax.py"), r"([\d.]+) us/step")},
            peer_needs="jax", goal="ratio >= 1, aiming at 2.6",
            note="ours shuffles each epoch and ends it with a batch of 8; the peer does neither"),
        Bench(
            "train_step_eager", {"us": "us"},
            lambda: figures_of_lua("train_step"),
            "PyTorch eager, 1 thread",
            lambda: {"us": number_in(peer_script("rf_train_torch.py"), r"([\d.]+) us/step")},
            peer_needs="torch",
            note="ours shuffles each epoch and ends it with a batch of 8; the peer does neither"),
        Bench(
            "startup_prompt", STARTUP_UNITS,
            lambda: median_of(9, lambda: cost_of_prompt([program()])),
            "python -c 'import torch'", import_torch, peer_needs="torch", goal="ours <= 20 ms"),
        Bench(
            "startup_e", STARTUP_UNITS,
            lambda: median_of(9, lambda: cost_of([program(), "-e", ""])),
            "python -c 'import torch'", import_torch, peer_needs="torch", goal="ours <= 20 ms"),
        Bench(
            "launcher", STARTUP_UNITS,
            lambda: median_of(9, lambda: cost_of([ROOT / "scripts" / "moondrift", "-e", ""])),
            "the binary itself", lambda: median_of(9, lambda: cost_of([program(), "-e", ""])),
            goal="ours - peer < 300 ms"),
        Bench(
            "call_two_numbers", {"ns": "ns"},
            lambda: {"ns": measure_calls()["bound"]},
            "a plain C function (math.fmod), same run",
            lambda: {"ns": calls["plain"]},
            goal="ratio >= 1/6", note="random.derived_seed(a, b)"),
        Bench(
            "tensor_add", {"us": "us"},
            lambda: figures_of_lua("tensor_add"),
            "PyTorch, 1 thread",
            lambda: {"us": number_in(peer_script("tensor_add_torch.py"), r"([\d.]+) us")},
            peer_needs="torch", goal="ratio >= 2"),
        Bench(
            "main_job", {"s": "s wall"}, main_job,
            "PyTorch eager, 1 thread, seeds one after another", main_job_of_peer,
            peer_needs="torch", goal="ours <= 60 s on 2 cores",
            note=f"{SEEDS} seeds of each of {MODES} mu, {EPOCHS} epochs; the peer ran one seed for "
            f"{PEER_EPOCHS} epochs, scaled by {EPOCHS}/{PEER_EPOCHS} x {SEEDS} x {MODES}; on two "
            "cores two processes of the peer would halve its time"),
    ],
    "core": operations.BENCHES + decompositions.BENCHES + [
        Bench(
            "lua_step_eager", {"eager": "us"},
            lambda: figures_of_lua("lua_step"),
            "PyTorch eager, 1 thread",
            lambda: {"eager": number_in(peer_script("rf_train_torch.py"), r"([\d.]+) us/step")},
            peer_needs="torch", goal="ratio >= 8",
            note="the same step, loss and update written in Lua and in Python"),
        Bench(
            "lua_step", {"compiled": "us"},
            lambda: figures_of_lua("lua_step"),
            "JAX jit + lax.scan",
            lambda: {"compiled": number_in(peer_script("rf_train_jax.py"), r"([\d.]+) us/step")},
            peer_needs="jax", goal="ratio >= 0.7, aiming above 1",
            note="ours through grad.compile, with the loop over batches in Lua"),
        Bench(
            "train_loss", {"eager": "us", "compiled": "us"}, measure_losses,
            "the built-in loss, same run", lambda: dict.fromkeys(
                ("eager", "compiled"), losses["built_in"]),
            note="an update of train with the loss written in Lua"),
    ],
    "networks": networks.BENCHES,
    "diffusion": samplers.BENCHES + exact_scores.BENCHES + distances.BENCHES + likelihoods.BENCHES,
    "convolutions": convolutions.BENCHES,
    "denoisers": denoisers.BENCHES,
    "jacobian": jacobians.BENCHES,
    "data": pictures.BENCHES,
    "metrics": sample_metrics.BENCHES,
    "supports": supports.BENCHES,
    "theory": theory.BENCHES + sweeps.BENCHES,
}
