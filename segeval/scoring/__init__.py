"""A case becomes rows: both sides opened, read once, tallied, and every metric asked."""
