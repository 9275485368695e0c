"""From a mask back to contours, the slow and obvious way: the borders of its pixels, as loops."""

import numpy as np


def loops(mask):
    """Closed polygons along the sides of the pixels of a plane, in (column, row) of their centres.

    Every side between inside and outside is walked once, inside on the right; parity of the loops
    is the mask. Where two pixels meet in a corner alone, either way on is right.
    """
    padded = np.pad(mask.astype(bool), 1)
    on = {}
    for row, column in np.argwhere(padded):
        for drow, dcolumn, start, end in (
            (-1, 0, (-0.5, -0.5), (-0.5, 0.5)),
            (0, 1, (-0.5, 0.5), (0.5, 0.5)),
            (1, 0, (0.5, 0.5), (0.5, -0.5)),
            (0, -1, (0.5, -0.5), (-0.5, -0.5)),
        ):
            if not padded[row + drow, column + dcolumn]:
                a = (column - 1 + start[1], row - 1 + start[0])
                on.setdefault(a, []).append((column - 1 + end[1], row - 1 + end[0]))
    while on:
        first = at = next(iter(on))
        loop = []
        while True:
            loop.append((float(at[0]), float(at[1])))
            onward = on[at].pop()
            if not on[at]:
                del on[at]
            at = onward
            if at == first:
                break
        yield loop
