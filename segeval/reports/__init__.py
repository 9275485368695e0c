"""One module a form, each with `write(card, file, settings)`; `outputs` finds form and file."""

# The modules are loaded when they are asked for: a run to JSON does not pay for a table.
REPORTS: dict[str, str] = {
    "table": "segeval.reports.table",
    "csv": "segeval.reports.delimited",
    "tsv": "segeval.reports.tabbed",
    "json": "segeval.reports.json",
    "jsonl": "segeval.reports.jsonl",
    "parquet": "segeval.reports.parquet",  # the one form that is no text
    "markdown": "segeval.reports.markdown",
    "latex": "segeval.reports.latex",
    "html": "segeval.reports.html.page",
    # one chart of the page alone; its path ends in .svg, .png or .pdf
    "figure-strips": "segeval.reports.html.figures",
    "figure-volumes": "segeval.reports.html.figures",
    "figure-confusion": "segeval.reports.html.figures",
    "figure-reliability": "segeval.reports.html.figures",
    "figure-baseline": "segeval.reports.html.figures",
    "figure-pr": "segeval.reports.html.figures",
    "figure-froc": "segeval.reports.html.figures",
    # the matrix as CSV; a path that ends in .svg, .png or .pdf gets the figure
    "confusion": "segeval.reports.confusion",
    # a row for each instance; a path that ends in .json gets the second
    "instances": "segeval.reports.instances",
    "instances-json": "segeval.reports.instances_json",
    # what CI systems read
    "junit": "segeval.reports.junit",
    "gitlab-quality": "segeval.reports.codequality",
    "openmetrics": "segeval.reports.openmetrics",
    "badge": "segeval.reports.badge",
    "summary": "segeval.reports.summary",
}

# Charts of several result files, by `segeval report A.json B.json` alone.
OF_MODELS: dict[str, str] = {
    "figure-ranks": "segeval.reports.html.comparison_figures",
    "figure-differences": "segeval.reports.html.comparison_figures",
}

SUFFIXES: dict[str, str] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".md": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".pdf": "html",
    ".txt": "table",
    ".xml": "junit",
}
