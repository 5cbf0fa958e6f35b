#!/usr/bin/env python3
"""Writes coming_from_pytorch.lua: what PyTorch, NumPy and JAX give for docs/coming_from_pytorch.md.

Each expression in the first cell of the page's tables is run after the Python block under "How to read
the tables" and those of its own section. A line `R(expression, {T(type, shape, numbers), ...})` holds
its tensors and numbers; `R(expression)` one that has neither.
usage: python3 coming_from_pytorch.py    (PyTorch 2.13, NumPy 2.4, SciPy 1.17, JAX 0.10)
"""
import ast
import contextlib
import io
import os
import pathlib
import re
import tempfile

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve()
PAGE = HERE.parents[2] / "docs" / "coming_from_pytorch.md"


def table_lines(text):
    """(Python to run before, expression) of each line of the tables."""
    common = section = ""
    block, is_head, is_table = None, False, False
    for line in text.splitlines():
        if line.startswith("## "):
            is_head, section = line == "## How to read the tables", ""
        elif line == "```python":
            block = ""
        elif line.startswith("```"):
            if block is not None and is_head:
                common += block
            elif block is not None:
                section += block
            block = None
        elif block is not None:
            block += line + "\n"
        elif line.startswith("|"):
            cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells[1] == "Moondrift":
                is_table = True
            elif is_table and not line.startswith("|-"):
                yield common + section, cells[0].strip("`")
        else:
            is_table = False


def value_of(before, expression):
    """The value of the last statement: of an expression its own, of an assignment the variable's."""
    scope = {}
    torch.manual_seed(0)
    exec(before, scope)
    *first, last = ast.parse(expression).body
    exec(compile(ast.Module(first, []), "line", "exec"), scope)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "line", "eval"), scope)
    exec(compile(ast.Module([last], []), "line", "exec"), scope)
    target = last.targets[0]
    while not isinstance(target, ast.Name):
        target = target.value
    return scope[target.id]


def number(value):
    value = float(value) if not isinstance(value, (bool, np.bool_)) else int(value)
    if np.isnan(value):
        return "N"
    if np.isinf(value):
        return "I" if value > 0 else "-I"
    return f"{value:.9g}"


def tensor(array, kind=None):
    if np.iscomplexobj(array):
        array = np.stack([array.real, array.imag], -1)
    shape = ",".join(map(str, array.shape))
    return f"T('{kind or array.dtype}',{{{shape}}},{{{','.join(map(number, array.ravel()))}}})"


def is_nested_numbers(value):
    if isinstance(value, list):
        return bool(value) and all(is_nested_numbers(v) for v in value)
    return isinstance(value, (int, float))


def results(value):
    """The parts of a value that can be compared."""
    if isinstance(value, torch.Tensor):
        return [tensor(value.detach().resolve_conj().numpy())]
    if isinstance(value, (np.ndarray, np.generic)):
        return [tensor(np.asarray(value))]
    if isinstance(value, torch.dtype):
        return [f"T('text',{{}},{{'{str(value).removeprefix('torch.')}'}})"]
    if isinstance(value, (bool, int, float)):
        return [tensor(np.asarray(value), "any")]
    if isinstance(value, (list, tuple)):
        if is_nested_numbers(list(value)):
            return [tensor(np.asarray(value), "any")]
        return [part for v in value for part in results(v)]
    if type(value).__module__.startswith("jax"):
        return results(np.asarray(value))
    return []


def main():
    lines = [f"-- Written by {HERE.name}: do not edit.", "local R,T,I,N=..."]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for before, expression in table_lines(PAGE.read_text()):
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    parts = results(value_of(before, expression))
            except Exception as error:
                raise SystemExit(f"{expression}: {error!r}") from error
            key = expression.replace("\\", "\\\\").replace("'", "\\'")
            lines.append(f"R('{key}'" + (f",{{{','.join(parts)}}})" if parts else ")"))
        os.chdir("/")
    HERE.with_suffix(".lua").write_text("\n".join(lines) + "\n")
    print(len(lines) - 2, "lines")


main()
