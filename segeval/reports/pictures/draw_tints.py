"""A picture with its hits, misses and false areas in three tints, and the map of errors.

Rule REPORT-T22.
"""

from __future__ import annotations

from html import escape

import numpy as np

from segeval.reports.pictures.draw_planes import LARGEST, MOST_BYTES, SIDE, Bytes, PlaceImage, webp
from segeval.reports.pictures.planes import ClassView
from segeval.runtime.arrays import Floats, Mask

HIT, MISSED, FALSE = (0, 158, 115), (86, 180, 233), (230, 159, 0)  # Okabe and Ito's, as contours
STRENGTH = 0.5  # of a tint over the image
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue (Rec. 601)
DARK, PLAIN = (20, 24, 29), 96  # behind the map; grey where there is no image
WORDS = (("hit", HIT), ("missed", MISSED), ("false", FALSE))


def window_masks(view: ClassView) -> tuple[Mask, Mask]:
    """Both masks within the window of a picture."""
    (a, b), (c, d) = view.window
    row, column = view.corner
    made = []
    for mask in (view.truth, view.pred):
        whole = np.zeros((b - a, d - c), bool)
        bottom, right = row + mask.shape[0], column + mask.shape[1]
        rows, columns = (max(a, row), min(b, bottom)), (max(c, column), min(d, right))
        if rows[0] < rows[1] and columns[0] < columns[1]:  # the window may cut the box
            whole[rows[0] - a : rows[1] - a, columns[0] - c : columns[1] - c] = mask[
                rows[0] - row : rows[1] - row, columns[0] - column : columns[1] - column
            ]
        made.append(whole)
    return made[0], made[1]


def tinted(image: Floats | None, truth: Mask, pred: Mask) -> Bytes:
    """The image in grey with the three areas over it; uint8 (rows, columns, 3).

    Colours of the image would be taken for tints.
    """
    if image is None:
        base = np.full((*truth.shape, 3), float(PLAIN))
    else:
        grey = image if image.ndim == 2 else image[..., :3] @ LUMA
        grey = grey * min(1.0, 255 / max(float(grey.max()), 1.0))  # of 16 bits
        base = np.repeat(grey[..., None], 3, axis=2)
    for area, colour in zip(areas(truth, pred), (HIT, MISSED, FALSE), strict=True):
        base[area] = (1 - STRENGTH) * base[area] + STRENGTH * np.array(colour, float)
    return base.astype(np.uint8)


def error_picture(truth: Mask, pred: Mask) -> Bytes:
    """The three areas alone; uint8 (rows, columns, 3)."""
    made = np.empty((*truth.shape, 3), np.uint8)
    made[:] = DARK
    for area, colour in zip(areas(truth, pred), (HIT, MISSED, FALSE), strict=True):
        made[area] = colour
    return made


def areas(truth: Mask, pred: Mask) -> tuple[Mask, Mask, Mask]:
    """Hits, misses and false areas."""
    return truth & pred, truth & ~pred, pred & ~truth


def draw_tints(
    view: ClassView, image: Floats | None, place: PlaceImage, most: int = MOST_BYTES
) -> str:
    """Both pictures side by side, with the words of the tints."""
    from PIL import Image

    truth, pred = window_masks(view)
    counts = [int(np.count_nonzero(area)) for area in areas(truth, pred)]
    height, width = truth.shape
    scale = min(SIDE / max(height, width), LARGEST)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    said = ", ".join(f"{n} px {word}" for (word, _), n in zip(WORDS, counts, strict=True))
    parts = []
    for name, shown, lossless in (
        ("areas over the image", tinted(image, truth, pred), False),
        ("map of errors", error_picture(truth, pred), True),
    ):
        how = Image.Resampling.NEAREST if scale >= 1 or lossless else Image.Resampling.BILINEAR
        picture = Image.fromarray(shown).resize(size, how)
        parts.append(
            f'<figure class="plane"><img src="{place(webp(picture, most, lossless), ".webp")}" '
            f'width="{size[0]}" height="{size[1]}" alt="{escape(f"{name}: {said}", quote=True)}">'
            f"<figcaption>{escape(name)}</figcaption></figure>"
        )
    legend = "".join(
        f'<li><span class="swatch {word}"></span>{word} <span class="unit">{n} px</span></li>'
        for (word, _), n in zip(WORDS, counts, strict=True)
    )
    return f'<div class="planes">{"".join(parts)}<ul class="legend">{legend}</ul></div>'
