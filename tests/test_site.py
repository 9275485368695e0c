"""The site of the documents: it builds without a warning, and everybody can read it."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from headless import AXE, Browser, axe_core, chromium

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build_site.py")
build_site = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build_site)

PAGES = [
    "index", "tutorials/gate-in-ci", "metrics/overlap", "reference/options", "output", "rules/cli",
]  # fmt: skip
QUERY = "hausdorff"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site, built once."""
    pytest.importorskip("sphinx", reason="the builder of the site: the extra test")
    pytest.importorskip("furo")
    pytest.importorskip("myst_parser")
    out = tmp_path_factory.mktemp("site") / "html"
    build_site.build(out)
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


def test_it_builds_without_a_warning_and_every_link_leads_somewhere(site):
    assert list(build_site.problems(site)) == []


def test_every_page_is_in_the_navigation(site):
    front = build_site.Page((site / "index.html").read_text("utf-8"))
    reached = {link.partition("#")[0] for link in front.links}
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        assert name in reached or name == "index.html", name


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ('<a href="b.html">b</a>', ["a.html: b.html leads nowhere"]),
        ('<a href="#x">x</a><p id="y">', ["a.html: #x leads nowhere"]),
        ('<p id="x"><a href="#x">x</a><a href="https://example.org">out</a>', []),
        ('<script src="https://example.org/x.js">', ["a.html: loads https://example.org/x.js"]),
        ('<link rel="stylesheet" href="//example.org/x">', ["a.html: loads //example.org/x"]),
        ('<img src="data:image/png;base64,AAAA">', []),
    ],
)
def test_a_link_to_nowhere_and_a_request_are_seen(tmp_path, page, wrong):
    (tmp_path / "a.html").write_text(page)
    assert [
        line for line in build_site.problems(tmp_path) if "//example.org/x leads" not in line
    ] == wrong


@chromium
@axe_core
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_passes_axe(site, browser, page, scheme):
    browser.scheme(scheme)
    browser.size(1280)
    browser.open((site / f"{page}.html").as_uri())
    browser.run(AXE.read_text("utf-8") + "; 0")
    nodes = "v.nodes.slice(0, 3).map(n => n.html.slice(0, 120))"
    seen = f"r => JSON.stringify(r.violations.map(v => [v.id, {nodes}]))"
    found = json.loads(
        browser.run(f"axe.run(document, {{resultTypes: ['violations']}}).then({seen})")
    )
    assert found == []


@chromium
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_as_wide_as_its_window(site, browser, page, width):
    browser.size(width)
    browser.open((site / f"{page}.html").as_uri())
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.complaints == []


@chromium
def test_the_search_finds_and_asks_nobody(site, browser):
    browser.size(1280)
    browser.open((site / "search.html").as_uri() + f"?q={QUERY}")
    for _ in range(200):
        found = browser.run("document.querySelectorAll('#search-results li a').length")
        if found:
            break
        browser.run("new Promise(go => setTimeout(go, 25))")
    assert found >= 2
    assert [url for url in browser.requests if not url.startswith("file:")] == []


def test_the_words_are_spelled():
    pytest.importorskip("codespell_lib", reason="the extra test")
    call = [sys.executable, "-m", "codespell_lib", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
            "SECURITY.md", "docs", "segeval", "sample_data"]  # fmt: skip
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == ""
