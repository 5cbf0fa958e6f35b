"""BF-CNN in PyTorch, float64, with weights and pictures from a counter formula that the tests have as well.

run: python3 Tests/References/bf_cnn.py > Tests/References/bf_cnn.txt    (needs torch; made with 2.13)

Each line is `number what length : numbers`. `output` is in training mode, `running` what it leaves of
the running deviations of the first norm, `evaluation` the output after that; `gradient` has for each parameter the norm of
the gradient of <output, r> in training mode, then 8 projections on vectors of signs.
"""

import torch

DEPTH, WIDTH, BATCH, SIZE = 21, 64, 2, 21


def counter(k, count):
    """Numbers from -1/2 to 1/2 that follow from a number k and their places."""
    u = (torch.arange(count, dtype=torch.int64) * 2654435761 + k * 97531 + 12345) % 2**32
    u = ((u ^ (u >> 15)) * 2246822519) % 2**32
    u = u ^ (u >> 13)
    return u.double() / 2**32 - 0.5


class Norm(torch.nn.Module):
    def __init__(self, gamma):
        super().__init__()
        self.gamma = torch.nn.Parameter(gamma)
        self.sd = torch.ones(len(gamma), dtype=torch.float64)

    def forward(self, x):
        sd = self.sd
        if self.training:
            sd = (x.var((0, 2, 3), unbiased=False) + 1e-5).sqrt()
            self.sd = 0.9 * self.sd + 0.1 * sd.detach()
        return x * (self.gamma / sd)[None, :, None, None]


def network():
    layers, k = [], 0
    for place in range(DEPTH):
        inputs, outputs = (1 if place == 0 else WIDTH), (1 if place == DEPTH - 1 else WIDTH)
        convolution = torch.nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, dtype=torch.float64)
        scale = (24 / (9 * inputs)) ** 0.5
        convolution.weight.data = (scale * counter(k, outputs * inputs * 9)).reshape(outputs, inputs, 3, 3)
        layers.append(convolution)
        k += 1
        if 0 < place < DEPTH - 1:
            layers += [Norm(1 + counter(k, WIDTH)), torch.nn.ReLU()]
            k += 1
    return torch.nn.Sequential(*layers), k


def row(what, number, values):
    print(number, what, len(values), ":", *(f"{v:.9g}" for v in values))


net, k = network()
x = counter(k, BATCH * SIZE * SIZE).reshape(BATCH, 1, SIZE, SIZE)
r = counter(k + 1, BATCH * SIZE * SIZE).reshape(BATCH, 1, SIZE, SIZE)
y = net(x)
(y * r).sum().backward()
row("output", 0, y.detach().flatten().tolist())
row("running", 0, next(m for m in net if isinstance(m, Norm)).sd.tolist())
net.eval()
row("evaluation", 0, net(x).detach().flatten().tolist())
for number, p in enumerate(net.parameters()):
    g = p.grad.flatten()
    signs = [torch.where(counter(1000 + j, len(g)) < 0, -1.0, 1.0).double() for j in range(8)]
    row("gradient", number, [g.norm().item()] + [(g * s).sum().item() for s in signs])
