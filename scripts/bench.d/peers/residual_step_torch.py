"""PyTorch, 2 threads: the training step of ../residual_step.lua, Adam, EDM's preconditioning."""
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(2)
torch.manual_seed(0)
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20
D, WIDTH, BLOCKS, BATCH, EMBEDDING, SIGMA = 784, 1024, 3, 256, 64, 0.5


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.first = nn.Linear(WIDTH, WIDTH)
        self.embed = nn.Linear(EMBEDDING, WIDTH, bias=False)
        self.last = nn.Linear(WIDTH, WIDTH)

    def forward(self, h, gamma):
        return h + self.last(F.silu(self.first(self.norm(h)) + self.embed(gamma)))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(D, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.leave = nn.Linear(WIDTH, D)
        nn.init.zeros_(self.leave.weight)
        pairs = EMBEDDING // 2
        self.register_buffer("omega", 64 ** (torch.arange(pairs) / (pairs - 1)))

    def forward(self, u, level):
        q = level * self.omega
        gamma = torch.cat([q.sin(), q.cos()], 1)
        h = self.enter(u)
        for block in self.blocks:
            h = block(h, gamma)
        return self.leave(self.norm(h))


net = Network()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4, fused=True)
data = SIGMA * torch.randn(1024, D)


def step():
    x = data[torch.randint(1024, (BATCH,))]
    sigma = 0.002 + 79.998 * torch.rand(BATCH, 1)
    z = torch.randn_like(x)
    noised = x + sigma * z
    total = sigma ** 2 + SIGMA ** 2
    f = net(noised / total.sqrt(), sigma.log() / 4)
    score = f * SIGMA / (sigma * total.sqrt()) - noised / total
    loss = ((sigma * score + z) ** 2).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


for _ in range(3):
    step()
start = time.perf_counter()
for _ in range(steps):
    loss = step()
loss.item()
print(f"ms {(time.perf_counter() - start) / steps * 1e3:.3f}")
