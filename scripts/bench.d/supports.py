"""The benches of scripts/supports: pictures of polygons, and the trainings of a search over training sets."""

from harness import Bench, figures_of, figures_of_lua, peer_script
from operations import THREADS


def raster() -> dict[str, float]:
    return {"raster": figures_of_lua("supports")["raster"]}


def seconds_per_training(rates: dict[str, float]) -> dict[str, float]:
    return {"s": 1 / rates["trainings"]}


BENCHES = [
    Bench(
        "polygon_pictures", {"raster": "CPU s"}, raster, "NumPy, vectorised, the best of four block sizes",
        lambda: figures_of(peer_script("rasterize_numpy.py")), peer_needs="numpy", goal="ratio >= 1",
        note="5,000 polygons of 3 to 6 vertices, 16 x 16 pixels of 4 x 4 points"),
    Bench(
        "set_training", {"s": "s"}, lambda: seconds_per_training(figures_of_lua("supports")),
        f"PyTorch eager, {THREADS} processes of 1 thread",
        lambda: seconds_per_training(figures_of(peer_script("training_torch.py", THREADS))),
        peer_needs="torch",
        note="a training of supports/training_set_search, 200 updates on 8 dots, of 16 side by side; 1/s trainings a second"),
]
