"""Contours as values, and slices to draw them on, without a file."""

import numpy as np

from segeval.contours.structure_set import Contour, Roi
from segeval.grid.slices import Frame, arrange_slices

AXIAL = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0), (20, 20))


def slices(heights=range(0, 30, 3), frame=AXIAL):
    """Ten slices of 20 x 20 pixels of 1 mm, 3 mm apart, from the origin."""
    heights = np.array(list(heights), float)
    return arrange_slices(frame, np.outer(heights, frame.normal), gap=3.0)


def contour(points, kind="CLOSED_PLANAR", count=None):
    """A contour of points in mm."""
    text = "\\".join(f"{v:.10g}" for p in points for v in p)
    return Contour(kind, text.encode(), count)


def flat(points, z):
    """A contour of points in x and y, at a height."""
    return contour([(x, y, z) for x, y in points])


def square(low, high):
    """The corners of a square in x and y."""
    return [(low, low), (high, low), (high, high), (low, high)]


def roi(*contours):
    """A structure."""
    return Roi(5, "Heart", contours)
