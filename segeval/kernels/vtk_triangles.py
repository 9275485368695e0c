"""The triangles of VTK, for who needs the numbers of pymeshmetrics to the last digit.

VTK spans the loops of `cube` by triangles too, each in one way, with no regard to symmetry: a mask
and its mirror image do not get the same numbers. Which way was read off its output.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from segeval.kernels.marching_cubes import Loop, surface_loops, triangulations

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# for every loop of more than three points, in the order of the codes: its place in triangulations()
WAYS = (
    "01300130101130021223121121c11b400310214022311FF10040b0211b3121b00221400F24d0140311k0c05n71"
    "8b423010ckdnd01111224bc000031004n3kcd00420003F3101b0312b304n3dbd40id111002240432d12104b3k8"
    "0c02ss319242s2ii150900011211002410"
)


@cache
def vtk_code_triangles() -> tuple[tuple[Loop, ...], ...]:
    """The triangles of every code."""
    ways = iter(WAYS)
    return tuple(
        tuple(t for loop in surface_loops(code) for t in _span_vtk_loop(loop, ways))
        for code in range(256)
    )


def _span_vtk_loop(loop: Loop, ways: Iterator[str]) -> tuple[Loop, ...]:
    if len(loop) == 3:
        return (loop,)
    return triangulations(loop)[DIGITS.index(next(ways))]
