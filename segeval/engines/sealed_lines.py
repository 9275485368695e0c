"""Lines of JSON that carry a checksum of themselves, so that a damaged one is known as such.

A digit that is another one is still JSON, and would be a value that nobody measured.
"""

from __future__ import annotations

from zlib import crc32

from segeval.runtime.spill import SpillFile

SEAL = b', "check": "%08x"}'  # takes the place of the brace that closes an object
LENGTH = len(SEAL % 0)


class SealedLines(SpillFile):
    """Lines in a file, which has them with their checksums."""

    def add(self, content: bytes) -> int:
        """Add a line, with its end; gives its place. Raises RequestError where the disk is full."""
        return super().add(seal_line(content))

    def line(self, place: int) -> bytes:
        """The line that starts at a place, as it was added."""
        return super().line(place).rstrip(b"\n")[:-LENGTH] + b"}\n"


def seal_line(line: bytes) -> bytes:
    """A JSON object on a line, with its checksum as its last member."""
    text = line.rstrip(b"\n")
    return text[:-1] + SEAL % crc32(text) + b"\n"


def open_line(sealed: bytes) -> bytes:
    """A line as it was before it got its checksum, without its end; b"" where it is another."""
    text = sealed.rstrip(b"\n")[:-LENGTH] + b"}"
    return text if seal_line(text).rstrip(b"\n") == sealed.rstrip(b"\n") else b""
