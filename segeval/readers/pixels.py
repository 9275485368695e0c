"""The pixels of one frame of a multi-frame DICOM object, wherever they lie in the file.

A frame of one-bit pixels may begin inside a byte. Frames are read one at a time (DICOM-E5, E6).
"""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from segeval.dicom.elements import ByteRange
from segeval.dicom.files import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    DicomFile,
    inflate,
    inflate_again,
)
from segeval.readers.codestreams import stated_size
from segeval.readers.packed_frames import (
    check_decodable,
    frame_decoder,
    packed_frames,
    transfer_syntax_name,
)
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError, RequestError
from segeval.runtime.packed_streams import STEP
from segeval.runtime.spill import SpillFile

NATIVE = (IMPLICIT, EXPLICIT, DEFLATED, BIG)
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"


@dataclass(frozen=True)
class PixelFrames:
    """The frames of a file.

    bits    allocated for a pixel: 1, 8 or 16
    size    pixels of a frame
    place   first byte of the pixel values and the one after them; of the packed frames
    parts   for packed frames the places of the pieces of each in the file
    words   bytes lie in big words of two, the second first (big endian, OW)
    """

    path: Path
    syntax: str
    bits: int
    shape: tuple[int, int]
    frames: int
    place: ByteRange
    parts: tuple[tuple[ByteRange, ...], ...] = ()
    words: bool = False

    @property
    def size(self) -> int:
        """Pixels of a frame."""
        return self.shape[0] * self.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a decoded frame."""
        return np.dtype(np.uint16 if self.bits == 16 else np.uint8)

    def frame(self, number: int) -> Raw:
        """One frame, counted from 0, flat. Raises ReadError."""
        if self.parts:
            return self._packed(number)
        first = number * self.size * self.bits
        start, last = first // 8, (first + self.size * self.bits + 7) // 8
        return self._unpacked(self._bytes(self.place[0] + start, last - start), first % 8)

    def _unpacked(self, raw: bytes, skip: int = 0) -> Raw:
        if self.bits == 1:
            flat = np.frombuffer(raw, np.uint8)
            return np.unpackbits(flat, count=skip + self.size, bitorder="little")[skip:]
        dtype = self.dtype.newbyteorder(">" if self.syntax == BIG else "<")
        return np.frombuffer(raw, dtype, self.size)

    def _bytes(self, start: int, count: int) -> bytes:
        if self.words:
            skip = (start - self.place[0]) % 2
            raw = self._stored(start - skip, skip + count + (skip + count) % 2)
            return np.frombuffer(raw, np.uint16).byteswap().tobytes()[skip : skip + count]
        return self._stored(start, count)

    def _stored(self, start: int, count: int) -> bytes:
        if self.syntax == DEFLATED:
            raw = self._inflated.read(start, count)
        else:
            with self.path.open("rb") as file:
                file.seek(start)
                raw = file.read(count)
        if len(raw) < count:
            raise ReadError(
                f"the pixels end {count - len(raw)} bytes too early",
                where=self.path,
                help="the file was cut off; copy or write it again",
            )
        return raw

    @cached_property
    def _inflated(self) -> SpillFile:
        """The file inflated up to the end of its pixels."""
        held, left = SpillFile(), self.place[1]
        try:
            with inflate_again(self.path) as source:
                while part := source.read(min(left, STEP) or STEP):  # to the end, which tells
                    if left:
                        held.add(part)
                        left -= len(part)
        except zlib.error as problem:
            raise ReadError(f"damaged DICOM file: {problem}", where=self.path) from problem
        except RequestError as problem:  # the disk is full
            raise ReadError(problem.message, where=problem.where, help=problem.help) from problem
        return held

    def _packed(self, number: int) -> Raw:
        raw = b"".join(self._stored(start, end - start) for start, end in self.parts[number])
        try:
            if self.syntax == DEFLATED_FRAMES:
                size = (self.size * self.bits + 7) // 8
                return self._unpacked(inflate(raw, size + 1))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of padding that means nothing
                return self._decoded(raw)
        except (ValueError, RuntimeError, zlib.error) as problem:
            raise ReadError(
                f"frame {number + 1} does not decode ({problem})",
                where=self.path,
                facts=(f"transfer syntax {transfer_syntax_name(self.syntax)}",),
            ) from problem

    def _decoded(self, raw: bytes) -> Raw:
        """A frame through the library, as if it were the only one of the file."""
        from pydicom.encaps import encapsulate

        if (stated := stated_size(raw)) not in (None, self.shape):
            rows, columns = self.shape
            raise ValueError(f"it is {stated[0]} x {stated[1]}, the file says {rows} x {columns}")
        array, _ = frame_decoder(self.syntax).as_array(
            encapsulate([raw + b"\0" * (len(raw) % 2)]),
            rows=self.shape[0],
            columns=self.shape[1],
            number_of_frames=1,
            samples_per_pixel=1,
            photometric_interpretation="MONOCHROME2",
            pixel_representation=0,
            bits_allocated=self.bits,
            bits_stored=self.bits,
            pixel_keyword="PixelData",
            raw=True,
        )
        flat: Raw = np.ascontiguousarray(array).reshape(-1)
        return flat


def locate_frames(file: DicomFile) -> PixelFrames:
    """The frames of an open file. Raises ReadError, Damaged."""
    elements = file.elements
    rows, columns = elements.short(0x00280010), elements.short(0x00280011)
    bits = elements.short(0x00280100)
    if not rows or not columns or bits not in (1, 8, 16):
        facts = (f"{rows} rows, {columns} columns, {bits} bits a pixel",)
        raise ReadError("the pixels are not described", where=file.path, facts=facts)
    frames = elements.whole(0x00280008) or 1
    place, vr = file.pixel_place()
    words = file.syntax == BIG and vr == b"OW" and bits < 16
    found = PixelFrames(file.path, file.syntax, bits, (rows, columns), frames, place, words=words)
    if file.syntax in NATIVE:
        check_whole_pixels(found, file.size)
        return found
    if file.syntax != DEFLATED_FRAMES:
        check_decodable(file.path, file.syntax)
    return replace(found, parts=packed_frames(file, place, frames))


def check_whole_pixels(found: PixelFrames, size: int | None) -> None:
    """Raise ReadError where the pixels are cut off (DICOM-X6).

    size  bytes of the file; None of a deflated one, of which that is seen when it is inflated
    """
    start, end = found.place
    size = end if size is None else size
    needed = (found.size * found.bits * found.frames + 7) // 8
    if end > size or end - start < needed:
        raise ReadError(
            f"the pixels end at byte {min(end, size)}, {start + needed} are announced",
            where=found.path,
            help="the file was cut off; copy or write it again",
        )
