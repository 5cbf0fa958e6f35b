#!/usr/bin/env python3
"""Writes tensor_operations.lua: what NumPy and SciPy say operations of `tensor` give.

At least 20 random shapes an operation, among them empty and 0-d ones and views that are not
contiguous; infinities, NaN and denormals where the operation is elementwise or orders numbers.
Results are computed in float64 from the rounded inputs.
usage: python3 tensor_operations.py    (NumPy 2.4, SciPy 1.17)
"""
import pathlib
import numpy as np
from scipy import special

class Nil:
    """An argument that is left out."""


rng = np.random.default_rng(20250101)
lines = []
TYPES = {"float32": "f", "float64": "d", "int64": "i", "bool": "b"}


def number(value, dtype):
    if dtype == "bool":
        return "1" if value else "0"
    if dtype == "int64":
        return str(int(value))
    value = float(value)
    if np.isnan(value):
        return "N"
    if np.isinf(value):
        return "I" if value > 0 else "-I"
    if value == 0 and np.signbit(value):
        return "-0.0"
    return f"{value:.9g}" if dtype == "float32" else f"{value:.17g}"


def text(value, single=None):
    """A Lua literal: T{type, shape, values, view} for arrays."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        dtype = str(value.dtype)
        if dtype.startswith("complex"):
            value = np.stack([value.real, value.imag], -1)
            dtype = "float64"
        if single and dtype == "float64":
            dtype = "float32"
        values = ",".join(number(v, dtype) for v in value.ravel())
        view = "" if value.flags.c_contiguous else ",1"
        return f"T('{TYPES[dtype]}',{{{','.join(map(str, value.shape))}}},{{{values}}}{view})"
    if isinstance(value, Nil):
        return "nil"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, float):
        return number(value, "float64")
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, dict):
        return "{" + ",".join(f"{k}={text(v)}" for k, v in value.items()) + "}"
    return "{" + ",".join(text(v) for v in value) + "}"


def case(name, args, results, scale=0.0):
    """`scale`: errors are relative to the larger of the result and this."""
    single = any(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in args)
    results = results if isinstance(results, list) else [results]
    lines.append(
        f"C('{name}',{{{','.join(map(text, args))}}},"
        f"{{{','.join(text(r, single) for r in results)}}},{scale:.3g})")


def shapes(least_rank=0, empty=True):
    """22 shapes: fixed odd ones, then random ones of at most 48 elements."""
    chosen = [s for s in [(), (1,), (0,), (2, 0, 3), (1, 1)]
              if len(s) >= least_rank and (empty or 0 not in s)]
    while len(chosen) < 22:
        shape = tuple(rng.integers(1, 7, rng.integers(max(least_rank, 1), 5)))
        if np.prod(shape) <= 48:
            chosen.append(shape)
    return chosen


def array(shape, low=-3.0, high=3.0, dtype=None, specials=()):
    dtype = dtype or (np.float32 if rng.random() < 0.8 else np.float64)
    if dtype == np.int64:
        x = rng.integers(int(low), int(high), shape)
    else:
        x = np.asarray(rng.uniform(low, high, shape), dtype)
    if len(specials) and x.size:
        hit = rng.random(x.shape) < 0.25
        x = np.where(hit, rng.choice(np.asarray(specials, x.dtype), x.shape), x).astype(x.dtype)
    x = np.asarray(x)
    if x.ndim >= 2 and rng.random() < 0.4:
        x = np.asfortranarray(x)
    return x


def wide(x):
    return np.asarray(x, np.float64) if x.dtype.kind == "f" else x


INF, TINY = np.inf, 1e-40
ALL = [INF, -INF, np.nan, TINY, -TINY, 0.0, -0.0]
ANGLE = [INF, -INF, np.nan, TINY, 0.0]

unary = {
    "negative": (np.negative, -3, 3, ALL), "abs": (np.abs, -3, 3, ALL),
    "exp": (np.exp, -30, 30, [INF, -INF, np.nan, TINY, 0]),
    "expm1": (np.expm1, -3, 3, [INF, -INF, np.nan, TINY, 0]),
    "log": (np.log, 0, 30, [INF, np.nan, 0, -1]), "log1p": (np.log1p, -0.9, 9, [INF, np.nan, -1, TINY]),
    "sqrt": (np.sqrt, 0, 30, [INF, np.nan, 0, -1]), "square": (np.square, -3, 3, [INF, -INF, np.nan, 0]),
    "reciprocal": (np.reciprocal, 0.1, 3, [INF, -INF, np.nan]), "sin": (np.sin, -20, 20, ANGLE),
    "cos": (np.cos, -20, 20, ANGLE), "tan": (np.tan, -1.4, 1.4, ANGLE),
    "tanh": (np.tanh, -9, 9, [INF, -INF, np.nan, TINY, 0]),
    "sigmoid": (special.expit, -30, 30, [INF, -INF, np.nan, 0]),
    "relu": (lambda x: np.where(np.isnan(x), x, np.maximum(x, 0)), -3, 3, ALL),
    "silu": (lambda x: x * special.expit(x), -30, 30, [INF, np.nan, 0]),
    "erf": (special.erf, -3, 3, ALL), "erfc": (special.erfc, -3, 8, ALL),
    "lgamma": (special.gammaln, 0.1, 30, [INF, np.nan]),
    "digamma": (special.digamma, 1.6, 30, [INF, np.nan]), "asin": (np.arcsin, -1, 1, [np.nan, 2, TINY]),
    "acos": (np.arccos, -1, 1, [np.nan, 2, TINY]), "atan": (np.arctan, -9, 9, ALL),
    "sinh": (np.sinh, -9, 9, ALL), "cosh": (np.cosh, -9, 9, ALL), "floor": (np.floor, -3, 3, ALL),
    "ceil": (np.ceil, -3, 3, ALL), "round": (np.rint, -3, 3, ALL + [0.5, 1.5, 2.5, -0.5]),
    "sign": (np.sign, -3, 3, ALL), "is_nan": (np.isnan, -3, 3, ALL), "is_inf": (np.isinf, -3, 3, ALL),
    "is_finite": (np.isfinite, -3, 3, ALL),
    "gelu": (lambda x: x * special.ndtr(x), -6, 6, [INF, np.nan, 0]),
    "softplus": (lambda x: np.logaddexp(x, 0), -30, 30, [INF, -INF, np.nan]),
}
binary = {
    "add": (np.add, -3, 3, ALL), "subtract": (np.subtract, -3, 3, ALL),
    "multiply": (np.multiply, -3, 3, [INF, -INF, np.nan, 0]),
    "divide": (np.divide, 0.2, 3, [INF, -INF, np.nan, 0]), "power": (np.power, 0.2, 4, []),
    "maximum": (np.maximum, -3, 3, ALL), "minimum": (np.minimum, -3, 3, ALL),
    "atan2": (np.arctan2, -3, 3, ALL), "mod": (np.mod, -5, 5, [INF, -INF, np.nan, 0]),
    "logaddexp": (np.logaddexp, -30, 30, [INF, -INF, np.nan]), "less": (np.less, -3, 3, ALL),
    "less_equal": (np.less_equal, -3, 3, ALL), "greater": (np.greater, -3, 3, ALL),
    "greater_equal": (np.greater_equal, -3, 3, ALL), "equal": (np.equal, 0, 1, ALL),
    "not_equal": (np.not_equal, 0, 1, ALL),
}


def elementwise():
    for name, (f, low, high, specials) in unary.items():
        for k, shape in enumerate(shapes()):
            x = array(shape, low, high, specials=specials if k % 2 else ())
            case(name, [x], f(wide(x)), 1e-5 if name in ("sin", "cos", "lgamma", "log", "gelu") else 0)
    for name, (f, low, high, specials) in binary.items():
        for k, shape in enumerate(shapes()):
            other = tuple(1 if rng.random() < 0.3 else n for n in shape)[rng.integers(0, len(shape) + 1):]
            pair = [array(shape, low, high, specials=specials if k % 2 else ())]
            pair.append(array(other, low, high, pair[0].dtype, specials if k % 2 else ()))
            if rng.random() < 0.5:
                pair.reverse()
            case(name, pair, f(wide(pair[0]), wide(pair[1])), 1e-5 if name in ("subtract", "add", "logaddexp") else 0)


def axes_of(x):
    if x.ndim == 0 or rng.random() < 0.2:
        return None, None
    chosen = sorted(rng.choice(x.ndim, rng.integers(1, x.ndim + 1), replace=False))
    named = [int(a) + 1 if rng.random() < 0.7 else int(a) - x.ndim for a in chosen]
    return tuple(int(a) for a in chosen), named[0] if len(named) == 1 else named


def reductions():
    table = {
        "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "any": np.any,
        "all": np.all, "median": np.median, "logsumexp": special.logsumexp,
        "var": lambda x, **k: np.var(x, ddof=1, **k), "std": lambda x, **k: np.std(x, ddof=1, **k),
        "norm": lambda x, **k: np.sqrt(np.sum(np.square(x), **k)),
    }
    for name, f in table.items():
        some = shapes(empty=name in ("sum", "prod", "any", "all"))
        for k, shape in enumerate(some + (shapes(2, empty=False) if name in ("var", "std") else [])):
            specials = [INF, -INF, np.nan, TINY] if k % 3 == 0 and name in ("max", "min") else ()
            x = array(shape, specials=specials)
            if name in ("any", "all"):
                x = np.where(rng.random(shape) < 0.5, 0, x).astype(x.dtype)
            axis, named = axes_of(x)
            count = x.size if axis is None else np.prod([x.shape[a] for a in axis])
            if name in ("var", "std") and count < 2:
                continue
            keep = bool(rng.random() < 0.5)
            options = {"keepdim": keep}
            args = [x, named if named is not None else Nil(), options]
            if name == "norm":
                args.insert(1, 2)
            case(name, args, np.asarray(f(wide(x), axis=axis, keepdims=keep)), 1.0 + count / 4)
    for shape in shapes(1, empty=False):
        x, axis = array(shape), int(rng.integers(len(shape)))
        q = [0.0, 0.3, 1.0]
        case("quantile", [x, q, axis + 1], np.quantile(wide(x), q, axis=axis), 1)


def ordering():
    for k, shape in enumerate(shapes(1)):
        axis = int(rng.integers(len(shape)))
        x = array(shape, specials=[INF, -INF, np.nan, 0.0, 1.0, TINY] if k % 2 else ())
        y = array(shape)
        case("cumsum", [y, axis + 1], np.cumsum(wide(y), axis), 3)
        case("cumprod", [y, axis + 1], np.cumprod(wide(y), axis))
        case("softmax", [y, axis + 1], special.softmax(wide(y), axis) if y.size else wide(y))
        case("log_softmax", [y, axis - y.ndim], special.log_softmax(wide(y), axis) if y.size else wide(y), 1)
        places = np.argsort(x, axis, kind="stable")
        case("sort", [x, axis + 1], [np.sort(x, axis), places + 1])
        case("argsort", [x, axis - x.ndim], places + 1)
        count = int(rng.integers(0, shape[axis] + 1))
        down = np.take(np.argsort(-y, axis, kind="stable"), range(count), axis)
        case("topk", [y, count, axis + 1], [np.take_along_axis(y, down, axis), down + 1])
        i = rng.integers(-3, 3, shape)
        case("unique", [i], list(np.unique(i, return_counts=True)))
        counts, edges = np.histogram(y, 4, (-2, 2))
        case("histogram", [y, 4, {"range": [-2, 2]}], [counts, edges.astype(y.dtype)], 1)
        if shape[axis]:
            case("argmax", [x, axis + 1], np.argmax(x, axis) + 1)
            case("argmin", [x, axis + 1], np.argmin(x, axis) + 1)


def selection():
    for shape in shapes(1):
        axis = int(rng.integers(len(shape)))
        x = array(shape, specials=[INF, np.nan])
        mask = np.asarray(rng.random(shape) < 0.5)
        other = array(shape[1:], dtype=x.dtype)
        case("where", [mask, x, other], np.where(mask, x, other))
        case("index", [x, mask], x[mask])
        case("nonzero", [mask], np.argwhere(mask) + 1)
        if x.size:
            rows = rng.integers(0, shape[0], rng.integers(1, 5))
            case("index", [x, rows + 1], x[rows])
            chosen = rng.integers(0, shape[axis], 3)
            case("take", [x, [int(c - shape[axis]) for c in chosen], axis + 1], np.take(x, chosen, axis))
            size = list(shape)
            size[axis] = int(rng.integers(0, 4))
            index = rng.integers(0, shape[axis], size)
            case("gather", [x, axis + 1, index + 1], np.take_along_axis(x, index, axis))
            y, source = array(shape, dtype=np.float64), array(size, dtype=np.float64)
            total = y.copy()
            where = list(np.indices(size))
            where[axis] = index
            np.add.at(total, tuple(where), source)
            case("scatter_add", [y, axis + 1, index + 1, source], total, 3)


def shaping():
    for shape in shapes(1):
        x, rank = array(shape), len(shape)
        axis = int(rng.integers(rank))
        counts = [int(c) for c in rng.integers(0, 3, rng.integers(1, rank + 2))]
        case("tile", [x, counts], np.tile(x, counts))
        count = int(rng.integers(0, 4))
        case("repeat_interleave", [x, count, axis + 1], np.repeat(x, count, axis))
        widths = rng.integers(0, 3, (rank, 2)).tolist()
        case("pad", [x, widths, {"value": 1.5}], np.pad(x, widths, constant_values=1.5))
        shift = int(rng.integers(-9, 9))
        case("roll", [x, shift, axis + 1], np.roll(x, shift, axis))
        case("flip", [x, axis + 1], np.flip(x, axis))
        parts = np.array_split(x, max(1, min(2, shape[axis])), axis)
        case("chunk", [x, len(parts), axis + 1], parts)
        y = array((axis + 2,) + shape)
        k = int(rng.integers(-3, 4))
        case("tril", [y, k], np.tril(y, k))
        case("triu", [y, k], np.triu(y, k))
        flat = y.reshape(y.shape[0], -1)
        case("diag", [flat, k], np.diag(flat, k))
        case("diag", [x.ravel()[:5], k], np.diag(x.ravel()[:5], k))
        case("stack", [[x, x + 1], axis + 1], np.stack([x, x + 1], axis))
        case("concatenate", [[x, x + 1], axis + 1], np.concatenate([x, x + 1], axis))


def products():
    forms = ["ij,jk->ik", "bij,bjk->bik", "ij,kj->ki", "i,j->ij", "ii->i", "iij->j", "ij,ij->", "bi,bi->b",
             "ijk,kl,lm->mji", "abc,cd", "ij->ji", "abij,bjc->aic", "i,i,i->i", "ij,j,k->ik", "aab,b->a"]
    for form in forms * 2:
        length = {c: int(rng.integers(0 if rng.random() < 0.1 else 1, 5)) for c in set(form) if c.isalpha()}
        tensors = [array(tuple(length[c] for c in names), dtype=np.float32)
                   for names in form.split("->")[0].split(",")]
        case("einsum", [form] + tensors, np.asarray(np.einsum(form, *map(wide, tensors))), 30)
    for _ in range(20):
        n, m, k = (int(v) for v in rng.integers(0, 7, 3))
        a, b = array((n,), dtype=np.float32), array((n,), dtype=np.float32)
        case("dot", [a, b], np.asarray(np.dot(wide(a), wide(b))), 10)
        c = array((m,), dtype=np.float32)
        case("outer", [a, c], np.outer(wide(a), wide(c)))
        p, q = array((n, m), dtype=np.float32), array((2, m, k), dtype=np.float32)
        case("matmul", [p, q], np.matmul(wide(p), wide(q)), 10)


def fourier():
    for n in list(range(1, 18)) + [25, 31, 32]:
        shape = tuple(rng.integers(1, 3, rng.integers(0, 2))) + (n,)
        x = array(shape)
        z = array(shape + (2,))
        pair = wide(z)[..., 0] + 1j * wide(z)[..., 1]
        case("rfft", [x], np.fft.rfft(wide(x)), n)
        case("irfft", [np.stack([wide(x).real, wide(x) * 0], -1)[..., : n // 2 + 1, :], n],
             np.fft.irfft(wide(x)[..., : n // 2 + 1], n), 3)
        case("fft", [z], np.fft.fft(pair), n)
        case("ifft", [z], np.fft.ifft(pair), 3)
        if x.size:
            y = array(shape[:-1] + (int(rng.integers(1, 4)), n))
            spectrum = np.fft.rfft2(wide(y))
            case("rfft2", [y], spectrum, 4 * n)
            case("irfft2", [np.stack([spectrum.real, spectrum.imag], -1), n], wide(y), 9)


def borders_and_blocks():
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    for shape in shapes(1, empty=False):
        x, rank = array(shape, specials=[INF, np.nan]), len(shape)
        for mode, theirs in names.items():
            widths = rng.integers(0, 4, (rank, 2)).tolist()
            case("pad", [x, widths, {"mode": mode}], np.pad(x, widths, mode=theirs))
        axis = int(rng.integers(rank))
        size = list(shape)
        size[axis] = int(rng.integers(0, shape[axis] + 1))
        index = np.argsort(rng.random(shape), axis)[tuple(slice(n) for n in size)]
        source = array(index.shape, dtype=x.dtype)
        written = x.copy()
        np.put_along_axis(written, index, source, axis)
        case("scatter", [x, axis + 1, index + 1, source], written)
    for k in range(24):
        joined = int(rng.integers(0, 3))
        inner = [int(n) for n in rng.integers(0 if k == 7 else 1, 4, joined)]
        left, right = ([int(n) for n in rng.integers(1, 4, rng.integers(0, 3))] for _ in range(2))
        a, b = array(left + inner, dtype=np.float32), array(inner + right, dtype=np.float32)
        case("tensordot", [a, b, joined], np.asarray(np.tensordot(wide(a), wide(b), joined)), 30)
        order_a, order_b = rng.permutation(a.ndim), rng.permutation(b.ndim)
        p, q = a.transpose(order_a), b.transpose(order_b)
        axes = [[int(np.flatnonzero(order_a == len(left) + i)[0]) for i in range(joined)],
                [int(np.flatnonzero(order_b == i)[0]) for i in range(joined)]]
        case("tensordot", [p, q, [[n + 1 for n in axes[0]], [n - q.ndim for n in axes[1]]]],
             np.asarray(np.tensordot(wide(p), wide(q), axes)), 30)
        a, b = (array([int(n) for n in rng.integers(1, 4, rng.integers(0, 4))], dtype=np.float32)
                for _ in range(2))
        case("kron", [a, b], np.kron(wide(a), wide(b)))


def planes():
    for n in range(1, 23):
        z = array(tuple(rng.integers(1, 3, rng.integers(0, 2))) + (int(rng.integers(1, 7)), n, 2))
        pair = wide(z)[..., 0] + 1j * wide(z)[..., 1]
        case("fft2", [z], np.fft.fft2(pair), 6 * n)
        case("ifft2", [z], np.fft.ifft2(pair), 3)


def main():
    with np.errstate(all="ignore"):
        for part in (elementwise, reductions, ordering, selection, shaping, products, fourier,
                     borders_and_blocks, planes):
            part()
    target = pathlib.Path(__file__).with_suffix(".lua")
    header = f"-- Written by {pathlib.Path(__file__).name}: do not edit.\n"
    target.write_text(header + "local T,C,I,N=...\n" + "\n".join(lines) + "\n")
    print(len(lines), "cases,", target.stat().st_size, "bytes")


main()
