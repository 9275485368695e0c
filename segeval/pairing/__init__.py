"""Two paths become cases: which layout the files have, and who belongs to whom."""
