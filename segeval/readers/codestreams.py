"""The size that a packed frame says it has: JPEG 2000, JPEG and JPEG-LS.

The library fills the rows of the file with the values that come out, whatever their own rows were.
"""

from __future__ import annotations

from struct import unpack_from

J2K = b"\xff\x4f\xff\x51"  # a codestream begins, and its size follows
JPEG = b"\xff\xd8"
NO_SIZE = (0xC4, 0xC8, 0xCC)  # tables among the markers of frames
JPEG_LS = 0xF7


def stated_size(raw: bytes) -> tuple[int, int] | None:
    """Rows and columns, or None where nothing is said that is known.

    raw  the packed bytes of one frame
    """
    if (at := raw[:1024].find(J2K)) >= 0 and len(raw) >= at + 24:
        right, bottom, left, top = unpack_from(">4L", raw, at + 8)
        return bottom - top, right - left
    return size_of_jpeg(raw) if raw.startswith(JPEG) else None


def size_of_jpeg(raw: bytes) -> tuple[int, int] | None:
    """Rows and columns in the marker of the frame."""
    at = len(JPEG)
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        kind = raw[at + 1]
        if kind == JPEG_LS or (0xC0 <= kind <= 0xCF and kind not in NO_SIZE):
            rows, columns = unpack_from(">2H", raw, at + 5)
            return rows, columns
        at += 1 if kind == 0xFF else 2 + int(unpack_from(">H", raw, at + 2)[0])
    return None
