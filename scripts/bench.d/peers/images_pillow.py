"""Seconds in which Pillow reads the pictures of a folder into one float32 array, as ../data.lua.

usage: images_pillow.py FOLDER THREADS    (threads and processes; the faster of the two counts)
"""

import concurrent.futures
import pathlib
import statistics
import sys
import time

import numpy
from PIL import Image

folder, workers = sys.argv[1], int(sys.argv[2])
paths = sorted(str(path) for path in pathlib.Path(folder).glob("*.png"))


def read(path: str) -> numpy.ndarray:
    with Image.open(path) as image:
        return numpy.asarray(image)


def seconds(pool, chunk: int) -> float:
    start = time.perf_counter()
    first = read(paths[0])
    result = numpy.empty((len(paths), 3, *first.shape[:2]), numpy.float32)
    for place, image in enumerate(pool.map(read, paths, chunksize=chunk)):
        numpy.multiply(image.transpose(2, 0, 1), numpy.float32(1 / 255), out=result[place])
    return time.perf_counter() - start


times = []
for kind in (concurrent.futures.ThreadPoolExecutor, concurrent.futures.ProcessPoolExecutor):
    with kind(workers) as pool:
        seconds(pool, 64)
        times.append(statistics.median(seconds(pool, 64) for _ in range(3)))
print("s", min(times))
