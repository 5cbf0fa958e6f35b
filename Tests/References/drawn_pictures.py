"""Pictures of regular grounds along a regular contour, and halved pictures, by NumPy, SciPy and PyWavelets.

run: python3 Tests/References/drawn_pictures.py > Tests/References/drawn_pictures.txt    (NumPy 2.4, SciPy 1.17, PyWavelets 1.9)

`case name length ... : numbers`. Uniform numbers come from the counter formula that the tests have as well.
"""

import numpy as np
import pywt
from scipy import ndimage


def counter(k, count):
    """Numbers in (0, 1) that follow from a number k and their places."""
    u = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(k * 97531 + 12345)) % np.uint64(2**32)
    u = ((u ^ (u >> np.uint64(15))) * np.uint64(2246822519)) % np.uint64(2**32)
    u = u ^ (u >> np.uint64(13))
    return (u.astype(np.float64) + 0.5) / 2**32


def show(case, name, x):
    x = np.asarray(x, dtype=np.float64)
    lengths = " ".join(str(n) for n in x.shape)
    print(case, name, lengths, ":", " ".join(f"{v:.10g}" for v in x.ravel()))


def rescaled(x, low, high):
    return low + (x - x.min()) * (high - low) / (x.max() - x.min())


def c_alpha(numbers, size, alpha, beta, amplitude):
    noise = (2 * numbers - 1) * amplitude
    k = np.abs(np.fft.fftfreq(size) * size)
    line = 1 / np.where(k == 0, 1, k) ** alpha
    contour = np.fft.ifft(np.fft.fft(noise[:size]) * line).real
    rows = np.round(contour * size) + size // 2
    radius = np.sqrt(k[:, None] ** 2 + k[None, :] ** 2)
    plane = 1 / np.where(radius == 0, 1, radius) ** beta
    d = size * size
    grounds = [
        np.fft.ifft2(np.fft.fft2(noise[size + i * d:size + (i + 1) * d].reshape(size, size)) * plane).real
        for i in range(2)
    ]
    u, v, coin = numbers[size + 2 * d:]
    bright, dark = (0, 1) if coin < 0.5 else (1, 0)
    grounds[bright] = rescaled(grounds[bright], u, 1)
    grounds[dark] = rescaled(grounds[dark], 0, v)
    mask = (np.arange(size)[:, None] >= rows[None, :]).astype(float)
    # a mean over the pixel and those above and left of it; mirror without the edge itself
    mask = ndimage.correlate(mask, np.ones((2, 2)) / 4, mode="mirror", origin=(0, 0))
    return rows, mask * grounds[0] + (1 - mask) * grounds[1]


for case, (size, alpha, beta, amplitude) in enumerate([(12, 1, 1, 1), (11, 2.5, 1.5, 0.5), (80, 0.5, 3, 1)]):
    numbers = counter(case, size + 2 * size * size + 3)
    rows, picture = c_alpha(numbers, size, alpha, beta, amplitude)
    show(case, "settings", [size, alpha, beta, amplitude])
    show(case, "contour", rows)
    if size > 40:
        # of a large picture its rows and columns summed
        show(case, "sums", np.concatenate([picture.sum(0), picture.sum(1)]))
    else:
        show(case, "picture", picture)

taps = np.array(pywt.Wavelet("db2").rec_lo) / np.sqrt(2)
show(0, "taps", taps)
x = counter(7, 64).reshape(8, 8)
padded = np.pad(x, 1, mode="symmetric")
halved = np.array([
    [sum(taps[k] * taps[l] * padded[2 * i + k, 2 * j + l] for k in range(4) for l in range(4)) for j in range(4)]
    for i in range(4)
])
show(0, "halved", halved)
# away from the edges PyWavelets has the same numbers, from a picture that begins one pixel later
full = pywt.dwt2(x[1:, 1:], "db2", mode="symmetric")[0] / 2
assert np.allclose(full[1:3, 1:3], halved[1:3, 1:3])
