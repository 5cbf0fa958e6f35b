"""Microseconds of everyday operations in PyTorch, a line each: the same as ../operations.lua.

usage: operations_torch.py size threads
"""

import math
import statistics
import sys
import time

import torch

size, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(1)
COLUMNS = 100
rows = size // COLUMNS

x = torch.randn(size)
table = torch.randn(rows, COLUMNS)
row = torch.randn(COLUMNS)
w = torch.randn(COLUMNS, COLUMNS)
left, right = torch.randn(size // 256, 16, 16), torch.randn(size // 256, 16, 16)

OPERATIONS = {
    "exp": lambda: torch.exp(x),
    "silu": lambda: torch.nn.functional.silu(x),
    "tanh": lambda: torch.tanh(x),
    "add_row": lambda: table + row,
    "sum": lambda: x.sum(),
    "softmax": lambda: torch.softmax(table, 1),
    "sort": lambda: torch.sort(x),
    "layer": lambda: table @ w + row,
    "matmul_16": lambda: left @ right,
}


def microseconds(body) -> float:
    """The median over rounds of about 50 ms each, of the mean in a round."""

    def measure(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            body()
        return (time.perf_counter() - start) / count

    measure(2)
    count = max(1, math.ceil(0.05 / measure(3)))
    return statistics.median(measure(count) for _ in range(7)) * 1e6


with torch.no_grad():
    for name, body in OPERATIONS.items():
        print(name, microseconds(body))
