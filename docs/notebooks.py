"""The notebooks, run: python docs/refresh.py writes them with what their cells print.

A notebook is a script of cells (`# %%`) in docs/notebooks. Scripts are what is edited, reviewed and
linted; the .ipynb beside each is made from it by running it here, without a kernel, so no further
library is needed, and the tests fail where a notebook is not what its script gives.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "notebooks"


def notebook_texts() -> dict[Path, str]:
    """The text of every notebook by its path."""
    return {path.with_suffix(".ipynb"): run_notebook(path) for path in sorted(FOLDER.glob("*.py"))}


def run_notebook(path: Path) -> str:
    """A script run cell by cell, as the text of a notebook."""
    cells, names = [], {"__name__": "__main__"}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sample_data").symlink_to(ROOT / "sample_data")
        os.chdir(folder)
        try:
            for number, (kind, source) in enumerate(cells_of(path.read_text("utf-8")), 1):
                cells.append(cell_json(number, kind, source, names))
        finally:
            os.chdir(before)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def cells_of(script: str) -> Iterator[tuple[str, str]]:
    """Kind and source of every cell of a script."""
    for part in re.split(r"^# %%", script, flags=re.MULTILINE)[1:]:
        head, _, source = part.partition("\n")
        if "markdown" in head:
            lines = [re.sub(r"\A# ?", "", line) for line in source.strip().splitlines()]
            yield "markdown", "\n".join(lines)
        else:
            yield "code", source.strip()


def cell_json(number: int, kind: str, source: str, names: dict[str, Any]) -> dict[str, Any]:
    """A cell, of code with what it gives."""
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    cell["source"] = source.splitlines(keepends=True)
    if kind == "code":
        cell |= {"execution_count": number, "outputs": list(outputs_of(source, names, number))}
    return cell


def outputs_of(source: str, names: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """What a cell prints, and the value of its last line. Warnings are errors."""
    tree = ast.parse(source)
    last = tree.body[-1]
    expression = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
    body = ast.Module(tree.body[:-1] if expression else tree.body, [])
    value, printed = None, io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(body, f"cell {number}", "exec"), names)
        if expression is not None:
            value = eval(compile(expression, f"cell {number}", "eval"), names)
    if text := printed.getvalue():
        lines = [f"{line.rstrip()}\n" for line in text.splitlines()]
        yield {"output_type": "stream", "name": "stdout", "text": lines}
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = value._repr_html_().splitlines(keepends=True)
        result = {"data": data, "metadata": {}, "execution_count": number}
        yield {"output_type": "execute_result", **result}
