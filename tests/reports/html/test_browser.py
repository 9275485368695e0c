"""The report in a real browser: no errors, no requests, keys, widths, paper, accessibility."""

import json
import re
from pathlib import Path

import pytest
from headless import AXE, Browser, axe_core, chromium
from report_cards import nothing, patients, pictures, probabilities, whole

from segeval.api.compare import compare_scorecards
from segeval.api.run import score_paths
from segeval.reports.html.comparison_page import render_comparison
from segeval.reports.html.folder import write_folder
from segeval.reports.html.page import draw_pictures, render_page
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings

pytestmark = chromium
GATES = ["dice=0.6", "Parotid_*/hd95.worst=8mm", "Esophagus/nsd@2mm=0.85"]
PAGES = {
    "fifty_patients": lambda: whole(patients(50, groups=("north", "south")), gates=GATES),
    "label_pictures": lambda: whole(pictures(12), inputs={"extra_predictions": ["x.png"]}),
    "probabilities": lambda: whole(probabilities()),
    "one_case": lambda: whole(patients(1)),
    "nothing": lambda: whole(nothing(), "dice"),
    "long_names": lambda: whole(patients(4, name="patient_" + "x" * 180 + "_{:03d}")),
}
CT = Path(__file__).resolve().parents[3] / "sample_data" / "ct"


def with_pictures():
    """The page of the sample CT with pictures, its ground truth taken for the image."""
    settings = Settings(metrics=(parse_metric("dice"),), images=str(CT / "gt"), pictures=4)
    card = score_paths(CT / "pred", CT / "gt", settings)
    return render_page(card, settings, draw_pictures(card, settings))


SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    """Each page as a file."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, make in PAGES.items():
        path = folder / f"{name}.html"
        path.write_text(render_page(make(), Settings()), "utf-8")
        found[name] = path.as_uri()
    path = folder / "pictures_of_ct.html"
    path.write_text(with_pictures(), "utf-8")
    models = folder / "models.html"
    cards = [whole(patients(12, seed=seed)) for seed in (1, 2, 3)]
    compared = compare_scorecards(["a.json", "b.json", "c.json"], cards, Settings())
    models.write_text(render_comparison(compared, cards, Settings()), "utf-8")
    return found | {"pictures_of_ct": path.as_uri(), "models": models.as_uri()}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture
def tab(browser):
    """The tab, of usual size in the light scheme."""
    browser.size(1280)
    browser.scheme("light")
    return browser


@pytest.mark.parametrize("name", [*PAGES, "pictures_of_ct", "models"])
def test_report_t1_no_error_and_no_request(tab, urls, name):
    tab.open(urls[name])
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert tab.complaints == []
    assert tab.requests == [urls[name]]


def test_report_t1_a_policy_that_forbids_inline_is_kept(tab, tmp_path):
    write_folder(PAGES["fifty_patients"](), tmp_path / "index.html", Settings())
    url = (tmp_path / "index.html").as_uri()
    text = (tmp_path / "index.html").read_text("utf-8")
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text
    tab.open(url)
    assert tab.run("getComputedStyle(document.querySelector('nav')).position") == "sticky"
    assert tab.complaints == []


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("name", [*PAGES, "pictures_of_ct", "models"])
def test_report_t5_nothing_overflows(tab, urls, name, width):
    tab.size(width)
    tab.open(urls[name])
    tab.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    over = tab.run(
        """[...document.querySelectorAll('body *')].filter(e => {
          const b = e.getBoundingClientRect();
          return b.width && b.right > innerWidth + 1 && !e.closest('.scroll, .skip, nav ol');
        }).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert over == []
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")


SHOWN = "[...document.querySelectorAll('#all tbody tr:not([hidden])')]"


def column(tab, place):
    """The exact values of a column of the table of all cases, as it stands."""
    return tab.run(f"{SHOWN}.map(r => r.cells[{place}].dataset.v).filter(Boolean).map(Number)")


def test_sorting_by_mouse_and_keyboard(tab, urls):
    tab.open(urls["fifty_patients"])
    assert column(tab, 4) != sorted(column(tab, 4))
    tab.click("#all thead th:nth-child(5) button")
    assert column(tab, 4) == sorted(column(tab, 4))
    assert tab.run("document.querySelector('#all th:nth-child(5)').ariaSort") == "ascending"
    tab.run("document.querySelector('#all thead th:nth-child(6) button').focus()")
    tab.press("Enter")
    assert column(tab, 5) == sorted(column(tab, 5))
    tab.press("Enter")
    assert column(tab, 5) == sorted(column(tab, 5), reverse=True)
    # what has no number is last either way
    assert tab.run(f"{SHOWN}.at(-1).cells[5].dataset.v === undefined")


