"""Pairs of masks that tests of surfaces share, built from a few numbers; nothing but NumPy."""

import numpy as np


def ellipsoid(shape, spacing, centre, axes):
    """Voxels whose centre, in mm from the middle of the grid, is in an ellipsoid."""
    grid = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    places = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1)
    return (((places - centre) / axes) ** 2).sum(axis=-1) <= 1


def two_ellipsoids():
    """Dice 0.9, and a small blob 36 mm away: 3 mm slices."""
    shape, spacing = (24, 56, 96), (3.0, 1.0, 1.0)
    truth = ellipsoid(shape, spacing, (0, 0, -14), (18.2, 16.3, 20.4))
    pred = ellipsoid(shape, spacing, (0.5, 1.2, -12.9), (17.4, 16.9, 19.5))
    return truth, pred | ellipsoid(shape, spacing, (4, 0, 40), (4.1, 3.2, 2.9)), spacing


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


PAIRS = {f.__name__: f for f in (two_ellipsoids, at_the_edge, hollow, noise, flat)}
