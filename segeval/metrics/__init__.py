"""Finished tallies to numbers: one file a family, and the registry.

A family is listed here in the order in which `segeval metrics` shows it.
"""

FAMILIES = ("overlap", "volume", "semantic", "surface")
