"""Milliseconds of metrics of two samples of n points in d dimensions, in float32 where the peer has it.

usage: sample_metrics.py NAME n d THREADS
"""

import os
import statistics
import sys
import time

name, n, d, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = threads

import numpy as np  # noqa: E402

stream = np.random.default_rng(1)
x = stream.standard_normal((n, d)).astype(np.float32)
y = (stream.standard_normal((n, d)) + 0.1).astype(np.float32)


def sliced_wasserstein():
    import ot

    return lambda: ot.sliced_wasserstein_distance(x, y, n_projections=50, seed=1)


def wasserstein():
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    def call():
        cost = cdist(x, y, "sqeuclidean")
        rows, columns = linear_sum_assignment(cost)
        return np.sqrt(cost[rows, columns].mean())

    return call


def sinkhorn():
    import ot

    a = np.full(n, 1 / n)

    def entropic(p, q):
        cost = ot.dist(p, q)
        return ot.sinkhorn2(a, a, cost, 12.8, method="sinkhorn_log", stopThr=1e-6, numItermax=1000)

    return lambda: entropic(x, y) - (entropic(x, x) + entropic(y, y)) / 2


def mmd():
    import torch

    torch.set_num_threads(int(threads))
    p, q = torch.from_numpy(x), torch.from_numpy(y)

    def call():
        def total(u, v):
            return torch.exp(torch.cdist(u, v).square() / -128).sum()

        within = (total(p, p) - n + total(q, q) - n) / (n * (n - 1))
        return (within - 2 * total(p, q) / (n * n)).item()

    return call


def energy_distance():
    import torch

    torch.set_num_threads(int(threads))
    p, q = torch.from_numpy(x), torch.from_numpy(y)

    def call():
        within = (torch.cdist(p, p).sum() + torch.cdist(q, q).sum()) / (n * (n - 1))
        return (2 * torch.cdist(p, q).mean() - within).item()

    return call


def neighbours(k, points):
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=int(threads)).fit(points)


def nearest():
    return lambda: neighbours(5, y).kneighbors(x)


def precision_recall():
    from sklearn.metrics import pairwise_distances

    def call():
        ball_x = neighbours(6, x).kneighbors(x)[0][:, 5]
        ball_y = neighbours(6, y).kneighbors(y)[0][:, 5]
        between = pairwise_distances(x, y, n_jobs=int(threads))
        in_data, in_samples = between <= ball_y[None, :], between <= ball_x[:, None]
        return in_data.any(1).mean(), in_samples.any(0).mean(), in_data.sum() / (5 * n), in_data.any(0).mean()

    return call


def frechet():
    import scipy.linalg

    def call():
        s, t = np.cov(x.T), np.cov(y.T)
        shift = x.mean(0) - y.mean(0)
        return shift @ shift + np.trace(s + t - 2 * scipy.linalg.sqrtm(s @ t).real)

    return call


call = globals()[name]()
call()
times = []
first = time.perf_counter()
while len(times) < 9 and time.perf_counter() - first < 3:
    start = time.perf_counter()
    call()
    times.append(time.perf_counter() - start)
print("ms", statistics.median(times) * 1e3)
