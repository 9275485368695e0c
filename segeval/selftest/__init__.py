"""Shapes whose numbers are known, in every format, scored again: for acceptance on site."""
