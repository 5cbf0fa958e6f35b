"""Image networks in PyTorch, float64, with weights and pictures from a counter formula that the tests have as well.

run: for n in unet score_net ddpmpp local_cnn; do python3 Tests/References/image_networks.py $n > Tests/References/$n.txt; done
     (needs torch; made with 2.13)

Each line is `number what length : numbers`. Of the network at its size: `output` is in training mode, `running` what it
leaves of the running deviations of the first norm, `evaluation` the output after that; `gradient` has for each parameter
the norm of the gradient of <output, r> in training mode, then 8 projections on vectors of signs. Of a small one:
`small_output` and `small_gradient` in training mode, to all digits.
"""

import sys

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def counter(k, count):
    """Numbers from -1/2 to 1/2 that follow from a number k and their places."""
    u = (torch.arange(count, dtype=torch.int64) * 2654435761 + k * 97531 + 12345) % 2**32
    u = ((u ^ (u >> 15)) * 2246822519) % 2**32
    u = u ^ (u >> 13)
    return u.double() / 2**32 - 0.5


def fill(net):
    """Sets the parameters, in their order; returns the next number of the formula."""
    k = 0
    for name, p in net.named_parameters():
        c = counter(k, p.numel()).reshape(p.shape)
        if p.dim() > 1:
            p.data = (24 / p[0].numel()) ** 0.5 * c
        else:
            p.data = 1 + c if name.endswith("weight") else 0.5 * c
        k += 1
    return k


class BiasFreeNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.sd = torch.ones(channels)

    def forward(self, x):
        sd = self.sd
        if self.training:
            sd = (x.var((0, 2, 3), unbiased=False) + 1e-5).sqrt()
            self.sd = 0.9 * self.sd + 0.1 * sd.detach()
        return x * (self.weight / sd)[None, :, None, None]


