"""Contours of structures: what they are, where they lie, and the masks they become."""
