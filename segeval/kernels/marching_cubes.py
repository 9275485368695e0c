"""The surface inside one cell of eight voxel centres, for each of the 256 ways to be in or out.

The table is made from the geometry of the cube and from nothing else:

1. On each face the corners that are inside are cut off from those that are not, by segments between
   the midpoints of the edges. Two opposite corners of a face are cut off one by one, on both sides
   of the face, so that neighbouring cells always agree.
2. The segments join to loops. A loop is spanned by triangles between its points: of the ways that
   are their own image under every symmetry of the cell, the one with the largest area.
3. Triangles in one plane are joined to a polygon again. A polygon has no diagonal of its own, so as
   samples it counts once for each way to cut it, every way with an equal share of its area: a mask
   and its mirror image get the same numbers.

One cell of each kind is worked out; the others are its images under the symmetries of the cube. So
the table as a whole is as symmetric as the cube is.

A corner is (z, y, x) in 0..1, its bit in a code 4 z + 2 y + x. Points have doubled coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import permutations, product
from math import gcd, sqrt

from segeval.runtime.frozen import frozen

Point = tuple[int, int, int]
Loop = tuple[Point, ...]  # counterclockwise, seen from outside the mask
Symmetry = tuple[tuple[int, ...], tuple[int, ...]]  # take the axes in this order, then flip these

CORNERS: tuple[Point, ...] = tuple(product((0, 1), repeat=3))  # type: ignore[arg-type]
SYMMETRIES: tuple[Symmetry, ...] = tuple(
    product(permutations(range(3)), product((0, 1), repeat=3))
)  # fmt: skip


@frozen
class CubeCell:
    """The surface of one code.

    faces     triangles that cover it once, their normals out of the mask
    elements  triangles with their share of the area: what is sampled
    """

    faces: tuple[Loop, ...]
    elements: tuple[tuple[Loop, float], ...]


@cache
def cube_cells() -> tuple[CubeCell, ...]:
    """The cell of every code, 0 to 255."""
    polygons: dict[int, tuple[Loop, ...]] = {}
    for code in range(256):
        if code not in polygons:
            spanned = tuple(
                p
                for loop in surface_loops(code)
                for p in join_flat_triangles(span_loop(loop, code))
            )
            for symmetry in SYMMETRIES:
                image = transform_code(code, symmetry)
                if image not in polygons:
                    polygons[image] = tuple(transform_loop(p, symmetry) for p in spanned)
    return tuple(
        CubeCell(
            tuple(t for polygon in polygons[code] for t in polygon_cuts(polygon)[0]),
            tuple(e for polygon in polygons[code] for e in triangle_shares(polygon)),
        )
        for code in range(256)
    )


def surface_loops(code: int) -> list[Loop]:
    """Where the surface meets the faces of the cell: closed loops of midpoints of edges.

    code     0 to 255, a bit for each corner that is inside
    returns  points in halves of a cell
    """
    following = dict(segment for ring in cube_faces() for segment in face_segments(ring, code))
    found = []
    while following:
        start = min(following)
        loop, point = [start], following.pop(start)
        while point != start:
            loop.append(point)
            point = following.pop(point)
        found.append(tuple(loop))
    return found


@cache
def cube_faces() -> tuple[Loop, ...]:
    """The corners of each face, counterclockwise as seen from outside the cube."""
    rings = []
    for axis, side in product(range(3), (0, 1)):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        ring = []
        for p, q in ((0, 0), (1, 0), (1, 1), (0, 1)):
            corner = [side] * 3
            corner[u], corner[v] = p, q
            ring.append((corner[0], corner[1], corner[2]))
        rings.append(tuple(ring if side else ring[::-1]))
    return tuple(rings)


def face_segments(ring: Loop, code: int) -> Iterator[tuple[Point, Point]]:
    """The segments that cut each run of inside corners of a face from the rest of it.

    ring     the four corners of a face, in turn
    code     0 to 255, a bit for each corner that is inside
    returns  begin and end of each segment, in halves of a cell
    """
    inside = [is_corner_inside(code, corner) for corner in ring]
    for i in range(4):
        if inside[i] and not inside[(i + 1) % 4]:
            first = i
            while inside[first - 1]:
                first -= 1
            yield midpoint(ring[first - 1], ring[first]), midpoint(ring[i], ring[(i + 1) % 4])


def is_corner_inside(code: int, corner: Point) -> bool:
    """Whether a corner is in the mask."""
    z, y, x = corner
    return bool(code >> (4 * z + 2 * y + x) & 1)


def midpoint(a: Point, b: Point) -> Point:
    """The middle of an edge, in doubled coordinates."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


@cache
def transform_point(point: Point, symmetry: Symmetry, side: int) -> Point:
    """A point of a cube of the given side under a symmetry."""
    axes, flips = symmetry
    z, y, x = (side - point[a] if flip else point[a] for a, flip in zip(axes, flips, strict=True))
    return (z, y, x)


def transform_code(code: int, symmetry: Symmetry) -> int:
    """The code whose inside corners are the images of this one's."""
    inside = (
        transform_point(corner, symmetry, 1) for corner in CORNERS if is_corner_inside(code, corner)
    )
    return sum(1 << (4 * z + 2 * y + x) for z, y, x in inside)


