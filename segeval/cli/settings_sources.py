"""Where each choice comes from: option, then SEGEVAL_* variable, file, preset, default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from segeval.classes.class_list import ClassDef, ClassList
from segeval.cli.choices import CHOICES, similar_words
from segeval.cli.files import (
    SettingsFile,
    SettingsLayer,
    SettingValue,
    find_settings_file,
    load_preset,
    load_settings_file,
    make_settings_layer,
)
from segeval.cli.values import read_choice, split_words, value_type
from segeval.request.settings import Settings, map_aliases
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import replace

NOTHING = SettingValue(None, "default")
PREFIX = "SEGEVAL_"
VARIABLES = {choice.variable: choice for choice in CHOICES.values()}


class LeftOutRules(NamedTuple):
    """Rules of a settings file that are not judged.

    rules  as they are written
    place  the file
    """

    rules: tuple[str, ...] = ()
    place: str = ""

    @property
    def words(self) -> str:
        """What the closing line of the verdicts says of them; empty without any."""
        many = len(self.rules)
        return f"; {many} of {self.place} left out by --only-gates" if many else ""


class ResolvedSettings(NamedTuple):
    """The settings of a run and the origin of each field.

    left_out  the rules of files that `--only-gates` leaves out
    """

    settings: Settings
    origins: Mapping[str, str]
    notes: tuple[Note, ...] = ()
    left_out: LeftOutRules = LeftOutRules()


class CommandLineRequest(NamedTuple):
    """What the command line itself says.

    options   field -> what was typed, only for options that were given
    config    the file of -c; "" searches upwards
    isolated  no file at all
    """

    options: Mapping[str, Any]
    config: str = ""
    isolated: bool = False


def resolve_settings(
    request: CommandLineRequest, environment: Mapping[str, str], folder: Path
) -> ResolvedSettings:
    """The settings of a run. Raises RequestError."""
    asked = {
        field: SettingValue(
            read_choice(CHOICES[field], raw, CHOICES[field].option), CHOICES[field].option
        )
        for field, raw in request.options.items()
    }
    file = choose_settings_file(request, folder)
    layers = [asked, environment_layer(environment), make_settings_layer(file) if file else {}]
    name = first_setting(layers, "preset") or SettingValue(CHOICES["preset"].default, "default")
    layers.append(make_settings_layer(load_preset(name.value, name.origin)))
    chosen = {f: given for f in CHOICES if (given := first_setting(layers, f)) is not None}
    listed = first_setting(layers[2:], "classes")
    if "classes" in asked and listed is not None:
        picked = pick_classes(listed.value, asked["classes"].value)
        chosen["classes"] = chosen["classes"]._replace(value=picked)
    gates, left_out = join_gates(layers, bool(chosen.get("only_gates", NOTHING).value))
    if gates is not None:
        chosen["gates"] = gates
    origins = {f: chosen[f].origin if f in chosen else "default" for f in CHOICES}
    settings = map_aliases(Settings(**{f: given.value for f, given in chosen.items()}))
    return ResolvedSettings(settings, origins, warn_unknown_variables(environment), left_out)


def join_gates(layers: list[SettingsLayer], only: bool) -> tuple[SettingValue | None, LeftOutRules]:
    """The rules of all layers, for rules add up (ACCOUNT-A35); and those that are left out.

    only  leave out those of files
    Raises RequestError where nothing is left to be judged.
    """
    typed, filed = layers[:2], layers[2:]
    kept = [layer["gates"] for layer in ([] if only else filed) + typed[::-1] if "gates" in layer]
    rules = tuple(dict.fromkeys(gate for given in kept for gate in given.value))
    gone = [given for layer in filed if only and (given := layer.get("gates"))]
    if only and not rules:
        message = "--only-gates and no --gate: nothing would be judged"
        raise RequestError(message, help="add --gate dice=0.85, or leave --only-gates out")
    place = gone[0].origin.rpartition(":")[0] if gone else ""
    left_out = LeftOutRules(tuple(str(gate) for given in gone for gate in given.value), place)
    return (SettingValue(rules, kept[0].origin) if kept else None), left_out


def first_setting(layers: list[SettingsLayer], field: str) -> SettingValue | None:
    """What the first layer that has the field says."""
    return next((given[field] for given in layers if field in given), None)


def choose_settings_file(request: CommandLineRequest, folder: Path) -> SettingsFile | None:
    """The file that the request names or the nearest one. Raises RequestError."""
    if request.isolated and request.config:
        raise RequestError("--isolated reads no file and -c names one", help="leave one out")
    if request.isolated:
        return None
    if not request.config:
        return find_settings_file(folder)
    file = load_settings_file(Path(request.config))
    if file is None:
        raise RequestError("there is no [tool.segeval] in the file", where=request.config)
    return file


def environment_layer(environment: Mapping[str, str]) -> SettingsLayer:
    """The values of SEGEVAL_* variables; an empty one is none. Raises RequestError."""
    given: SettingsLayer = {}
    for variable, choice in VARIABLES.items():
        text = environment.get(variable, "")
        if text:
            raw = split_words(text) if value_type(choice).many else text
            given[choice.field] = SettingValue(read_choice(choice, raw, variable), variable)
    return given


def warn_unknown_variables(environment: Mapping[str, str]) -> tuple[Note, ...]:
    """A warning for each SEGEVAL_* variable that means nothing."""
    notes = []
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in VARIABLES:
            near = similar_words(variable, VARIABLES)
            hint = f"; did you mean {near[0]}?" if near else ""
            notes.append(
                Note("W-unknown-variable", f"{variable} means nothing{hint}", "environment")
            )
    return tuple(notes)


def pick_classes(known: ClassList, wanted: ClassList) -> ClassList:
    """The classes that --classes selects keep what a settings file says of them."""
    of_file = {c.name: c for c in known.described}
    if not wanted.select:
        names = frozenset(wanted.names)
        return wanted.describe(tuple(c for c in known.described if c.name in names))
    classes = tuple(of_file.get(name, ClassDef(name)) for name in wanted.names)
    select = all(c.labels is None and c.colour is None for c in classes)
    return replace(known, classes=classes, select=select, only=True, remarks=())
