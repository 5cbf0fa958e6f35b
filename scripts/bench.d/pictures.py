"""Reading pictures from a folder, against Pillow."""

import atexit
import functools
import pathlib
import tempfile

from harness import FOLDER, Bench, figures_of_lua, moondrift, peer_script
from operations import THREADS

COUNT = 10000


@functools.cache
def folder() -> pathlib.Path:
    """The pictures, which all benches of this run read."""
    place = tempfile.TemporaryDirectory()
    atexit.register(place.cleanup)
    moondrift(FOLDER / "write_images.lua", place.name, COUNT)
    return pathlib.Path(place.name)


def figure_of(said: str) -> dict[str, float]:
    name, value = said.split()
    return {name: float(value)}


BENCHES = [
    Bench(
        "images", {"s": "s"}, lambda: figures_of_lua("data", folder()),
        f"Pillow, {THREADS} threads or processes",
        lambda: figure_of(peer_script("images_pillow.py", folder(), THREADS)),
        peer_needs="PIL", goal="ratio >= 1",
        note=f"{COUNT} PNGs of 80 x 80 pixels in colour, from the page cache to float32"),
]
