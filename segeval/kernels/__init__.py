"""Arrays to arrays: no files, no class names."""
