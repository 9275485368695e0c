"""One module a form, each with `write(card, file, settings)`; `outputs` finds form and file."""

# The modules are loaded when they are asked for: a run to JSON does not pay for a table.
REPORTS: dict[str, str] = {
    "table": "segeval.reports.table",
    "csv": "segeval.reports.delimited",
    "tsv": "segeval.reports.tabbed",
    "json": "segeval.reports.json",
    "jsonl": "segeval.reports.jsonl",
    "markdown": "segeval.reports.markdown",
    # what CI systems read
    "junit": "segeval.reports.junit",
    "gitlab-quality": "segeval.reports.codequality",
    "openmetrics": "segeval.reports.openmetrics",
    "badge": "segeval.reports.badge",
    "summary": "segeval.reports.summary",
}

SUFFIXES: dict[str, str] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".txt": "table",
    ".xml": "junit",
}
