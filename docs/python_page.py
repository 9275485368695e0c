"""The page of the Python face, made of its docstrings: docs/python.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADS = Path(__file__).parent / "heads"
HEAD = (HEADS / "python.txt").read_text("utf-8")


def python_page() -> str:
    """The whole page."""
    import segeval
    from segeval.gates.verdict import Judgement
    from segeval.reports.comparison import ModelComparison
    from segeval.scorecard.card import CaseResult, Row, Statistic

    functions = (segeval.score, segeval.load, segeval.gate, segeval.compare)
    values = (segeval.Scorecard, CaseResult, Row, Statistic, Judgement, ModelComparison)
    parts = [HEAD, "## Functions\n"]
    parts += [line for one in functions for line in function_lines(f"segeval.{one.__name__}", one)]
    parts += class_lines("segeval.Evaluator", segeval.Evaluator)
    for one in values:
        shown = "segeval.Scorecard" if one is segeval.Scorecard else one.__name__
        parts += class_lines(shown, one)
    return "\n".join([*parts, *settings_lines()]).rstrip() + "\n"


def function_lines(name: str, function: Any, level: int = 3) -> Iterator[str]:
    """Heading, signature and docstring of a function."""
    yield f"{'#' * level} `{name}`\n"
    yield "```python"
    yield signature_text(name.rpartition(".")[2], function)
    yield "```\n"
    yield text_block(function)


def signature_text(name: str, function: Any) -> str:
    """The signature, a line a parameter where they are many."""
    whole = inspect.signature(function)
    own = [p for p in whole.parameters.values() if p.name != "self"]
    parts, before = [], None
    for one in own:
        if one.kind is one.KEYWORD_ONLY and before not in (one.KEYWORD_ONLY, one.VAR_POSITIONAL):
            parts.append("*")
        before = one.kind
        parts.append(parameter_text(one))
    returned = "" if whole.return_annotation is whole.empty else f" -> {whole.return_annotation}"
    returned = returned.replace("'", "")
    line = f"{name}({', '.join(parts)}){returned}"
    if len(line) <= 88:
        return line
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){returned}"])


def parameter_text(one: inspect.Parameter) -> str:
    """A parameter with its type and default, as the source has them."""
    star = "*" if one.kind is one.VAR_POSITIONAL else ""
    kind = "" if one.annotation is one.empty else f": {one.annotation}"
    default = "" if one.default is one.empty else f" = {one.default!r}"
    return f"{star}{one.name}{kind}{default}"


def text_block(one: Any) -> str:
    """A docstring as it stands."""
    doc = inspect.getdoc(one) or ""
    return f"```text\n{doc.strip()}\n```\n"


def class_lines(name: str, cls: Any) -> Iterator[str]:
    """Heading and docstring of a class, then its methods and properties."""
    yield f"## `{name}`\n"
    yield text_block(cls)
    if "__init__" in vars(cls) and (vars(cls)["__init__"].__doc__ or "") and name != "Row":
        init = vars(cls)["__init__"]
        if getattr(init, "__module__", "").startswith("segeval.api"):
            yield from function_lines(name, init)
    for key, member in vars(cls).items():
        if key.startswith("_") or not (inspect.isfunction(member) or isinstance(member, property)):
            continue
        if isinstance(member, property):
            yield f"### `{key}`\n"
            yield text_block(member)
        else:
            yield from function_lines(key, member)


def settings_lines() -> Iterator[str]:
    """The fields of Settings: what each may be and what it does."""
    import segeval
    from segeval.runtime.frozen import fields

    yield "## `segeval.Settings`\n"
    yield "Every choice of a run in one frozen value; those of `segeval.score` and more.\n"
    yield "| choice | of | default | is |\n|---|---|---|---|"
    for field in fields(segeval.Settings):
        words = " ".join(f"`{word}`" for word in field.metadata["form"].words)
        kind = words or f"`{field.type}`".replace("|", "\\|")
        shown = "" if field.name == "classes" else f"`{field.default!r}`"
        said = field.metadata["help"].replace("|", "\\|").replace("*", "\\*")
        yield f"| `{field.name}` | {kind} | {shown} | {said} |"


CLASSES_HEAD = (HEADS / "classes.txt").read_text("utf-8")
FILES_TAIL = (HEADS / "class_files.txt").read_text("utf-8")


def classes_page() -> str:
    """The lists that ship, and the files that are read."""
    import tomllib

    from segeval.classes.shipped_lists import FOLDER, list_source, shipped_list_names

    rows = []
    for name in shipped_list_names():
        content = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        values = [row[0] if isinstance(row[0], list) else [row[0]] for row in content["classes"]]
        every = sorted({value for some in values for value in some})
        left = content.get("ignored", [])
        rows.append(
            f"| `{name}` | {len(values)} | {every[0]} to {every[-1]} "
            f"| {', '.join(map(str, left))} | {' '.join(list_source(name))} |"
        )
    return CLASSES_HEAD + "\n".join(rows) + "\n" + FILES_TAIL
