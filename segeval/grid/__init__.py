"""Regular grids of voxels and the slices of a series."""
