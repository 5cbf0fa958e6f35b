"""Everyday tensor operations against PyTorch on the same number of threads, by size."""

import os

from harness import Bench, figures_of_lua, peer_script

OPERATIONS = ["exp", "silu", "tanh", "add_row", "sum", "softmax", "sort", "layer", "matmul_16"]
THREADS = len(os.sched_getaffinity(0))


def of_peer(size: int) -> dict[str, float]:
    lines = peer_script("operations_torch.py", size, THREADS).splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines)}


def bench(name: str, size: int, least: int) -> Bench:
    return Bench(
        name, {operation: "us" for operation in OPERATIONS},
        lambda: figures_of_lua("operations", size), f"PyTorch, {THREADS} threads",
        lambda: of_peer(size), peer_needs="torch", goal=f"ratio >= {least}",
        note="float32; rows of 100; 16 x 16 products in a batch of so many elements")


BENCHES = [bench("1e3", 10**3, 2), bench("1e5", 10**5, 1), bench("1e7", 10**7, 1)]
