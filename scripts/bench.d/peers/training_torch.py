"""PyTorch eager: trainings per second of the network of ../supports.lua, a process of one thread for each core.

Each process makes its share of 16 trainings on eight dots, 200 updates each, one after another. Start and import are not
counted.
"""
import multiprocessing
import sys
import time

SETS, UPDATES, WIDTH, DOTS, NOISES = 16, 200, 8, 8, 2


def make():
    import torch
    import torch.nn as nn

    torch.set_num_threads(1)

    class Network(nn.Module):
        """nn.local_cnn of one layer."""

        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, WIDTH, 3, padding=1)
            self.middle = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
            self.last = nn.Conv2d(WIDTH, 1, 3, padding=1)
            self.embeddings = nn.ModuleList(
                nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GroupNorm(2, WIDTH), nn.ReLU()) for _ in range(2))
            self.register_buffer("omega", 10000.0 ** -torch.linspace(0, 1, WIDTH // 2))

        def forward(self, x, level):
            q = level * self.omega
            gamma = torch.cat([q.sin(), q.cos()], 1)
            e = [layer(gamma)[:, :, None, None] for layer in self.embeddings]
            h = self.first(x)
            h = h + torch.relu(self.middle(h + e[0]))
            return self.last(h + e[1])

    def training(seed):
        torch.manual_seed(seed)
        dots = 8 * torch.eye(64).reshape(64, 1, 8, 8)[torch.randperm(64)[:DOTS]]
        net = Network()
        optimizer = torch.optim.Adam(net.parameters(), lr=4e-3, fused=True)
        for _ in range(UPDATES):
            x0 = dots[torch.randperm(DOTS)].repeat_interleave(NOISES, 0)
            t = torch.rand(len(x0), 1, 1, 1) * 0.999 + 0.001
            log_alpha = -0.25 * t * t * 19.9 - 0.05 * t
            alpha, sigma = log_alpha.exp(), (1 - (2 * log_alpha).exp()).sqrt()
            noise = torch.randn_like(x0)
            x = alpha * x0 + sigma * noise
            clean = net(x, t[:, :, 0, 0] * 1000)
            loss = (((x - alpha * clean) / sigma - noise) ** 2).sum((1, 2, 3)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return training


def work(seeds, ready, go):
    training = make()
    training(0)
    ready.wait()
    go.wait()
    for seed in seeds:
        training(seed)


if __name__ == "__main__":
    cores = int(sys.argv[1])
    ready, go = multiprocessing.Barrier(cores + 1), multiprocessing.Barrier(cores + 1)
    workers = [
        multiprocessing.Process(target=work, args=(range(1 + k, SETS + 1, cores), ready, go))
        for k in range(cores)]
    for worker in workers:
        worker.start()
    ready.wait()
    start = time.perf_counter()
    go.wait()
    for worker in workers:
        worker.join()
    print(f"trainings {SETS / (time.perf_counter() - start):.4f}")
