"""Contours onto slices: which contours count, on which plane, and the mask that they make."""
