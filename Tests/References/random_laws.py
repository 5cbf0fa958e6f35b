"""Writes random_laws.txt: points of scipy.stats.qmc.Sobol in 21 dimensions, and values of laws.

run: python3 Tests/References/random_laws.py    (needs scipy; made with 1.17)

Each line is `case name length ... : numbers`, row by row.
"""

import pathlib

import numpy as np
from scipy import special
from scipy.stats import qmc


def main() -> None:
    lines = []

    def put(case: int, name: str, value) -> None:
        array = np.asarray(value, dtype=np.float64)
        lengths = "".join(f" {n}" for n in array.shape)
        lines.append(f"{case} {name}{lengths} : " + " ".join(f"{v:.17g}" for v in array.ravel()))

    points = qmc.Sobol(21, scramble=False, bits=32)
    put(0, "first", points.random(64))
    points.fast_forward(100_000 - 64)
    put(0, "later", points.random(32))
    # columns: a, x, P(a, x)
    a, x = np.meshgrid([0.2, 0.5, 1, 2.5, 30], [0.01, 0.5, 1, 4, 30])
    put(0, "gamma", np.stack([a, x, special.gammainc(a, x)], axis=-1).reshape(-1, 3))
    # columns: a, b, x, I_x(a, b)
    a, b, x = np.meshgrid([0.3, 1, 2, 15], [0.4, 1, 2, 7], [0.001, 0.1, 0.5, 0.95])
    put(0, "beta", np.stack([a, b, x, special.betainc(a, b, x)], axis=-1).reshape(-1, 4))
    target = pathlib.Path(__file__).with_suffix(".txt")
    target.write_text("\n".join(lines) + "\n")


main()
