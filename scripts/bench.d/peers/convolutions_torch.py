"""Milliseconds of the three passes of one convolution in PyTorch fp32: minima of 9 over both layouts.
usage: convolutions_torch.py INPUTS OUTPUTS SIZE KERNEL STRIDE PADDING TRANSPOSED BATCH"""

import sys
import time

import torch
import torch.nn.functional as F

inputs, outputs, size, kernel, stride, padding, transposed, batch = map(int, sys.argv[1:9])
torch.set_num_threads(2)
torch.manual_seed(0)


def fastest(body) -> float:
    body()
    times = []
    for _ in range(9):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def passes(layout) -> dict[str, float]:
    channels = (inputs, outputs) if transposed else (outputs, inputs)
    x = torch.randn(batch, inputs, size, size).to(memory_format=layout)
    w = torch.randn(*channels, kernel, kernel).to(memory_format=layout)
    call = F.conv_transpose2d if transposed else F.conv2d

    def backward(mask):
        return torch.ops.aten.convolution_backward(
            g, x, w, None, [stride] * 2, [padding] * 2, [1, 1], bool(transposed), [0, 0], 1, mask)

    with torch.no_grad():
        y = call(x, w, stride=stride, padding=padding)
        g = torch.randn_like(y)
        return {
            "forward": fastest(lambda: call(x, w, stride=stride, padding=padding)),
            "data": fastest(lambda: backward([True, False, False])),
            "weights": fastest(lambda: backward([False, True, False])),
        }


both = [passes(torch.contiguous_format), passes(torch.channels_last)]
for name in both[0]:
    print(name, min(each[name] for each in both))
