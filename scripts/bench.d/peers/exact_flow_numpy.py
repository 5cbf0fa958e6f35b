"""The program of bench.d/exact_flow.lua in NumPy, by the same quadratures; prints `flow` and `kl_60` likewise.

Features of the KL's nodes are formed once for all training times, and all times go through one product.
"""

import time

import numpy as np

MU, FIRST, LAST, NODES = 3.0, 0.05, 3.0, 16
TAUS = 10 ** (3 + 9 * np.arange(55) / 54)
LEGENDRE, SHARES = np.polynomial.legendre.leggauss(24)
TIMES, WEIGHTS = FIRST + (LEGENDRE + 1) / 2 * (LAST - FIRST), SHARES / 2


class Features:
    """Random features of Li et al. 2023, Eq. 12."""

    def __init__(self, width, stream):
        self.omega = stream.normal(size=3)
        rows = stream.normal(size=(width, 8))
        rows /= np.abs(rows).sum(1, keepdims=True)
        self.w, self.u = rows[:, 0], rows[:, 1:]

    def __call__(self, x, t):
        angle = 2 * np.pi * self.omega * t
        still = self.u @ np.concatenate([np.sin(angle), np.cos(angle), [1.0]])
        return np.maximum(x[:, None] * self.w + still, 0)


def law_of_points(points, alpha, sigma):
    """Density and score of the noised points at the nodes of a quadrature."""
    means = alpha * points
    low, high = means.min() - 6 * sigma, means.max() + 6 * sigma
    x, step = nodes_of(low, high, sigma)
    gaps = x[:, None] - means
    parts = np.exp(-(gaps**2) / (2 * sigma**2))
    total = parts.sum(1)
    kept = total > 1e-20 * total.max()
    mass = total[kept] / total[kept].sum()
    return x[kept], mass, -(parts * gaps).sum(1)[kept] / total[kept] / sigma**2


def law_of_mixture(alpha, sigma):
    variance = alpha**2 + sigma**2
    low, high = -alpha * MU - 6 * variance**0.5, alpha * MU + 6 * variance**0.5
    x, step = nodes_of(low, high, sigma)
    parts = np.exp(-((x[:, None] - alpha * np.array([-MU, MU])) ** 2) / (2 * variance))
    total = parts.sum(1)
    kept = total > 1e-20 * total.max()
    score = ((parts * (alpha * np.array([-MU, MU]) - x[:, None])).sum(1) / total / variance)[kept]
    return x[kept], total[kept] / total[kept].sum(), score


def nodes_of(low, high, sigma):
    extra = (high - low) / 4
    count = int(np.ceil((high - low) * 1.5 * NODES / sigma))
    x = np.linspace(low - extra, high + extra, count + 1)
    return x, x[1] - x[0]


def moments(features, law):
    width = len(features.w)
    gram, cross, square = np.zeros((width, width)), np.zeros(width), 0.0
    for t, share in zip(TIMES, WEIGHTS):
        alpha, sigma = np.exp(-t), np.sqrt(-np.expm1(-2 * t))
        x, mass, score = law(alpha, sigma)
        root = np.sqrt(mass * share * sigma**2)
        phi = features(x, t) * root[:, None]
        gram += phi.T @ phi
        cross += phi.T @ (score * root)
        square += ((score * root) ** 2).sum()
    return gram, cross, square


def coefficients(gram, cross):
    """A(tau), a column for each training time."""
    width = len(cross)
    gamma, vectors = np.linalg.eigh(gram)
    gamma = np.where(gamma > gamma[-1] * width * 2.2e-16, gamma, 0)
    drive = vectors.T @ cross
    safe = np.where(gamma > 0, gamma, 1)
    rates = 2 * gamma / width**2
    modes = np.where(gamma > 0, width / safe * drive, 0)[:, None] * -np.expm1(-np.outer(rates, TAUS))
    return vectors @ modes


def kl(features, a, log_p):
    """KL(p ‖ q) at t = FIRST for each column of a: Simpson's rule for ln q, then the trapezoidal rule."""
    x = np.linspace(-15, 15, 4001)
    scores = features(x, FIRST) @ a / len(features.w)
    step = x[1] - x[0]
    parts = step / 3 * (scores[:-2:2] + 4 * scores[1:-1:2] + scores[2::2])
    log_q = np.concatenate([np.zeros((1, a.shape[1])), np.cumsum(parts, 0)])
    log_q -= log_q.max(0)
    log_q -= np.log(np.exp(log_q).sum(0) * 2 * step)
    p = np.exp(log_p)[:, None]
    return (p * (log_p[:, None] - log_q)).sum(0) * 2 * step


def main():
    start = time.perf_counter()
    alpha, sigma = np.exp(-FIRST), np.sqrt(-np.expm1(-2 * FIRST))
    variance = alpha**2 + sigma**2
    coarse = np.linspace(-15, 15, 2001)
    parts = np.exp(-((coarse[:, None] - alpha * np.array([-MU, MU])) ** 2) / (2 * variance))
    log_p = np.log(parts.sum(1) / 2 / np.sqrt(2 * np.pi * variance))
    for n in (10, 30, 100, 300, 1000):
        for width in (200, n):
            for seed in (1, 2, 3):
                stream = np.random.default_rng(seed)
                features = Features(width, stream)
                points = MU * np.where(stream.random(n) < 0.5, -1, 1) + stream.normal(size=n)
                train = moments(features, lambda a, s: law_of_points(points, a, s))
                test = moments(features, law_of_mixture)
                a = coefficients(*train[:2])
                kl(features, a, log_p)
                for gram, cross, square in (train, test):
                    (a * (gram @ a)).sum(0) / width**2 - 2 * cross @ a / width + square
    print("flow", time.perf_counter() - start)

    stream = np.random.default_rng(1)
    features, a = Features(200, stream), stream.normal(size=200)
    x = np.linspace(-10, 10, 3201)
    log_p = np.log(np.exp(-((x[::64, None] - np.array([-MU, MU])) ** 2) / 2).sum(1) / 2 / np.sqrt(2 * np.pi) * 0.4)
    start = time.perf_counter()
    for _ in range(60):
        scores = features(x, 0.065) @ a / 200
        parts = (x[1] - x[0]) / 3 * (scores[:-2:2] + 4 * scores[1:-1:2] + scores[2::2])
        log_q = np.concatenate([[0], np.cumsum(parts)])[::32]
        log_q -= log_q.max()
        log_q -= np.log(np.exp(log_q).sum())
        (np.exp(log_p) * (log_p - log_q)).sum()
    print("kl_60", 1e3 * (time.perf_counter() - start))


main()