def test_filtering_by_mouse_and_keyboard(tab, urls):
    tab.open(urls["fifty_patients"])
    every = tab.run(f"{SHOWN}.length")
    tab.press("/")
    assert tab.run("document.activeElement.id") == "find"
    for letter in "pat013":
        tab.press(letter)
    assert tab.run(f"new Set({SHOWN}.map(r => r.cells[0].textContent)).size") == 1
    assert tab.run("document.querySelector('#matching').textContent") == "1–20 of 20"
    tab.run(
        "(() => {const s = document.querySelector('#of-class'); s.value = 'Heart';"
        "s.dispatchEvent(new Event('change'))})()"
    )
    assert tab.run(f"{SHOWN}.map(r => r.cells[2].textContent)") == ["Heart"]
    tab.run("location.hash = '#case-PAT003'")
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert tab.run(f"{SHOWN}.length") == every


def test_report_t19_a_status_can_be_picked(tab, urls):
    tab.open(urls["fifty_patients"])
    tab.run(
        "(() => {const s = document.querySelector('#of-status'); s.value = 'not scored';"
        "s.dispatchEvent(new Event('change'))})()"
    )
    assert tab.run(f"{SHOWN}.map(r => r.cells[0].textContent)") == ["PAT017", "PAT034"]


def test_folding_by_mouse_and_keyboard(tab, urls):
    tab.open(urls["fifty_patients"])
    first = "document.querySelector('#metric-1').open"
    assert tab.run(first)
    tab.click("#metric-1 > summary")
    assert not tab.run(first)
    tab.run("document.querySelector('#metric-1 > summary').focus()")
    tab.press("Enter")
    assert tab.run(first)
    tab.run("document.activeElement.blur()")
    tab.press("f")
    assert tab.run("document.querySelectorAll('details[open]').length") == 0
    tab.press("f")
    assert tab.run("document.querySelectorAll('details:not([open])').length") == 0


def test_report_t4_above_2000_rows_the_table_is_paged(tab, tmp_path):
    page = tmp_path / "big.html"
    page.write_text(render_page(whole(patients(110)), Settings()), "utf-8")
    tab.open(page.as_uri())
    assert tab.run(f"{SHOWN}.length") == 200
    tab.click("#after")
    assert tab.run("document.querySelector('#matching').textContent").startswith("201–400 of ")
    # a link goes to the page that has the case
    tab.run("location.hash = '#case-PAT100'")
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert tab.run("!document.getElementById('case-PAT100').hidden")
    # without scripts and on paper all rows stand
    tab.scheme("light", "print")
    assert tab.run(
        "[...document.querySelectorAll('#all tbody tr')].every(r => r.getClientRects().length)"
    )
    tab.scheme("light")
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(page.as_uri())
    tab.send("Emulation.setScriptExecutionDisabled", value=False)
    assert tab.run("document.querySelectorAll('#all tbody tr[hidden]').length") == 0
    assert tab.run("document.querySelector('.filter').hidden")


def test_a_dot_says_which_case_it_is(tab, urls):
    tab.open(urls["fifty_patients"])
    x, y, value = tab.run(
        """(() => {const f = document.querySelector('#every-case figure');
        f.scrollIntoView({block: 'start', behavior: 'instant'});
        const c = f.querySelector('circle.worst'), b = c.getBoundingClientRect();
        return [b.x + b.width / 2, b.y + b.height / 2, c.textContent]})()"""
    )
    tab.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    case, shown = tab.run("document.querySelector('.tip').textContent").split(": ")
    assert value.startswith(f"worst: {case}, ")
    assert float(shown) == pytest.approx(float(value.rpartition(" ")[2]), abs=0.001)


