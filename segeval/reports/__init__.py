"""One module a form, each with `write(card, file, settings)`; `outputs` finds form and file."""

# The modules are loaded when they are asked for: a run to JSON does not pay for a table.
REPORTS: dict[str, str] = {
    "table": "segeval.reports.table",
    "csv": "segeval.reports.delimited",
    "tsv": "segeval.reports.tabbed",
    "json": "segeval.reports.json",
    "jsonl": "segeval.reports.jsonl",
    "markdown": "segeval.reports.markdown",
}

SUFFIXES: dict[str, str] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".txt": "table",
}
