"""The command line: one file a command, and the doors by which settings come in."""