def conv(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


class UNet(nn.Module):
    """Kadkhodaie et al. 2024, with two convolutions in each block."""

    def __init__(self, blocks, width):
        super().__init__()

        def block(inputs, outputs, first=False):
            norm = [] if first else [BiasFreeNorm(outputs)]
            return nn.Sequential(
                conv(inputs, outputs), *norm, nn.ReLU(), conv(outputs, outputs), BiasFreeNorm(outputs), nn.ReLU())

        c = [width * 2**b for b in range(blocks + 1)]
        self.encoder = nn.ModuleList(block(1 if b == 0 else c[b - 1], c[b], b == 0) for b in range(blocks))
        self.mid = block(c[-2], c[-1])
        self.decoder = nn.ModuleList()
        for b in range(blocks):
            last = [conv(c[b], 1)] if b == 0 else [conv(c[b], c[b]), BiasFreeNorm(c[b]), nn.ReLU()]
            self.decoder.append(
                nn.ModuleList([
                    nn.ConvTranspose2d(c[b + 1], c[b], 2, 2, bias=False),
                    nn.Sequential(conv(c[b + 1], c[b]), BiasFreeNorm(c[b]), nn.ReLU(), *last)]))

    def forward(self, x):
        skipped = []
        for block in self.encoder:
            x = block(x)
            skipped.append(x)
            x = F.avg_pool2d(x, 2)
        x = self.mid(x)
        for (up, block), skip in zip(reversed(self.decoder), reversed(skipped)):
            x = block(torch.cat([up(x), skip], 1))
        return x


def groups(channels, most, least=None):
    """As many groups as divide the channels, with `least` each; 1 of 32 channels and more, 4 of fewer."""
    least = least or (1 if channels >= 32 else 4)
    return max(g for g in range(1, most + 1) if g == 1 or channels % g == 0 and channels // g >= least)


def silu(x):
    return x * torch.sigmoid(x)


class ScoreNet(nn.Module):
    """The tutorial of Song et al. 2021, without its division by the standard deviation."""

    def __init__(self, channels, features):
        super().__init__()
        c, n = channels, len(channels)
        self.omega = 3 * counter(77, features // 2)
        self.embed = nn.Linear(features, features)
        self.steps = nn.ModuleList()
        self.up = nn.ModuleList()
        for i in range(n):
            inputs = 1 if i == 0 else c[i - 1]
            self.steps.append(nn.ModuleList([
                nn.Conv2d(inputs, c[i], 3, 1 if i == 0 else 2, bias=False), nn.Linear(features, c[i]),
                nn.GroupNorm(groups(c[i], 4 if i == 0 else 32), c[i])]))
        for i in reversed(range(1, n)):
            inputs = c[i] * (1 if i == n - 1 else 2)
            self.up.append(nn.ModuleList([
                nn.ConvTranspose2d(inputs, c[i - 1], 3, 2, bias=False),
                nn.Linear(features, c[i - 1]), nn.GroupNorm(groups(c[i - 1], 32), c[i - 1])]))
        self.last = nn.ConvTranspose2d(2 * c[0], 1, 3)

    def forward(self, x, t):
        angles = 2 * torch.pi * t[:, None] * self.omega
        e = silu(self.embed(torch.cat([angles.sin(), angles.cos()], 1)))
        skipped = []

        def step(parts, x, **size):
            convolution, dense, norm = parts
            return silu(norm(convolution(x, **size) + dense(e)[:, :, None, None]))

        for parts in self.steps:
            x = step(parts, x)
            skipped.append(x)
        skipped.pop()
        for parts in self.up:
            skip = skipped.pop()
            x = torch.cat([step(parts, x, output_size=skip.shape[2:]), skip], 1)
        return self.last(x)


def waves(level, features):
    rates = 1e-4 ** (torch.arange(features // 2) / (features // 2 - 1))
    return torch.cat([(level[:, None] * rates).sin(), (level[:, None] * rates).cos()], 1)


class LocalCNN(nn.Module):
    """MinimalResNet of Kamb and Ganguli 2025, without group norms between its convolutions."""

    def __init__(self, width, layers):
        super().__init__()
        self.width = width
        self.label = nn.Linear(3, width, bias=False)
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.parts = nn.ModuleList()
        for i in range(layers + 1):
            more = [nn.Conv2d(width, width, 3, padding=1)] if i < layers else []
            norm = nn.GroupNorm(groups(width, 8, 4), width)
            self.parts.append(nn.ModuleList([nn.Linear(width, width), norm, *more]))
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, x, level, labels):
        e = waves(level, self.width) + self.label(F.one_hot(labels, 3).double())
        h = self.first(x)
        for linear, norm, *convolution in self.parts:
            shifted = h + F.relu(norm(linear(e)))[:, :, None, None]
            h = h + F.relu(convolution[0](shifted)) if convolution else shifted
        return self.last(h)


class Block(nn.Module):
    """UNetBlock of Karras et al. 2022, with PyTorch's epsilon and the attention's numbers as [q k v][head][number]."""

    def __init__(self, inputs, outputs, features, resize="", attention=False):
        super().__init__()
        norm = lambda c: nn.GroupNorm(groups(c, 32, 4), c)
        self.resize, self.inputs = resize, inputs
        self.norm0, self.conv0 = norm(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.affine, self.norm1 = nn.Linear(features, outputs), norm(outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if resize or inputs != outputs else None
        if attention:
            self.norm2, self.qkv, self.proj = norm(outputs), nn.Linear(outputs, 3 * outputs), nn.Linear(outputs, outputs)
        self.attention = attention

    def resized(self, x):
        if self.resize == "down":
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, scale_factor=2) if self.resize == "up" else x

    def forward(self, x, e):
        y = self.conv0(self.resized(silu(self.norm0(x)))) + self.affine(e)[:, :, None, None]
        y = self.conv1(silu(self.norm1(y)))
        beside = self.resized(x)
        x = (y + (beside if self.skip is None else self.skip(beside))) * 0.5**0.5
        if self.attention:
            n, c, h, w = x.shape
            rows = self.norm2(x).reshape(n, c, h * w).transpose(1, 2)
            q, k, v = self.qkv(rows).chunk(3, 2)
            a = torch.softmax(q @ k.transpose(1, 2) / c**0.5, 2) @ v
            x = (self.proj(a).transpose(1, 2).reshape(x.shape) + x) * 0.5**0.5
        return x


class DDPMPP(nn.Module):
    """SongUNet of Karras et al. 2022 as DDPM++ has it."""

    def __init__(self, size, channels, multipliers, blocks, attention, classes):
        super().__init__()
        features, self.channels, self.classes = 4 * channels, channels, classes
        self.map_label = nn.Linear(classes, channels)
        self.map_layer0, self.map_layer1 = nn.Linear(channels, features), nn.Linear(features, features)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        c, skips = channels, [channels]
        for level, m in enumerate(multipliers):
            if level == 0:
                self.down.append(nn.Conv2d(1, c, 3, padding=1))
            else:
                self.down.append(Block(c, c, features, "down"))
                skips.append(c)
            for _ in range(blocks):
                self.down.append(Block(c, channels * m, features, "", size >> level in attention))
                c = channels * m
                skips.append(c)
        for level, m in reversed(list(enumerate(multipliers))):
            if level == len(multipliers) - 1:
                self.up += [Block(c, c, features, "", True), Block(c, c, features)]
            else:
                self.up.append(Block(c, c, features, "up"))
            for place in range(blocks + 1):
                has = place == blocks and size >> level in attention
                self.up.append(Block(c + skips.pop(), channels * m, features, "", has))
                c = channels * m
        self.norm = nn.GroupNorm(groups(c, 32, 4), c)
        self.last = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, x, level, labels):
        one_hot = F.one_hot(labels, self.classes).double()
        e = waves(level, self.channels) + self.map_label(one_hot * self.classes**0.5)
        e = silu(self.map_layer1(silu(self.map_layer0(e))))
        skipped = []
        for block in self.down:
            x = block(x, e) if isinstance(block, Block) else block(x)
            skipped.append(x)
        for block in self.up:
            if x.shape[1] != block.inputs:
                x = torch.cat([x, skipped.pop()], 1)
            x = block(x, e)
        return self.last(silu(self.norm(x)))


def row(what, number, values, digits=9):
    print(number, what, len(values), ":", *(f"{v:.{digits}g}" for v in values))


def pictures(k, count, size):
    return counter(k, count * size * size).reshape(count, 1, size, size)


def references(net, small, size, small_size, *more):
    k = fill(net)
    x, r = pictures(k, 2, size), pictures(k + 1, 2, size)
    y = net(x, *more)
    (y * r).sum().backward()
    row("output", 0, y.detach().flatten().tolist())
    norms = [m for m in net.modules() if isinstance(m, BiasFreeNorm)]
    if norms:
        row("running", 0, norms[0].sd.tolist())
        net.eval()
        row("evaluation", 0, net(x, *more).detach().flatten().tolist())
    for number, p in enumerate(net.parameters()):
        g = p.grad.flatten()
        signs = [torch.where(counter(1000 + j, len(g)) < 0, -1.0, 1.0) for j in range(8)]
        row("gradient", number, [g.norm().item()] + [(g * s).sum().item() for s in signs])
    k = fill(small)
    x, r = pictures(k, 2, small_size), pictures(k + 1, 2, small_size)
    y = small(x, *more)
    (y * r).sum().backward()
    row("small_output", 0, y.detach().flatten().tolist(), 17)
    for number, p in enumerate(small.parameters()):
        row("small_gradient", number, p.grad.flatten().tolist(), 17)


def main():
    match sys.argv[1]:
        case "unet":
            references(UNet(3, 64), UNet(2, 3), 24, 8)
        case "score_net":
            times = torch.tensor([0.02, 0.7])
            references(ScoreNet([32, 64, 128, 256], 256), ScoreNet([4, 6, 8], 6), 28, 16, times)
        case "local_cnn":
            references(LocalCNN(32, 6), LocalCNN(4, 2), 16, 6, torch.tensor([-1.1, 0.4]), torch.tensor([2, 0]))
        case "ddpmpp":
            levels, labels = torch.tensor([-1.1, 0.4]), torch.tensor([2, 0])
            net = DDPMPP(16, 32, [1, 2, 2], 2, [8], 3)
            references(net, DDPMPP(8, 4, [1, 2], 1, [4], 3), 16, 8, levels, labels)
        case name:
            sys.exit(f"unknown network {name}")


if __name__ == "__main__":
    main()
