"""Distances and divergences of two samples, by SciPy, scikit-learn, PyTorch and POT.

run: python3 Tests/References/sample_metrics.py > Tests/References/sample_metrics.txt
     (NumPy 2.4, SciPy 1.17, scikit-learn 1.9, PyTorch 2.13, POT 0.9.7)

`case name length ... : numbers`. The first case has as many points on both sides, the second has not.
"""

import numpy as np
import ot
import scipy.linalg
import scipy.optimize
import scipy.spatial.distance as distance
import torch
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.neighbors import NearestNeighbors


def counter(k, count):
    """Numbers from -1/2 to 1/2 that follow from a number k and their places."""
    u = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(k * 97531 + 12345)) % np.uint64(2**32)
    u = ((u ^ (u >> np.uint64(15))) * np.uint64(2246822519)) % np.uint64(2**32)
    u = u ^ (u >> np.uint64(13))
    return u.astype(np.float64) / 2**32 - 0.5


def show(case, name, x):
    x = np.atleast_1d(np.asarray(x, dtype=np.float64))
    lengths = " ".join(str(n) for n in x.shape)
    print(case, name, lengths, ":", " ".join(f"{v:.15g}" for v in x.ravel()))


def wasserstein(x, y, p):
    cost = distance.cdist(x, y) ** p
    if len(x) == len(y):
        rows, columns = scipy.optimize.linear_sum_assignment(cost)
        return cost[rows, columns].mean() ** (1 / p)
    return ot.emd2(ot.unif(len(x)), ot.unif(len(y)), cost) ** (1 / p)


def entropic(x, y, p, epsilon):
    a, b = ot.unif(len(x)), ot.unif(len(y))
    cost = distance.cdist(x, y) ** p
    plan = ot.sinkhorn(a, b, cost, epsilon, method="sinkhorn_log", numItermax=100000, stopThr=1e-13)
    share = plan / np.outer(a, b)
    return (plan * cost).sum() + epsilon * (plan * np.log(np.maximum(share, 1e-300))).sum()


def sinkhorn(x, y, p, epsilon):
    return entropic(x, y, p, epsilon) - entropic(x, x, p, epsilon) / 2 - entropic(y, y, p, epsilon) / 2


def discrepancy(kernel, x, y, biased):
    xx, yy, xy = kernel(x, x), kernel(y, y), kernel(x, y)
    if biased:
        return xx.mean() + yy.mean() - 2 * xy.mean()
    n, m = len(x), len(y)
    within = (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return within - 2 * xy.mean()


def gaussian(bandwidths):
    return lambda x, y: np.mean([rbf_kernel(x, y, gamma=1 / (2 * h * h)) for h in bandwidths], axis=0)


def frechet(x, y):
    s, t = np.cov(x.T), np.cov(y.T)
    shift = x.mean(0) - y.mean(0)
    return shift @ shift + np.trace(s + t - 2 * scipy.linalg.sqrtm(s @ t).real)


def normal(x):
    return torch.distributions.MultivariateNormal(torch.tensor(x.mean(0)), torch.tensor(np.cov(x.T)))


def radii(x, k, points=None):
    if points is None:
        return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]
    return NearestNeighbors(n_neighbors=k).fit(points).kneighbors(x)[0][:, k - 1]


def kl_nearest(x, y, k):
    n, m = len(x), len(y)
    return x.shape[1] * np.log(radii(x, k, y) / radii(x, k)).mean() + np.log(m / (n - 1))


def balls(x, y, k):
    between = distance.cdist(x, y)
    in_data = between <= radii(y, k)[None, :]
    in_samples = between <= radii(x, k)[:, None]
    return [in_data.any(1).mean(), in_samples.any(0).mean(), in_data.sum() / (k * len(x)), in_data.any(0).mean()]


for case, (n, m, d) in enumerate([(40, 40, 3), (24, 18, 2)]):
    x = 3 * counter(10 * case, n * d).reshape(n, d)
    y = 2 * counter(10 * case + 1, m * d).reshape(m, d) + 0.4
    show(case, "x", x)
    show(case, "y", y)
    show(case, "wasserstein", [wasserstein(x, y, p) for p in (1, 2, 3)])
    show(case, "sinkhorn", [sinkhorn(x, y, p, e) for p, e in ((1, 0.2), (2, 0.2), (2, 2))])
    middle = np.median(distance.pdist(np.concatenate([x, y])))
    show(case, "median", middle)
    for name, bandwidths in (("mmd", [0.8]), ("mmd_two", [0.5, 2]), ("mmd_median", [middle])):
        show(case, name, [discrepancy(gaussian(bandwidths), x, y, biased) for biased in (False, True)])
    show(case, "frechet", frechet(x, y))
    show(case, "kid", discrepancy(lambda a, b: polynomial_kernel(a, b, 3), x, y, False))
    show(case, "kl_gaussian", torch.distributions.kl_divergence(normal(x), normal(y)))
    show(case, "kl_nearest", [kl_nearest(x, y, k) for k in (1, 5)])
    show(case, "balls", [balls(x, y, k) for k in (3, 5)])
