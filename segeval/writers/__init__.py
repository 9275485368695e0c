"""Label maps to files: one module a format, each with `write(path, labels, grid)`."""