def transform_loop(loop: Loop, symmetry: Symmetry) -> Loop:
    """A loop under a symmetry, still counterclockwise."""
    image = tuple(transform_point(point, symmetry, 2) for point in loop)
    axes, flips = symmetry
    even = sum(axes[i] > axes[j] for i in range(3) for j in range(i, 3)) % 2 == sum(flips) % 2
    return image if even else image[::-1]


def span_loop(loop: Loop, code: int) -> tuple[Loop, ...]:
    """The triangles of largest area that span a loop and share its symmetries."""
    if len(join_flat_triangles(any_way := triangulations(loop)[0])) == 1:
        return any_way  # a flat loop: its polygon is what counts
    own = [s for s in SYMMETRIES[1:] if transform_code(code, s) == code]
    own = [s for s in own if {transform_point(p, s, 2) for p in loop} == set(loop)]
    symmetric = [
        way
        for way in triangulations(loop)
        if all(cover_same_surface(transform_triangles(way, s), way) for s in own)
    ]
    return max(
        symmetric, key=lambda way: (round(sum(map(triangle_area, way)), 9), -enclosed_volume(way))
    )


def triangulations(loop: Loop) -> list[tuple[Loop, ...]]:
    """Every way to cut a polygon into triangles by its diagonals.

    loop     the corners of the polygon, in turn
    returns  each as triangles; one without any for less than three corners
    """
    if len(loop) < 3:
        return [()]
    return [
        (*left, (loop[0], loop[k], loop[-1]), *right)
        for k in range(1, len(loop) - 1)
        for left in triangulations(loop[: k + 1])
        for right in triangulations(loop[k:])
    ]


def transform_triangles(way: tuple[Loop, ...], symmetry: Symmetry) -> tuple[Loop, ...]:
    """Triangles under a symmetry."""
    return tuple(transform_loop(triangle, symmetry) for triangle in way)


def cover_same_surface(one: tuple[Loop, ...], other: tuple[Loop, ...]) -> bool:
    """Whether triangles cover the same surface: equal up to the diagonals of polygons."""
    return {frozenset(p) for p in join_flat_triangles(one)} == {
        frozenset(p) for p in join_flat_triangles(other)
    }


def join_flat_triangles(way: tuple[Loop, ...]) -> list[Loop]:
    """Triangles joined to polygons where they lie in one plane; lines between them fall away."""
    planes: dict[tuple[int, ...], list[Loop]] = {}
    for triangle in way:
        planes.setdefault(triangle_plane(triangle), []).append(triangle)
    return [triangle_outline(triangles) for triangles in planes.values()]


def triangle_plane(triangle: Loop) -> tuple[int, ...]:
    """The oriented plane of a triangle, in whole numbers."""
    n = triangle_normal(triangle)
    divisor = gcd(*n) or 1
    n = (n[0] // divisor, n[1] // divisor, n[2] // divisor)
    return (*n, sum(a * b for a, b in zip(n, triangle[0], strict=True)))


def triangle_normal(triangle: Loop) -> Point:
    """The cross product of two sides: eight times the area in cells, out of the mask.

    triangle  three points in halves of a cell, in turn
    """
    (a, b, c), (d, e, f), (g, h, i) = triangle
    p, q, r, s, t, u = d - a, e - b, f - c, g - a, h - b, i - c
    return (q * u - r * t, r * s - p * u, p * t - q * s)


def triangle_area(triangle: Loop) -> float:
    """The area of a triangle, in doubled coordinates."""
    p, q, r = triangle_normal(triangle)
    return sqrt(p * p + q * q + r * r) / 2


def enclosed_volume(way: tuple[Loop, ...]) -> int:
    """Six times the volume between triangles and the centre of the cell, in doubled coordinates."""
    return sum(
        sum(n * (p - 1) for n, p in zip(triangle_normal(t), t[0], strict=True)) for t in way
    )  # fmt: skip


def triangle_outline(triangles: list[Loop]) -> Loop:
    """The polygon around triangles that share sides: its sides are those that have no reverse."""
    sides = {(t[i], t[(i + 1) % 3]) for t in triangles for i in range(3)}
    following = {a: b for a, b in sides if (b, a) not in sides}
    loop = [min(following)]
    while (point := following[loop[-1]]) != loop[0]:
        loop.append(point)
    return tuple(loop)


def polygon_cuts(polygon: Loop) -> list[tuple[Loop, ...]]:
    """The ways to cut a polygon of a cell: one, two by either diagonal, or two into a star."""
    n = len(polygon)
    if n == 3:
        return [(polygon,)]
    if n == 4:
        a, b, c, d = polygon
        return [((a, b, c), (a, c, d)), ((b, c, d), (b, d, a))]
    return [star_triangles(polygon), star_triangles(polygon[1:] + polygon[:1])]


def star_triangles(hexagon: Loop) -> tuple[Loop, ...]:
    """A hexagon as three corners cut off and what remains."""
    a, b, c, d, e, f = hexagon
    return ((a, b, c), (c, d, e), (e, f, a), (a, c, e))


def triangle_shares(polygon: Loop) -> Iterator[tuple[Loop, float]]:
    """The triangles of every cut, each cut with an equal share."""
    ways = polygon_cuts(polygon)
    for way in ways:
        for triangle in way:
            yield triangle, 1 / len(ways)
