"""PyTorch baseline: the 20 leading eigenpairs of the Jacobian of a U-Net denoiser at one picture, to a residual of 1e-3.
usage: jacobian_torch.py FOLDER [BLOCK ...]
The same block Arnoldi as ours. Products J v of a block of vectors come in the fastest of: torch.func.linearize under vmap,
torch.func.jvp on a batch of copies, a retained double backward; in either layout; for each size of block the whole
search is timed, and the least counts."""
import sys, time, numpy as np, torch, torch.nn.functional as F
from torch.func import jvp, linearize, vmap

torch.set_num_threads(2)
folder, blocks = sys.argv[1], [int(b) for b in sys.argv[2:]] or [4, 8, 16]
state = {k: torch.from_numpy(v) for k, v in np.load(f"{folder}/network.npz").items()}
picture = torch.from_numpy(np.load(f"{folder}/picture.npy"))[None]
side, d = picture.shape[-1], picture.numel()
K, TOLERANCE = 20, 1e-3


def block(x, path):
    """Convolutions with bias-free norm and ReLU, by the places of the layers."""
    places = sorted({int(k[len(path) + 1:].split(".")[0]) for k in state if k.startswith(path + ".")})
    for i in places:
        w = state[f"{path}.{i}.weight"]
        if w.dim() == 4:
            x = F.conv2d(x, w, padding=1)
            if f"{path}.{i + 1}.weight" in state and state[f"{path}.{i + 1}.weight"].dim() == 1:
                continue
            last = path == "decoder.1" and i == places[-1]
            x = x if last else F.relu(x)
        else:
            x = F.relu(x * (w / state[f"{path}.{i}.running_sd"])[:, None, None])
    return x


def denoised(y):
    x, skips = y, []
    for b in (1, 2, 3):
        x = block(x, f"encoder.{b}")
        skips.append(x)
        x = F.avg_pool2d(x, 2)
    x = block(x, "mid")
    for b in (3, 2, 1):
        x = F.conv_transpose2d(x, state[f"up.{b}.weight"], stride=2)
        x = block(torch.cat([x, skips[b - 1]], 1), f"decoder.{b}")
    return y - x


def by_linearize(count):
    _, push = linearize(denoised, picture)
    push = vmap(push)
    return lambda v: push(v[:, None])[:, 0]


def by_jvp(count):
    y = picture.expand(count, -1, -1, -1).contiguous()
    return lambda v: jvp(denoised, (y[:len(v)],), (v,))[1]


def by_double_backward(count):
    y = picture.expand(count, -1, -1, -1).contiguous().requires_grad_()
    out = denoised(y)
    u = torch.zeros_like(out, requires_grad=True)
    g, = torch.autograd.grad(out, y, u, create_graph=True)

    def push(v):
        if len(v) < count:
            v = torch.cat([v, torch.zeros(count - len(v), *v.shape[1:])])
        return torch.autograd.grad(g, u, v, retain_graph=True)[0]
    return push


def with_layout(make, channels_last, count):
    """In channels_last all weights are so, and the products' vectors."""
    if not channels_last:
        return make(count)
    saved = dict(state)
    for k, w in state.items():
        if w.dim() == 4:
            state[k] = w.contiguous(memory_format=torch.channels_last)
    push = make(count)
    kept = dict(state)
    state.update(saved)

    def run(v):
        state.update(kept)
        try:
            return push(v.contiguous(memory_format=torch.channels_last))
        finally:
            state.update(saved)
    return run


def fastest(count):
    v = torch.randn(count, 1, side, side)
    reference, best = None, None
    for make in (by_linearize, by_jvp, by_double_backward):
        for channels_last in (False, True):
            try:
                push = with_layout(make, channels_last, count)
                value = push(v)
                start = time.perf_counter()
                push(v), push(v)
                took = (time.perf_counter() - start) / 2
            except Exception as error:
                print(make.__name__, channels_last, error, file=sys.stderr)
                continue
            if reference is None:
                reference = value
            assert (value - reference).abs().max() < 1e-4 * reference.abs().max(), make.__name__
            print(f"block {count}: {make.__name__} {'nhwc' if channels_last else 'nchw'} {took / count * 1e3:.1f} ms a product",
                  file=sys.stderr)
            if best is None or took < best[0]:
                best = (took, make, channels_last)
    return best[1:]


def search(push, count, seed):
    """Block Arnoldi with J V kept: eigenpairs and the products they took."""
    torch.manual_seed(seed)
    times = lambda rows: push(rows.view(-1, 1, side, side)).reshape(-1, d)
    x = torch.linalg.qr(torch.randn(count, d).T)[0].T.contiguous()
    V, W, size, before, due = torch.empty(600, d), torch.empty(600, d), 0, None, K + 2 * count
    while True:
        y = times(x)
        V[size:size + count], W[size:size + count] = x, y
        size += count
        v, w = V[:size], W[:size]
        if size >= due:
            H = (v @ w.T).double().numpy()
            values, c = np.linalg.eig(H)
            order = np.argsort(-values.real)[:K]
            values, c = values[order], torch.from_numpy(c[:, order].T.copy())
            residual = (c @ w.to(c.dtype) - torch.from_numpy(values)[:, None] * (c @ v.to(c.dtype))).norm(dim=1).max().item()
            if residual <= TOLERANCE:
                return values, residual, size
            wait = max(count, size // 4)
            if before and residual < before[1]:
                slope = np.log(before[1] / residual) / (size - before[0])
                wait = min(wait, max(count, int(np.log(residual / TOLERANCE) / slope * 0.9)))
            before, due = (size, residual), size + wait
        for _ in range(2):
            y = y - (y @ v.T) @ v
        x = torch.linalg.qr(y.T)[0].T.contiguous()


results = []
for count in blocks:
    make, channels_last = fastest(count)
    took = []
    for seed in (1, 2, 3):
        start = time.perf_counter()
        push = with_layout(make, channels_last, count)
        values, residual, products = search(push, count, seed)
        took.append(time.perf_counter() - start)
    results.append((sorted(took)[1], products))
    print(f"block {count}: {results[-1][0]:.2f} s, {products} products, {values[0].real:.4f} to {values[-1].real:.4f}, "
          f"residual {residual:.1e}", file=sys.stderr)
best = min(results)
print("s", best[0])
print("products", best[1])
