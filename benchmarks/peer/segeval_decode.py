"""Decode every picture of some folders with segeval's reader, and do nothing with them."""

import sys
from pathlib import Path

from segeval.readers import pictures, png, png_bands
from segeval.runtime.allocator import keep_freed_memory
from segeval.volume.read_options import ReadOptions

keep_freed_memory()  # as the command does
for folder in sys.argv[1:]:
    for path in sorted(Path(folder).glob("*.png")):
        if png_bands.read_png_head(path) is None:  # colours are of no table here
            with pictures.open_image(path) as (image, _):
                pictures.decode_picture(image)
        else:
            png.read(path, ReadOptions()).channels[0].source()