@pytest.mark.parametrize("name", ["fifty_patients", "one_case"])
def test_report_t5_a4_cuts_no_row(tab, urls, name):
    pypdfium2 = pytest.importorskip("pypdfium2")
    tab.open(urls[name])
    rows = tab.run(
        "[...document.querySelectorAll('#all tbody tr, .classes tbody tr')].map(r => "
        "[...r.cells].map(c => c.textContent.trim()).filter(Boolean))"
    )
    tab.scheme("light", "print")
    tab.size(695)  # what A4 leaves between the margins
    assert tab.run("document.documentElement.scrollWidth") <= 695
    avoided = "[...document.querySelectorAll('tr')].every(r => getComputedStyle(r).breakInside"
    assert tab.run(f"{avoided} === 'avoid')")
    tab.scheme("light")
    paper = pypdfium2.PdfDocument(tab.pdf())
    assert paper[0].get_size() == pytest.approx((595, 842), abs=1.5)
    texts = ["".join(page.get_textpage().get_text_range().split()) for page in paper]
    lost = [row for row in rows if not any("".join("".join(row).split()) in t for t in texts)]
    assert lost == []
    # the head stands on every page that has rows
    for page in texts:
        if re.search(r"PAT\d{3}(north|south)[A-Za-z_]+ok[01]\.", page):
            assert "casegroupclassstatusdice" in page


def test_report_t5_a_caption_stays_with_its_picture_on_paper(tab, urls):
    pypdfium2 = pytest.importorskip("pypdfium2")
    tab.open(urls["pictures_of_ct"])
    captions = tab.run("document.querySelectorAll('figure.picture').length")
    assert captions == 4
    paper = pypdfium2.PdfDocument(tab.pdf())
    texts = [page.get_textpage().get_text_range() for page in paper]
    for text in texts:  # each caption has its three planes on its page, and none is without
        pictures = len(re.findall(r"(?m)^\d\. case_\d\d, ", text))
        assert pictures == len(re.findall(r"axial \d+ of \d+", text))
        assert pictures == len(re.findall(r"sagittal \d+ of \d+", text))
    assert sum(len(re.findall(r"axial \d+ of", text)) for text in texts) == captions


def test_report_t5_what_is_wider_than_a_phone_says_so(tab, urls):
    tab.size(390)
    tab.open(urls["fifty_patients"])
    tab.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    tab.run("new Promise(done => setTimeout(done, 120))")
    said = tab.run(
        """[...document.querySelectorAll('.scroll')]
          .map(e => [e.scrollWidth > e.clientWidth + 6,
            e.tabIndex === 0 && e.getAttribute('role') === 'region',
            getComputedStyle(e, '::before').content.includes('scroll')])"""
    )
    assert any(wide for wide, _, _ in said)
    assert all(reached for _, reached, _ in said)
    assert [wide for wide, _, _ in said] == [hint for _, _, hint in said]
    chart = "document.querySelector('#every-case .scroll')"
    assert "→" in tab.run(f"getComputedStyle({chart}, '::before').content")
    tab.run(f"{chart}.scrollLeft = 9999")
    tab.run("new Promise(done => setTimeout(done, 60))")
    assert "←" in tab.run(f"getComputedStyle({chart}, '::before').content")
    # what a row is of stays in sight
    place = "#classes .scroll tbody th"
    tab.run("document.querySelector('#classes .scroll').scrollLeft = 120")
    assert tab.run(f"document.querySelector('{place}').getBoundingClientRect().left >= 0")
    tab.size(1280)
    tab.run("new Promise(done => setTimeout(done, 60))")
    assert tab.run(f"!{chart}.classList.contains('wide')")


def test_report_t5_what_was_not_scrolled_hides_nothing_at_its_left(tab, urls):
    tab.open(urls["fifty_patients"])
    part = "document.querySelector('#classes .scroll')"
    for over in range(10):
        tab.run(f"{part}.firstElementChild.style.width = {part}.clientWidth + {over} + 'px'")
        tab.run("new Promise(done => setTimeout(done, 60))")
        assert tab.run(f"{part}.scrollWidth - {part}.clientWidth") == over
        tab.run(f"{part}.dispatchEvent(new Event('scroll'))")
        assert tab.run(f"[...{part}.classList].includes('wide')") == (over > 6)
        assert not tab.run(f"{part}.classList.contains('wide') && {part}.matches('.end')"), over


@axe_core
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PAGES, "pictures_of_ct", "models"])
def test_report_t5_axe_finds_nothing_serious(tab, urls, name, scheme):
    tab.scheme(scheme)
    tab.open(urls[name])
    # one row of a table is like the next: rules are asked of the first of each
    tab.run("for (const r of document.querySelectorAll('tbody tr:nth-child(n+9)')) r.remove()")
    tab.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    tab.run(AXE.read_text("utf-8") + "; 0")
    found = json.loads(
        tab.run(
            "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify("
            "r.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html"
            ".slice(0, 160) + ' ' + n.failureSummary.slice(0, 300))])))"
        )
    )
    assert [one for one in found if one[0] in SERIOUS] == []
