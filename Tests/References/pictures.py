"""Small pictures in every form that PNG and JPEG have, with what Pillow makes of them.

run: python3 Tests/References/pictures.py    (needs pillow and numpy; made with Pillow 13)

Writes pictures to Tests/References/pictures and `values.npz` with their numbers from 0 to 1 (`file`), and with
the resized ones (`filter height width`).
"""

import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

folder = pathlib.Path(__file__).parent / "pictures"
folder.mkdir(exist_ok=True)
values = {}
rng = np.random.default_rng(1)
h, w = 21, 30
y, x = np.mgrid[0:h, 0:w]
red = 127 + 120 * np.sin(x / 4 + y / 9)
green = 127 + 120 * np.cos(y / 3)
blue = (x * 255 / w + y * 3) % 255
colour = np.stack([red, green, blue], -1).astype(np.uint8)
grey = colour[..., 0].copy()
alpha = (x * 8).astype(np.uint8)


def planes(image):
    array = np.asarray(image, dtype=np.float32) / 255
    return array if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1))


def write(name, image, read=None, **options):
    image.save(folder / name, **options)
    values[name] = planes(read or Image.open(folder / name).convert("L" if image.mode in ("L", "1", "LA") else "RGB"))


write("grey.png", Image.fromarray(grey))
write("colour.png", Image.fromarray(colour))
write("bits.png", Image.fromarray(grey > 127))
write("palette.png", Image.fromarray(colour).quantize(16))
write("palette_alpha.png", Image.fromarray(colour).quantize(16), transparency=3)
write("grey_alpha.png", Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]), Image.fromarray(grey))
write("colour_alpha.png", Image.fromarray(np.dstack([colour, alpha]), "RGBA"), Image.fromarray(colour))
write("grey.jpg", Image.fromarray(grey), quality=90)
write("colour.jpg", Image.fromarray(colour), quality=90)
write("progressive.jpeg", Image.fromarray(colour), quality=80, progressive=True)
write("sampled.jpg", Image.fromarray(colour), quality=80, subsampling=0)
Image.fromarray(np.dstack([colour, alpha]), "CMYK").save(folder / "cmyk.jpg")
write("deep.png", Image.fromarray((grey.astype(np.uint16) * 257 + x.astype(np.uint16))),
      Image.fromarray(grey))
values["deep.png"] = (grey.astype(np.float64) * 257 + x).astype(np.float32) / 65535


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


# Pillow writes neither 16 bits of colour nor interlaced files.
deep = (colour.astype(np.uint16) * 257 + x[..., None]).astype(">u2")
lines = b"".join(b"\0" + row.tobytes() for row in deep)
start = b"\x89PNG\r\n\x1a\n"
(folder / "deep_colour.png").write_bytes(
    start + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))
values["deep_colour.png"] = np.ascontiguousarray(deep.astype(np.float32).transpose(2, 0, 1) / 65535)
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
lines = b"".join(
    b"\0" + row.tobytes() for top, left, down, right in passes for row in colour[top::down, left::right])
(folder / "interlaced.png").write_bytes(
    start + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 1))
    + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))
values["interlaced.png"] = planes(Image.open(folder / "interlaced.png"))
assert np.abs(values["interlaced.png"] - values["colour.png"]).max() == 0

whole = Image.open(folder / "colour.png")
for name, filter in (("triangle", Image.BILINEAR), ("box", Image.BOX)):
    for height, width in ((7, 10), (20, 13), (40, 45), (5, 60)):
        values[f"{name} {height} {width}"] = planes(whole.resize((width, height), filter))
values["grey of colour.png"] = planes(whole.convert("L"))
np.savez_compressed(folder / "values.npz", **values)
print(sum(f.stat().st_size for f in folder.iterdir()), "bytes")
