"""Pictures as label maps: PNG, BMP and single-page TIFF, through Pillow.

A palette PNG holds indices and the colours are for show: the index is the label. A colour-coded
picture needs the table of its colours. What Pillow would change without a word is refused: it
reads 16 bits a channel as 8.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from segeval.arrays import Raw
from segeval.errors import ReadError
from segeval.geometry import Geometry
from segeval.volumes import Reading, Volume, Voxels

PNG = b"\x89PNG\r\n\x1a\n"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SUFFIXES = (".png", ".bmp", ".tif", ".tiff")
PLAIN = ("1", "L", "P", "I;16", "I;16B", "I;16L", "I", "F")
MODES = {"PA": "RGBA", "La": "LA", "RGBa": "RGBA"}


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a picture, from its name and its first bytes."""
    marked = head.startswith((PNG, b"BM", *TIFF))
    return marked or (not head and path.suffix.lower() in SUFFIXES)


def read(path: Path, reading: Reading) -> Volume:
    """Open a picture as a label map. Raises ReadError."""
    refuse_deep_colour(path)
    picture = _Picture(path, reading)
    mode, (width, height) = picture.header()
    shape = (height, width)
    voxels = Voxels(picture, picture.dtype(mode), shape)
    geometry = Geometry(shape, reading.spacing)
    return Volume(geometry, (voxels,), path, picture=True, palette=mode == "P")


def refuse_deep_colour(path: Path) -> None:
    """Refuse a PNG of 16 bits a channel with colour or alpha. Raises ReadError."""
    with path.open("rb") as file:
        start = file.read(26)
    if not start.startswith(PNG) or len(start) < 26:
        return
    depth, colour = struct.unpack(">BB", start[24:26])
    if depth == 16 and colour != 0:
        kind = {2: "RGB", 4: "grey with alpha", 6: "RGBA"}.get(colour, f"type {colour}")
        raise ReadError(
            f"a PNG of 16 bits a channel ({kind}) would be read as 8 bits",
            where=path,
            help="write one channel: 16-bit grey, or an indexed PNG",
        )


class _Picture:
    """A picture that is decoded when its values are asked for."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path, self._colours = path, reading.colours

    def header(self) -> tuple[str, tuple[int, int]]:
        """Mode and (width, height). Raises ReadError."""
        image = self._opened()
        with image:
            if getattr(image, "n_frames", 1) > 1:
                raise ReadError(
                    f"{image.n_frames} pages in one file",
                    where=self._path,
                    help="write one file a page, or a volume (.nii.gz, .nrrd)",
                )
            return image.mode, image.size

    def dtype(self, mode: str) -> np.dtype[Any]:
        """The type of the labels."""
        wide = {"I": np.int32, "F": np.float32, "I;16": np.uint16, "I;16B": np.uint16}
        if mode not in PLAIN and max(self._colours.values(), default=0) > 255:
            return np.dtype(np.uint16)
        return np.dtype(wide.get(mode, np.uint8))

    def _opened(self) -> Any:
        from PIL import Image, UnidentifiedImageError

        Image.MAX_IMAGE_PIXELS = None  # a slide is no attack: the grid must match in any case
        try:
            return Image.open(self._path)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as problem:
            raise self._damaged(problem) from problem

    def _damaged(self, problem: BaseException) -> ReadError:
        return ReadError(
            f"not a readable picture ({problem})".replace(str(self._path), self._path.name),
            where=self._path,
            help="the file was cut off or is none; write it again",
        )

    def __call__(self) -> Raw:
        """The labels (y, x). Raises ReadError."""
        with self._opened() as image:
            try:
                image.load()
            except (OSError, ValueError, SyntaxError, struct.error) as problem:
                raise self._damaged(problem) from problem
            if image.mode in MODES:
                image = image.convert(MODES[image.mode])
            values = np.asarray(image)
        if values.ndim == 2:
            return (
                values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))
            )
        return self._coloured(values)

    def _coloured(self, values: Raw) -> Raw:
        """Labels of a picture with several channels. Raises ReadError."""
        channels = values.shape[2]
        if channels in (2, 4):
            self._opaque(values[..., -1])
            values = values[..., :-1]
        if values.shape[2] == 1 or (not self._colours and self._grey(values)):
            return np.ascontiguousarray(values[..., 0])
        return self._labels(values)

    def _grey(self, values: Raw) -> bool:
        """Whether the three channels are one."""
        first = values[..., :1]
        return bool((values == first).all())

    def _opaque(self, alpha: Raw) -> None:
        soft = int(np.count_nonzero(alpha != np.iinfo(alpha.dtype).max))
        if soft:
            raise ReadError(
                f"{soft} of {alpha.size} pixels are not fully opaque",
                where=self._path,
                facts=(f"alpha from {alpha.min()} to {alpha.max()}",),
                help="a soft edge is no label: write a mask of one channel",
            )

    def _labels(self, values: Raw) -> Raw:
        """Colours through the table. Raises ReadError for one that it does not have."""
        packed = values[..., 0].astype(np.uint32) << 16
        packed |= values[..., 1].astype(np.uint32) << 8
        packed |= values[..., 2]
        found, place = np.unique(packed, return_inverse=True)
        table = {r << 16 | g << 8 | b: label for (r, g, b), label in self._colours.items()}
        table.setdefault(0, 0)  # black is background where the table does not say otherwise
        unlisted = [int(c) for c in found if int(c) not in table]
        if unlisted:
            raise self._unlisted(unlisted, packed)
        labels = np.array([table[int(c)] for c in found], self.dtype("RGB"))
        coded: Raw = labels[place.reshape(packed.shape)]
        return coded

    def _unlisted(self, colours: list[int], packed: Raw) -> ReadError:
        shown = ", ".join(f"#{c:06x} ({int((packed == c).sum())} pixels)" for c in colours[:5])
        more = f" and {len(colours) - 5} more" if len(colours) > 5 else ""
        name = "colours that the table does not have" if self._colours else "a colour-coded mask"
        return ReadError(
            f"{name}: {shown}{more}",
            where=self._path,
            help='name the colours in segeval.toml: [classes.NAME] color = "#rrggbb"',
        )
