"""Decode every picture of some folders with Pillow, and do nothing with them."""

import sys
from pathlib import Path

from PIL import Image

for folder in sys.argv[1:]:
    for path in sorted(Path(folder).glob("*.png")):
        with Image.open(path) as image:
            image.load()
