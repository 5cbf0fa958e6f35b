"""Milliseconds of torch.cdist between two sets of points, as ../distances.lua.

usage: distances_torch.py n d threads
"""

import statistics
import sys
import time

import torch

n, d, threads = (int(text) for text in sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(1)
x, y = torch.randn(n, d), torch.randn(n, d)


def round_of(count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        torch.cdist(x, y)
    return (time.perf_counter() - start) / count


round_of(3)
print("ms", statistics.median(round_of(10) for _ in range(9)) * 1e3)
