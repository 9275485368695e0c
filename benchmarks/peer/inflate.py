"""Inflate .nii.gz files with zlib, whole, and do nothing with them."""

import sys
import zlib
from pathlib import Path

for name in sys.argv[1:]:
    zlib.decompress(Path(name).read_bytes(), wbits=31)
