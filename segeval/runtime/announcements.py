"""What a person should know at once, wherever it happens: that a large file is unpacked to disk.

The command listens and prints it; in Python, and on workers that are no fork of the command, nobody
does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Listener:
    say: Callable[[str], None] | None = None


@contextmanager
def hear_announcements(say: Callable[[str], None]) -> Iterator[None]:
    """Hand what is announced within the block to a function.

    say  takes a line
    """
    before, _Listener.say = _Listener.say, say
    try:
        yield
    finally:
        _Listener.say = before


def announce(text: str) -> None:
    """Tell it to whoever listens."""
    if _Listener.say is not None:
        _Listener.say(text)
