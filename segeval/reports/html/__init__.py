"""The report that people look at: one page, made of a scorecard alone (REPORT.md)."""
