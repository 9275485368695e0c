"""Decode every picture of some folders with segeval's reader, and do nothing with them."""

import sys
from pathlib import Path

from segeval.memory import keep_freed
from segeval.readers import bands, png
from segeval.volumes import Reading

keep_freed()  # as the command does
for folder in sys.argv[1:]:
    for path in sorted(Path(folder).glob("*.png")):
        if bands.head(path) is None:  # colours are of no table here
            with png.opened(path) as (image, _):
                png.decoded(image)
        else:
            png.read(path, Reading()).channels[0].source()
