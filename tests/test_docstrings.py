"""A public function says in its docstring what each of its parameters is (DESIGN.md, names)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "segeval"
# Rooms in which every parameter is explained; a room that is finished is added, none is taken out.
COMPLETE = ("kernels",)
NAMES = re.compile(r"\w+")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """Functions of a module and methods of its classes whose names do not begin with _."""
    for node in tree.body:
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        if isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            continue
        for one in within:
            if isinstance(one, Function) and not one.name.startswith("_"):
                yield one


def unexplained(function: Function) -> list[str]:
    """The parameters that the docstring does not name."""
    a = function.args
    names = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    said = set(NAMES.findall(ast.get_docstring(function) or ""))
    return [name for name in names if name not in ("self", "cls") and name not in said]


def names_by_file() -> dict[Path, set[str]]:
    return {path: set(NAMES.findall(path.read_text())) for path in SOURCE.rglob("*.py")}


def _used_elsewhere(name: str, path: Path, words: dict[Path, set[str]]) -> bool:
    return any(name in said for other, said in words.items() if other != path)


def test_every_public_function_has_a_docstring() -> None:
    missing = [
        f"{path.relative_to(SOURCE)}: {function.name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for function in public_functions(ast.parse(path.read_text()))
        if not ast.get_docstring(function)
    ]
    assert not missing


@pytest.mark.parametrize("room", COMPLETE)
def test_docstrings_name_every_parameter(room: str) -> None:
    """Of the functions that other modules use; a module may know its own."""
    words = names_by_file()
    missing = [
        f"{path.relative_to(SOURCE)}: {function.name}: {', '.join(names)}"
        for path in sorted((SOURCE / room).rglob("*.py"))
        for function in public_functions(ast.parse(path.read_text()))
        if (names := unexplained(function)) and _used_elsewhere(function.name, path, words)
    ]
    assert not missing, "\n".join(missing)


def test_a_parameter_without_a_word_is_found() -> None:
    tree = ast.parse('def draw(mask, at):\n    """Draw a mask.\n\n    mask  bool\n    """')
    assert [unexplained(function) for function in public_functions(tree)] == [["at"]]
