"""Eigenvalues and singular values against PyTorch: a Bench for each size."""

import time

from harness import ROOT, Bench, moondrift, peer_script


def wall_of(loops: int, name: str, order: int) -> float:
    start = time.perf_counter()
    moondrift(ROOT / "scripts" / "bench.d" / "decompose.lua", name, order, loops)
    return time.perf_counter() - start


def ours(name: str, order: int, loops: int) -> dict[str, float]:
    """Start-up and the making of the matrix cancel; one loop warms up."""
    few = wall_of(1, name, order)
    return {"ms": (wall_of(loops + 1, name, order) - few) / loops * 1e3}


def peer(name: str, order: int, loops: int) -> dict[str, float]:
    said = peer_script("decompose_torch.py", name, order, loops)
    return {"ms": float(said.split(":")[1].split()[0])}


def bench(name: str, order: int, loops: int) -> Bench:
    return Bench(
        f"{name}_{order}", {"ms": "ms"}, lambda: ours(name, order, loops),
        "PyTorch, its own number of threads", lambda: peer(name, order, loops), peer_needs="torch",
        goal="ratio >= 0.9",
        note="ours on one thread, so that results have the same bits at any thread count; "
        "OMP_NUM_THREADS=1 gives the peer one, too")


BENCHES = [bench("eigh", 512, 10), bench("svd", 512, 10), bench("eigh", 2048, 1),
           bench("svd", 2048, 1)]
