"""Read files through a buffer of 512 KiB and do nothing with them."""

import sys
from pathlib import Path

buffer = bytearray(1 << 19)
for name in sys.argv[1:]:
    with Path(name).open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
