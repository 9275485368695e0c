"""Settings files: found upwards from the working directory, read, and answered with line numbers.

    segeval.toml                      keys at the top
    pyproject.toml                    keys in [tool.segeval]
    [classes.NAME]                    label or labels, color, aliases, tolerance, union, gates
    [gates]                           "Heart/hd95.worst" = "5mm"
    [baseline]                        file, policy, tolerance = { dice = 0.01 }, adjust

The nearest file wins. Nothing is read from the home directory: a laptop and a CI run must agree.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from segeval.cli.choices import CHOICES, Choice, misspelling_error
from segeval.cli.values import read_choice
from segeval.readers.remote_files import is_url
from segeval.request.grammar import Gate
from segeval.request.presets import read_preset
from segeval.runtime.errors import RequestError
from segeval.runtime.file_state import refuse_device

NAMES = ("segeval.toml", "pyproject.toml")
DEEPEST = 16  # parts of a key that anything asks the place of
LONGEST = 1 << 20  # letters of a settings file; the parser takes seconds for a megabyte
MOST_DOTS = 1000  # of one key; the time that the parser takes goes with their square
BETWEEN_KEYS = re.compile(r"[\n,=\[\]{}#]")
PRESETS = Path(__file__).parents[1] / "data" / "presets"
# What a pyproject.toml with a table of ours holds somewhere; many others name the package alone.
TABLE = r"""(?m)^\s*\[?\s*["']?tool["']?\s*(\]|=|\.\s*["']?segeval)"""
KEYS = {choice.key: choice for choice in CHOICES.values()}
# Keys of the table [baseline] and the choices that they are.
OF_BASELINE = {
    "file": "baseline",
    "policy": "policy",
    "tolerance": "baseline_tolerance",
    "adjust": "adjust",
    "allow-different-settings": "allow_different_settings",
    "allow-different-cases": "allow_different_cases",
}


class SettingValue(NamedTuple):
    """A value and where it comes from: `--digits`, `SEGEVAL_DIGITS`, `segeval.toml:3`."""

    value: Any
    origin: str


SettingsLayer = dict[str, SettingValue]


class SettingsFile(NamedTuple):
    """The keys of a settings file.

    above   names of the tables that the keys stand in
    preset  name, where the file is a preset of the package
    """

    path: Path
    text: str
    content: Mapping[str, Any]
    above: tuple[str, ...] = ()
    preset: str = ""

    def where(self, *key: str) -> str:
        """The place of a key, for messages and for `segeval config`."""
        if self.preset:
            return f"preset {self.preset}"
        line = find_key_line(self.text, (*self.above, *key))
        return f"{shorten_path(self.path)}:{line}" if line else shorten_path(self.path)


def find_settings_file(folder: Path) -> SettingsFile | None:
    """The settings file of a folder or of the nearest one above it that has one."""
    for above in (folder, *folder.parents):
        for name in NAMES:
            path = above / name
            if path.is_file() and (found := load_settings_file(path)) is not None:
                return found
    return None


def load_settings_file(path: Path) -> SettingsFile | None:
    """Read a settings file; None for a pyproject.toml without our table. Raises RequestError."""
    try:
        refuse_device(path)
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is not UTF-8"
        raise RequestError(
            f"the settings cannot be read: {why}", where=shorten_path(path)
        ) from problem
    project = path.name == "pyproject.toml"
    if project and not re.search(TABLE, text):  # do not pay for a parser to learn that
        return None
    content = parse_toml(text, shorten_path(path))
    if not project:
        return SettingsFile(path, text, content)
    tool = content.get("tool", {}).get("segeval")
    return None if tool is None else SettingsFile(path, text, tool, ("tool", "segeval"))


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The content of TOML text. Raises RequestError."""
    import tomllib

    if len(text) > LONGEST:
        raise RequestError(f"a settings file has at most {LONGEST} letters", where=where)
    if any(part.count(".") > MOST_DOTS for part in BETWEEN_KEYS.split(text)):
        raise RequestError(f"not TOML: a key of more than {MOST_DOTS} parts", where=where)
    try:
        return tomllib.loads(text)
    except RecursionError as problem:
        raise RequestError("not TOML: it is nested too deeply", where=where) from problem
    except ValueError as problem:  # TOMLDecodeError is one, and so is a number of 5000 digits
        raise RequestError(f"not TOML: {problem}", where=where) from problem


def load_preset(name: str, where: str) -> SettingsFile:
    """A preset of the package. Raises RequestError."""
    path = PRESETS / f"{name}.toml"
    if name not in preset_names():
        message = f"there is no preset {name!r}"
        problem = misspelling_error(message, name, preset_names())
        help = problem.help or f"there are {', '.join(preset_names())}"
        raise RequestError(message, where=where, help=help)
    text = path.read_text("utf-8")
    return SettingsFile(path, text, read_preset(text), preset=name)


def preset_names() -> list[str]:
    """The presets of the package."""
    return sorted(name.removesuffix(".toml") for name in os.listdir(PRESETS))


