"""Prints how many pixels of the pictures of a local machine agree with most of their neighbours.

run: python3 Tests/References/local_pictures.py    (numpy 2.x, seconds; made with 2.4)

The machine (Kamb and Ganguli 2025, Eq. 5) has one black and one white picture for data and sees 3×3 pixels, so that
its posterior mean is tanh(α Σ x/σ²), summed over the 3×3 pixels about each. DDIM on equal steps of the cosine
diffusion, α = cos(π t/2.016), takes 16×16 pixels of noise to pictures. What it prints stands in
Tests/lua/nn/score_machine_tests.lua and, rounded, in docs/exact_models.md.
"""

import numpy as np

SIDE = 16


def around(x):
    return sum(np.roll(x, (i, j), (1, 2)) for i in (-1, 0, 1) for j in (-1, 0, 1))


def pictures(x, steps):
    for i in range(steps, 0, -1):
        t, u = i / steps * np.pi / 2 / 1.008, (i - 1) / steps * np.pi / 2 / 1.008
        clean = np.tanh(np.cos(t) / np.sin(t) ** 2 * around(x))
        x = np.cos(u) * clean + np.sin(u) / np.sin(t) * (x - np.cos(t) * clean)
    return x


def main() -> None:
    random = np.random.default_rng(1)
    for steps, count in [(20, 4000), (100, 4000), (1000, 500)]:
        y = np.sign(pictures(random.standard_normal((count, SIDE, SIDE)), steps))
        shares = (y * around(y) > 0).mean((1, 2))
        print(f"{steps} steps: {shares.mean():.5f} ± {shares.std() / count**0.5:.5f}")


main()
