"""Milliseconds of scipy.spatial.distance.cdist between two sets of points, as ../distances.lua.

usage: distances_scipy.py n d
"""

import statistics
import sys
import time

import numpy
from scipy.spatial.distance import cdist

n, d = (int(text) for text in sys.argv[1:])
generator = numpy.random.default_rng(1)
x, y = generator.standard_normal((n, d)), generator.standard_normal((n, d))


def round_of(count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        cdist(x, y)
    return (time.perf_counter() - start) / count


round_of(1)
print("ms", statistics.median(round_of(3) for _ in range(5)) * 1e3)
