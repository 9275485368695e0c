"""One name, one meaning: types and public functions that several modules define are counted.

A reader's `claims` and `read`, a writer's and a report's `write` and an engine's `run` are
contracts: every module of the kind has one.
"""

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "segeval"
CONTRACTS = {"claims", "read", "write", "run"}
ONE_WORD_SHARE = 0.26  # of all functions; it was 0.64


def definitions():
    """Every module's tree."""
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


TREES = definitions()


def shared(kind):
    """The names that several modules give to something of this kind."""
    places = defaultdict(set)
    for path, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, kind):
                places[node.name].add(path.relative_to(PACKAGE).as_posix())
    return {name: sorted(where) for name, where in places.items() if len(where) > 1}


def test_a_type_has_one_meaning():
    assert shared(ast.ClassDef) == {}


def test_a_function_has_one_meaning():
    found = {name for name in shared(ast.FunctionDef) if not name.startswith("_")}
    assert found - CONTRACTS == set(), "names of several meanings"


def test_few_functions_have_a_name_of_one_word():
    names = [
        node.name.strip("_")
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("__")
    ]
    short = sum("_" not in name for name in names)
    assert short / len(names) < ONE_WORD_SHARE
