"""A rule id in a comment, a test or a page leads somewhere: the rules stand in docs/rules."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "docs" / "rules"
ID = r"[A-Z]\d{1,2}"
# Ids that follow the first of their page: `LAYOUTS-L2, L3 and L8`.
NAMED = re.compile(rf"\b([A-Z]{{3,}})-({ID}(?:(?:, | and | to ){ID}\b)*)(?![\w-])")
BARE = re.compile(rf"\((?:rules? )?{ID}(?:(?:, | and | to ){ID})*[):;]")


def rules():
    """The ids of every page."""
    found = {}
    for path in RULES.glob("*.md"):
        for page, number in re.findall(rf"\*\*([A-Z]+)-({ID})\*\*", path.read_text("utf-8")):
            found.setdefault(page, set()).add(number)
    return found


KNOWN = rules()
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for folder, pattern in (("segeval", "*.py"), ("tests", "*.py"), ("docs", "*.md"))
    for path in sorted((ROOT / folder).rglob(pattern))
}


def test_a_rule_stands_on_the_page_that_it_names():
    for path in RULES.glob("*.md"):
        pages = {page for page, _ in re.findall(rf"\*\*([A-Z]+)-({ID})\*\*", path.read_text())}
        assert pages <= {path.stem.upper()}
    assert set(KNOWN) == {"ACCOUNT", "CLI", "DICOM", "INSTANCES", "LAYOUTS", "REPORT", "SURFACE"}
    assert min(map(len, KNOWN.values())) >= 11


@pytest.mark.parametrize("name", TEXTS)
def test_a_rule_that_is_named_is_there(name):
    lost = [
        f"{page}-{number}"
        for page, numbers in NAMED.findall(TEXTS[name])
        if page in KNOWN
        for number in re.findall(ID, numbers)
        if number not in KNOWN[page]
    ]
    assert lost == []


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("segeval")])
def test_a_rule_is_named_with_its_page(name):
    assert BARE.findall(TEXTS[name]) == []


@pytest.mark.parametrize("page", KNOWN)
def test_links_between_the_rules_lead_somewhere(page):
    text = (RULES / f"{page.lower()}.md").read_text("utf-8")
    for target, anchor in re.findall(r"\]\((\w+)\.md(?:#(\w+))?\)", text):
        assert (RULES / f"{target}.md").exists()
        assert not anchor or anchor in KNOWN[target.upper()]


def account_tests():
    """Functions of tests that are named after a rule of the account, by its number."""
    found = {}
    for name, text in TEXTS.items():
        if not name.startswith("tests/"):
            continue
        told = "ACCOUNT-A" in text  # there `test_a13_…` is of the account too
        for page, number in re.findall(r"^def test_(account_)?a(\d{1,2})_", text, re.M):
            if page or told:
                found.setdefault(int(number), []).append(name)
        whole = re.match(r'"""ACCOUNT-A(\d{1,2}):', text)
        if whole:
            found.setdefault(int(whole[1]), []).append(name)
    return found


@pytest.mark.parametrize("number", range(1, 38))
def test_each_rule_of_the_account_has_tests_that_name_it(number):
    assert account_tests().get(number), f"no test is named after ACCOUNT-A{number}"
