"""Classes by name: lists, structure names, tolerances."""
