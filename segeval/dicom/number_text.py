"""Many decimal numbers written as text, parsed at once (docs/contours.md, X1).

A number of at most 15 digits is a whole number over a power of ten, both exact as floats, so one
division rounds as the text does: the values are those of `float`, bit for bit. Whatever is written
otherwise (exponents, spaces, more digits) goes through `float`.
"""

from __future__ import annotations

import numpy as np

from segeval.dicom.elements import parse_decimals
from segeval.runtime.arrays import Floats, Raw

DIGITS = 15  # at most, for a whole number and its power of ten to be exact
DOT, MINUS, CUT, OTHER = 10, 11, 12, 255
KIND: Raw = np.full(256, OTHER, np.uint8)
KIND[48:58] = np.arange(10)
KIND[ord(".")], KIND[ord("-")], KIND[ord("\\")] = DOT, MINUS, CUT
# Neighbours become one number of twice the digits, three times: bits apart, its factor, what stays.
PAIRS = tuple(
    (np.uint64(bits), np.uint64(ten), np.uint64(keep))
    for bits, ten, keep in ((8, 10, 0x00FF00FF00FF00FF), (16, 100, 0x0000FFFF0000FFFF),
                            (32, 10000, 0x00000000FFFFFFFF))
)  # fmt: skip
TENS = 10.0 ** np.arange(DIGITS + 1)


def parse_decimal_array(raw: bytes) -> Floats:
    """Numbers separated by backslashes. Raises ValueError for anything that is none."""
    text = raw.rstrip(b" \0")
    plain = _parse_plain(text) if len(text) > 64 else None
    return np.array(parse_decimals(raw), np.float64) if plain is None else plain


def _parse_plain(text: bytes) -> Floats | None:
    """Numbers of digits, a dot and a minus; None where one is written otherwise."""
    kind = KIND.take(np.frombuffer(text, np.uint8))
    if kind.max() == OTHER:
        return None
    marks = np.flatnonzero(kind >= DOT)
    mark = kind[marks]
    cut = mark == CUT
    number = np.cumsum(cut)  # that each mark is in, or that follows a cut
    start, end = np.append(0, marks[cut] + 1), np.append(marks[cut], len(kind))
    digits, fraction = end - start, np.zeros(len(start), np.intp)
    dot, minus = mark == DOT, mark == MINUS
    with_dot, with_minus = number[dot], number[minus]
    if not ((np.diff(with_dot) > 0).all() and (start[with_minus] == marks[minus]).all()):
        return None
    fraction[with_dot] = end[with_dot] - 1 - marks[dot]
    digits[with_dot] -= 1
    digits[with_minus] -= 1
    if digits.min() < 1 or digits.max() > DIGITS:
        return None
    found = _whole_numbers(kind.compress(kind < DOT), digits) / TENS[fraction]
    found[with_minus] *= -1
    return found


def _whole_numbers(packed: Raw, digits: Raw) -> Floats:
    """The digits of each number as one whole number.

    packed  all digits, one number after the other
    digits  how many each number has
    """
    packed = np.concatenate([np.zeros(8, np.uint8), packed])
    end = np.cumsum(digits)  # in `packed` a number ends eight places on
    eights = np.ndarray(len(packed) - 7, np.dtype("<u8"), packed.data, strides=(1,))
    whole = _last_eight(eights[end], digits)
    if (long := np.flatnonzero(digits > 8)).size:
        whole[long] += 1e8 * _last_eight(eights[end[long] - 8], digits[long] - 8)
    return whole


def _last_eight(eight: Raw, digits: Raw) -> Floats:
    """The number that the last of eight digits make, a digit a byte, the first in the lowest.

    digits  how many of the eight belong to it; the others are those of numbers before
    """
    shift = (8 * np.maximum(8 - digits, 0)).astype(np.uint64)
    value = eight >> shift << shift
    for bits, ten, keep in PAIRS:
        value = (value * ten + (value >> bits)) & keep
    whole: Floats = value.astype(np.float64)
    return whole
