"""The benches of single convolutions: the three passes of each kind of layer that the networks have."""

from harness import ROOT, Bench, figures_of, instruction_set, peer_script, run

UNITS = {"forward": "ms", "data": "ms", "weights": "ms"}
PROGRAM = ROOT / ".build" / "release" / "convolution-bench"
# inputs, outputs, size, kernel, stride, padding, transposed, batch; and the goals with AVX2
LAYERS = {
    "conv_64_at_80": ((64, 64, 80, 3, 1, 1, 0, 8), 2.5),
    "conv_128_at_40": ((128, 128, 40, 3, 1, 1, 0, 8), 2.5),
    "conv_256_at_20": ((256, 256, 20, 3, 1, 1, 0, 8), 1.6),
    "conv_512_at_10": ((512, 512, 10, 3, 1, 1, 0, 8), 1.6),
    "conv_5x5_64_at_40": ((64, 64, 40, 5, 1, 2, 0, 8), 0.85),
    "conv_1x1_64_at_80": ((64, 64, 80, 1, 1, 0, 0, 8), 0.85),
    "conv_stride_2_at_26": ((32, 64, 26, 3, 2, 0, 0, 32), 1),
    "conv_stride_2_at_12": ((64, 128, 12, 3, 2, 0, 0, 32), 1),
    "conv_stride_2_at_5": ((128, 256, 5, 3, 2, 0, 0, 32), 1),
    "conv_first_1_to_64": ((1, 64, 80, 3, 1, 1, 0, 8), 1),
    "conv_first_3_to_32": ((3, 32, 28, 3, 1, 1, 0, 32), 1),
    "conv_last_64_to_1": ((64, 1, 80, 3, 1, 1, 0, 8), 1),
    "up_2x2_128_at_40": ((128, 64, 40, 2, 2, 0, 1, 8), 0.85),
    "up_2x2_256_at_20": ((256, 128, 20, 2, 2, 0, 1, 8), 0.85),
    "up_2x2_512_at_10": ((512, 256, 10, 2, 2, 0, 1, 8), 0.85),
}


def ours(sizes: tuple) -> dict[str, float]:
    if not PROGRAM.exists():
        run(["swift", "build", "-c", "release", "--product", "convolution-bench"], cwd=ROOT)
    return figures_of(run([PROGRAM, *sizes]))


def bench(name: str, sizes: tuple, goal: float) -> Bench:
    inputs, outputs, size, kernel, stride, _, transposed, batch = sizes
    kind = "transposed, " if transposed else ""
    return Bench(
        name, UNITS, lambda: ours(sizes), "PyTorch fp32, best layout, 2 threads",
        lambda: figures_of(peer_script("convolutions_torch.py", *sizes)), peer_needs="torch",
        goal=f"ratio >= {goal:g}" if instruction_set() == "avx2" else "reported",
        note=f"{kind}{inputs} to {outputs} channels, {kernel}x{kernel}, stride {stride}, "
        f"{batch} pictures of {size}x{size}; minima of 9")


BENCHES = [bench(name, sizes, goal) for name, (sizes, goal) in LAYERS.items()]