def make_settings_layer(file: SettingsFile) -> SettingsLayer:
    """The values of a settings file. Raises RequestError for a key that does not exist."""
    given: SettingsLayer = {}
    gates: list[Gate] = []
    if any(isinstance(raw, Mapping) for raw in file.content.values()):
        from segeval.cli.tables import read_class_tables, read_gate_table
    for key, raw in file.content.items():
        choice = _find_choice(key, file)
        where = file.where(key)
        if isinstance(raw, Mapping) and choice.field == "classes":
            value, of_classes = read_class_tables(raw, lambda *k: file.where("classes", *k))
            gates += of_classes
        elif isinstance(raw, Mapping) and choice.field == "gates":
            gates += read_gate_table(raw, "", lambda *k: file.where("gates", *k))
            continue
        elif isinstance(raw, Mapping) and choice.field == "baseline":
            given |= read_baseline_table(raw, file)
            continue
        else:
            value = read_choice(choice, resolve_setting_path(choice, raw, file.path.parent), where)
        given[choice.field] = SettingValue(value, where)
    if gates:
        given["gates"] = SettingValue(tuple(gates), file.where("gates"))
    return given


def read_baseline_table(raw: Mapping[str, Any], file: SettingsFile) -> SettingsLayer:
    """The keys of [baseline]. Raises RequestError."""
    given: SettingsLayer = {}
    for key, part in raw.items():
        where = file.where("baseline", key)
        choice = CHOICES.get(OF_BASELINE.get(key, ""))
        if choice is None:
            problem = misspelling_error(f"unknown key {key!r} of the baseline", key, OF_BASELINE)
            help = problem.help or f"there are {', '.join(OF_BASELINE)}"
            raise RequestError(problem.message, where=where, help=help)
        if isinstance(part, Mapping) and key == "tolerance":
            from segeval.cli.tables import read_gate_table

            value: Any = tuple(
                read_gate_table(part, "", lambda *k: file.where("baseline", "tolerance", *k))
            )
        else:
            value = read_choice(choice, resolve_setting_path(choice, part, file.path.parent), where)
        given[choice.field] = SettingValue(value, where)
    return given


def _find_choice(key: str, file: SettingsFile) -> Choice:
    choice = KEYS.get(key.replace("_", "-"))  # result files have the names of the fields
    if choice is not None:
        return choice
    problem = misspelling_error(f"unknown key {key!r}", key.replace("_", "-"), KEYS)
    inside = key == "tool" and not file.above
    help = "in this file the keys stand at the top, without [tool.segeval]" if inside else ""
    raise RequestError(problem.message, where=file.where(key), help=help or problem.help)


def resolve_setting_path(choice: Choice, raw: Any, folder: Path) -> Any:
    """A path in a file is relative to that file; a word that is no path stays as it is."""
    if not choice.form.path:
        return raw
    if isinstance(raw, list):
        return [resolve_setting_path(choice, word, folder) for word in raw]
    if not isinstance(raw, str) or not _is_path_value(choice, raw):
        return raw
    prefix, path = re.match(r"([a-z-]{2,}:)?(.*)", raw, re.DOTALL).groups("")  # type: ignore[union-attr]
    if choice.field != "output":
        prefix, path = "", raw
    return prefix + os.path.normpath(os.path.join(os.path.relpath(folder), path))


def _is_path_value(choice: Choice, raw: str) -> bool:
    if choice.field == "classes":
        return raw.lower().endswith(".json")
    if choice.field == "resample":
        return raw not in ("never", "gt", "pred", "union", "image")
    if choice.type == "LabelTable":
        return raw.lower().endswith((".csv", ".tsv", ".txt", ".json"))
    return raw not in ("", "-") and not is_url(raw)


def shorten_path(path: Path) -> str:
    """A path as short as it is from the working directory."""
    short = os.path.relpath(path)
    return short if len(short) < len(str(path)) else str(path)


def find_key_line(text: str, key: tuple[str, ...]) -> int:
    """The line of a key in TOML text, counted from 1; 0 where it is not found."""
    return list_key_lines(text).get(key, 0)


@lru_cache(4)
def list_key_lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The first line of each key in TOML text, and of each table that it stands in."""
    table: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+(.*?)\]+\s*(?:#.*)?$", line):
            table = split_dotted_key(header[1])
            found = table
        elif pair := re.match(r"""\s*((?:"[^"]*"|'[^']*'|[\w.\s-])+)=""", line):
            found = (*table, *split_dotted_key(pair[1]))
        else:
            continue
        for length in range(min(len(found), DEEPEST) + 1):
            lines.setdefault(found[:length], number)
    return lines


def split_dotted_key(text: str) -> tuple[str, ...]:
    """The parts of a dotted TOML key, without quotes."""
    parts: list[tuple[str, str, str]] = re.findall(r"""(?:"([^"]*)"|'([^']*)'|([\w-]+))""", text)
    return tuple(double or single or bare for double, single, bare in parts)
