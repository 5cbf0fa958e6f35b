"""Writes linalg.txt: matrices and what NumPy and SciPy make of them.

run: python3 Tests/References/linalg.py    (needs numpy and scipy; made with 2.4 and 1.17)

Each line is `case name length ... : numbers`, row by row.
"""

import pathlib

import numpy as np
import scipy.linalg

SHAPES = [
    (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (7, 7), (8, 8), (11, 11), (6, 2), (9, 4), (5, 1),
    (12, 5), (10, 9), (13, 3), (2, 6), (4, 9), (1, 5), (5, 12), (9, 10), (3, 13), (16, 16),
]


def main() -> None:
    random = np.random.default_rng(20)
    lines = []

    def put(case: int, name: str, value) -> None:
        array = np.asarray(value, dtype=np.float64)
        lengths = "".join(f" {n}" for n in array.shape)
        lines.append(f"{case} {name}{lengths} : " + " ".join(f"{v:.17g}" for v in array.ravel()))

    for case, (m, n) in enumerate(SHAPES):
        a = random.standard_normal((m, n)) * 10.0 ** random.integers(-2, 3)
        if case in (5, 9, 15):  # of lower rank
            a[:, -1] = a[:, 0]
            if m < n:
                a[-1] = a[0]
        b = random.standard_normal((m, 2))
        q, r = np.linalg.qr(a)
        put(case, "a", a)
        put(case, "b", b)
        put(case, "q", q)
        put(case, "r", r)
        put(case, "svdvals", np.linalg.svd(a, compute_uv=False))
        put(case, "pinv", np.linalg.pinv(a, rcond=np.finfo(float).eps * max(m, n)))
        put(case, "lstsq", np.linalg.lstsq(a, b)[0])
        put(case, "rank", np.linalg.matrix_rank(a))
        put(case, "norms", [np.linalg.norm(a, k) for k in ("fro", "nuc", 1, 2, np.inf)])
        put(case, "vector_norms", [np.linalg.norm(a.ravel(), k) for k in (1, 2, 3, np.inf)])
        spd = a @ a.T / n + np.eye(m) * np.abs(a).mean()
        put(case, "spd", spd)
        put(case, "cholesky", np.linalg.cholesky(spd))
        put(case, "eigvalsh", np.linalg.eigvalsh(spd))
        put(case, "sqrtm", np.real(scipy.linalg.sqrtm(spd)))
        put(case, "logdet", np.linalg.slogdet(spd)[1])
        put(case, "solve", np.linalg.solve(spd, b))
        put(case, "inv", np.linalg.inv(spd))
        put(case, "triangular", scipy.linalg.solve_triangular(spd, b, lower=True))
        if m == n:
            put(case, "trace", np.trace(a))
            if case != 5:
                put(case, "det", np.linalg.det(a))
            values = np.linalg.eigvals(a)
            values = values[np.lexsort((values.imag, values.real))]
            put(case, "eigvals", np.stack([values.real, values.imag], axis=1))
    target = pathlib.Path(__file__).with_suffix(".txt")
    target.write_text("\n".join(lines) + "\n")


main()
