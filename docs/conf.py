"""The site: python docs/build_site.py OUT builds it and ends with an error where anything is wrong.

Sphinx with MyST and furo: the pages stay the Markdown that a repository shows, a link that leads
nowhere is a warning and a warning ends the build, the search is an index beside the pages, and
nothing is fetched from a network, neither while it is built nor while it is read. All are free
to use (BSD, MIT, MIT), of this year, and come from the index as they are.
"""

import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
project = html_title = "segeval"
author = "The segeval developers"
copyright = "the segeval developers, Apache-2.0"
version = release = re.search(
    r'__version__ = "(.+)"', (HERE.parent / "segeval" / "__init__.py").read_text("utf-8")
)[1]

extensions = ["myst_parser"]
root_doc = "index"
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # what a command prints is no language

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["segeval.css"]
html_show_sourcelink = html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5394", "color-brand-content": "#0b5394"},
    "dark_css_variables": {"color-brand-primary": "#8ab8e6", "color-brand-content": "#8ab8e6"},
}
pygments_style, pygments_dark_style = "a11y-light", "a11y-dark"

NAMED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
    "<pre>": '<pre tabindex="0">',  # long lines are scrolled
}
# Pages whose links are the pages below them.
PARENTS = ("metrics", "rules/README")


def setup(app: Any) -> None:
    """What the repository shows as it is and a site has otherwise."""
    app.connect("source-read", name_rules)
    app.connect("source-read", list_pages)
    app.connect("build-finished", name_parts)


def name_rules(_: Any, page: str, source: list[str]) -> None:
    """`<a id='A13'></a>` becomes a label of its page, and a link to it one to that label."""
    here = page.rpartition("/")[2]
    text = re.sub(r"<a id='(\w+)'></a>", lambda a: f"[]{{#{here}-{a[1].lower()}}}", source[0])
    source[0] = re.sub(
        r"\((\w*)(\.md)?#([A-Z]+\d+\w*)\)",
        lambda a: f"({a[1]}{a[2] or ''}#{a[1] or here}-{a[3].lower()})",
        text,
    )


def list_pages(_: Any, page: str, source: list[str]) -> None:
    """The navigation is the list on the front page: a caption a heading, an entry a link."""
    if page == root_doc:
        for section in source[0].split("\n## ")[1:]:
            source[0] += tree(section.partition("\n")[0], section)
    if page in PARENTS:
        source[0] += tree("", source[0])


def tree(caption: str, text: str) -> str:
    """A hidden tree of the pages that a text links to, each once."""
    linked = dict.fromkeys(re.findall(r"\]\(([\w/-]+)\.md(?:#[\w-]+)?\)", text))
    options = f":caption: {caption}\n" if caption else ""
    return "\n\n```{toctree}\n:hidden:\n" + options + "\n" + "\n".join(linked) + "\n```\n"


def name_parts(app: Any, error: Exception | None) -> None:
    """What the theme leaves out for a screen reader and for the keyboard."""
    for page in () if error else Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        for given, named in NAMED.items():
            text = text.replace(given, named)
        page.write_text(text, "utf-8")
