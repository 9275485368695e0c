"""P21: a pair of pictures of 14000 x 14400 pixels in every form that is read by rows, 100 MB."""

from __future__ import annotations

import subprocess
import sys

from harness import DATA, Bar, Command, judge, measure, program, show

FORMS = ("8.png", "16.png", "rgb.png", "tiled.tif", "16.tif", "rgb.tif")
COLOURS = ("000000", "ff0000", "00ff00", "0000ff", "ffff00", "090909")
MAKE = """
import sys
import numpy as np, tifffile
from PIL import Image
folder, colours = sys.argv[1], [bytes.fromhex(word) for word in sys.argv[2:]]
palette = np.array([list(colour) for colour in colours], np.uint8)
for side, seed in (("gt", 1), ("pred", 2)):
    squares = np.random.default_rng(seed).integers(0, 6, (70, 72)).astype(np.uint8)
    labels = squares.repeat(200, 0).repeat(200, 1)
    labels[::50] = np.roll(labels[::50], 3, 1)
    wide, drawn = labels.astype(np.uint16), palette[labels]
    for name, picture in (("8", labels), ("16", wide), ("rgb", drawn)):
        Image.fromarray(picture).save(f"{folder}/{side}-{name}.png", compress_level=1)
    for name, picture, more in (
        ("tiled", labels, {}), ("16", wide, {}), ("rgb", drawn, {"photometric": "rgb"})
    ):
        path = f"{folder}/{side}-{name}.tif"
        tifffile.imwrite(path, picture, tile=(256, 256), compression="zlib", **more)
"""


def main() -> int:
    """Every form; the files are made once."""
    folder = DATA / "p21"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-c", MAKE, str(folder), *COLOURS], check=True)
        (folder / "done").touch()
    listed = folder / "segeval.toml"
    listed.write_text(
        "".join(
            f'[classes.c{label}]\nlabel = {label}\ncolor = "#{colour}"\n'
            for label, colour in enumerate(COLOURS)
        )
    )
    commands = []
    for form in FORMS:
        sides = [str(folder / f"{side}-{form}") for side in ("pred", "gt")]
        own = ["--config", str(listed)] if form.startswith("rgb") else []
        call = [*program(), "score", *sides, "-m", "dice", "--format", "none", *own]
        commands.append(Command(form, call))
    runs = measure(commands, 1)
    bars = [Bar("P21", form, "", 100) for form in FORMS]
    return show(judge("P21 pictures of 14000 x 14400 pixels", runs, bars))


if __name__ == "__main__":
    sys.exit(main())
