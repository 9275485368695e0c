"""Pairs of masks that tests of surfaces share, built from a few numbers; nothing but NumPy."""

import numpy as np


def ellipsoid(shape, spacing, centre, axes):
    """Voxels whose centre, in mm from the middle of the grid, is in an ellipsoid."""
    grid = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    places = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1)
    return (((places - centre) / axes) ** 2).sum(axis=-1) <= 1


def two_ellipsoids():
    """Dice 0.90, and a small blob 37 mm away, a twentieth of the surface: 3 mm slices."""
    shape, spacing = (16, 60, 110), (3.0, 0.9, 0.9)
    truth = ellipsoid(shape, spacing, (0, 0, -14), (18.2, 16.3, 17.4))
    pred = ellipsoid(shape, spacing, (-0.1, -1.5, -13), (19.3, 16.8, 16.2))
    return truth, pred | ellipsoid(shape, spacing, (0, 0, 37), (3.6, 3.6, 5.5)), spacing


def at_the_edge():
    """A box and an ellipsoid that both end where the array ends."""
    shape, spacing = (9, 14, 12), (2.0, 0.9, 1.1)
    truth = np.zeros(shape, bool)
    truth[:5, 3:11, 4:] = True
    return truth, ellipsoid(shape, spacing, (-6, 0.5, 2.2), (8.1, 4.4, 6.5)), spacing


def hollow():
    """A shell and a ball: inner surfaces."""
    shape, spacing = (15, 15, 15), (1.0, 1.0, 1.0)
    ball = ellipsoid(shape, spacing, (0, 0, 0), (6.2, 6.2, 6.2))
    inner = ellipsoid(shape, spacing, (0.3, 0, 0), (3.1, 3.1, 3.1))
    return ball & ~inner, ellipsoid(shape, spacing, (0.6, 0.4, -0.7), (5.7, 5.9, 5.2)), spacing


def noise():
    """Speckle, in which every code of a cell occurs."""
    rng = np.random.default_rng(20)
    shape, spacing = (10, 11, 12), (2.5, 1.0, 0.8)
    return rng.random(shape) < 0.4, rng.random(shape) < 0.5, spacing


def flat():
    """2-D: two ellipses."""
    shape, spacing = (40, 50), (0.7, 1.2)
    truth = ellipsoid(shape, spacing, (0, 0), (11.3, 20.1))
    return truth, ellipsoid(shape, spacing, (1.4, 2.2), (10.1, 18.7)), spacing


def flat_at_the_edge():
    """2-D: a disc and a frame, both cut by the array."""
    shape, spacing = (17, 23), (2.0, 0.75)
    frame = np.ones(shape, bool)
    frame[3:-4, 5:-5] = False
    return frame, ellipsoid(shape, spacing, (-9, 2), (14.1, 7.7)), spacing


def many():
    """Slices of 5 mm: several small components on either side, some of them one voxel."""
    rng = np.random.default_rng(9)
    shape, spacing = (7, 30, 26), (5.0, 1.0, 1.0)
    sides = np.zeros((2, *shape), bool)
    for side in sides:
        for _ in range(6):
            centre = rng.uniform(-0.45, 0.45, 3) * shape * spacing
            side |= ellipsoid(shape, spacing, centre, rng.uniform(1, 6, 3))
        side[tuple(rng.integers(0, shape))] = True
    return *sides, spacing


PAIRS = {
    f.__name__: f
    for f in (two_ellipsoids, at_the_edge, hollow, noise, many, flat, flat_at_the_edge)
}
