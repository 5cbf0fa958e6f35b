"""Writes the small array files that Tests/FilesTests reads: NumPy's own npy and npz.

run: python3 Tests/References/make_arrays.py   (numpy 2.x)
"""
import pathlib
import numpy as np

folder = pathlib.Path(__file__).parent / "arrays"
folder.mkdir(exist_ok=True)
grid = np.arange(6).reshape(2, 3)
for name, array in {
    "float32": (grid / 4).astype("<f4"), "float64": grid / 4, "big_endian": (grid / 4).astype(">f8"),
    "half": np.array([[0, 0.25, 0.5], [0.75, 1, 1.25]], dtype="<f2"), "int8": grid.astype("i1") - 3,
    "int32_big": (grid - 3).astype(">i4"), "uint8": (grid + 250).astype("u1"),
    "uint64": grid.astype("<u8"), "fortran": np.asfortranarray(grid / 4), "bool": grid % 2 == 0,
    "scalar": np.array(3.25), "empty": np.zeros((0, 3)), "complex": grid.astype("<c8"),
}.items():
    np.save(folder / f"{name}.npy", array)
np.savez(folder / "plain.npz", a=grid, b=np.eye(2))
np.savez_compressed(folder / "packed.npz", a=np.zeros((50, 50)))
