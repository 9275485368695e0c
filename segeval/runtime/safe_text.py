"""Text of files as it may be shown: nothing in it steers a terminal, all of it can be written.

Names of cases, classes and files come from outside. A byte of a name that is no text (a surrogate
in Python) is written as its hexadecimal escape, `a\\xff.png`, so that what is written is UTF-8.
"""

from __future__ import annotations

import codecs

VISIBLE = "segeval-visible"  # how a file that is opened for writing takes what is no text
_BYTES = range(0xDC80, 0xDD00)  # surrogates that stand for a byte of a name


def clean_name(text: str) -> str:
    """A name as it may be shown: what does not print stands as its escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    if ord(letter) in _BYTES:
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


def _show_bytes(problem: UnicodeError) -> tuple[str, int]:
    """The handler: what cannot be encoded stands as its escape."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    wrong = problem.object[problem.start : problem.end]
    return "".join(map(_escaped, wrong)), problem.end


codecs.register_error(VISIBLE, _show_bytes)
