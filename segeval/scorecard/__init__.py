"""What a run found: rows and cases, kept and counted as they finish, their summary, the file."""
