"""The checksum at the end of a result file: of its cases and of all that was made of them.

A digit that is another one is still a number, and would be a value that nobody measured. What
stands before the cases may be edited, for files move; a file that was laid out anew has no line
that starts as ours do, so that its checksum is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import SEEK_END
from typing import IO
from zlib import crc32

from segeval.runtime.errors import RequestError

DAMAGED_HELP = "write it again with `segeval score -o`, or take it from a copy"
MEMBER = b',\n"check": "'
LENGTH = 8
CLOSING = b'"\n}\n'
PART = 1 << 20  # bytes


def seal_text(parts: Iterable[str]) -> Iterator[str]:
    """The parts of a text, and their checksum as the last member of its object."""
    check = 0
    for part in parts:
        check = crc32(part.encode(), check)
        yield part
    yield f'{MEMBER.decode()}{check:08x}"'


def holds_what_was_written(file: IO[bytes], start: int, check: int) -> bool:
    """Whether a file has its checksum: it is then as its writer made it, and no case of very many
    has to be held to the schema. Where not, `check_seal` is for when all is read.

    start  where what is summed starts; the file is left there
    check  the checksum of what was written before
    """
    file.seek(0, SEEK_END)
    end = file.tell() - len(MEMBER) - LENGTH - len(CLOSING)
    file.seek(max(end, start))
    tail = file.read()
    file.seek(start)
    left = end - start
    while left > 0 and (part := file.read(min(left, PART))):
        check = crc32(part, check)
        left -= len(part)
    file.seek(start)
    return tail == MEMBER + b"%08x" % check + CLOSING


def check_seal(check: int, rest: bytes, needed: bool) -> None:
    """Refuse a file that is not what was written. Raises RequestError.

    check   the checksum of what was read before
    rest    of the file, to its end
    needed  it has to have a checksum
    """
    end = rest.rfind(MEMBER)
    written = rest[end + len(MEMBER) :][:LENGTH] if end >= 0 else b""
    if written != b"%08x" % crc32(rest[:end], check) and (written or needed):
        raise RequestError(
            "damaged result file: it does not hold what was written (checksum)", help=DAMAGED_HELP
        )
