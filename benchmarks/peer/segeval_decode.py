"""Decode every picture of some folders with segeval's reader, and do nothing with them."""

import sys
from pathlib import Path

from segeval.readers import png, png_bands
from segeval.runtime.allocator import keep_freed
from segeval.volume.volume import Reading

keep_freed()  # as the command does
for folder in sys.argv[1:]:
    for path in sorted(Path(folder).glob("*.png")):
        if png_bands.head(path) is None:  # colours are of no table here
            with png.opened(path) as (image, _):
                png.decoded(image)
        else:
            png.read(path, Reading()).channels[0].source()
