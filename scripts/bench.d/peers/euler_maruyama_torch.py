"""PyTorch, 2 threads: the same work as ../euler_maruyama.lua. What depends on time alone is made once a
step, for all samples. usage: euler_maruyama_torch.py width"""
import math
import sys
import time

import torch

torch.set_num_threads(2)
width = int(sys.argv[1])
STEPS, COUNT, ROUNDS, BASE, T_END = 500, 10000, 3, 25.0, 1e-3

torch.manual_seed(0)
first = torch.nn.Linear(1, width)
embed = torch.nn.Linear(4, width)
last = torch.nn.Linear(width, 1)
omega = torch.randn(2) * 30
grid = torch.linspace(1.0, T_END, STEPS + 1).tolist()


def std(t):
    return math.sqrt((BASE ** (2 * t) - 1) / 2 / math.log(BASE))


def score(x, t):
    q = 2 * math.pi * omega * t
    h = first(x) + embed(torch.cat([q.sin(), q.cos()]))
    return last(torch.nn.functional.silu(h)) / (16 * std(t))


@torch.inference_mode()
def sample():
    x = std(1.0) * torch.randn(COUNT, 1)
    for i in range(STEPS):
        t = grid[i]
        dt = t - grid[i + 1]
        g = BASE ** t
        x = x + g * g * dt * score(x, t)
        if i < STEPS - 1:
            x = x + g * math.sqrt(dt) * torch.randn(COUNT, 1)
    return x


def noise():
    for _ in range(STEPS):
        torch.randn(COUNT, 1)


def seconds(body):
    body()
    best = math.inf
    for _ in range(ROUNDS):
        start = time.perf_counter()
        body()
        best = min(best, time.perf_counter() - start)
    return best


print(f"s {seconds(sample):.5f}")
print(f"noise {seconds(noise):.5f}")
