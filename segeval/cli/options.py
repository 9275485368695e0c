"""Options made from the fields of Settings, and a command whose help shows them in groups."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from textwrap import shorten as cut_words
from textwrap import wrap as wrap_text
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.choices import CHOICES, Choice
from segeval.cli.main import CONTEXT, HELP
from segeval.cli.settings_sources import CommandLineRequest, ResolvedSettings, resolve_settings
from segeval.cli.values import format_size, value_type

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# In the order of the help: what most runs use first.
GROUPS = ("metrics", "output", "gate", "inputs", "contours", "performance")
OPTION_WIDTH = 24  # columns of the short help for the name of an option
SHORT_WIDTH = 80
CommandFunction = Callable[[Mapping[str, Any]], int]


class PathOrUrl(click.ParamType):  # type: ignore[type-arg]
    """A path or a URL. click.Path() would load `locale` for its name, and ask for each file."""

    name = "path"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave the names of files to the shell."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


PATH_OR_URL = PathOrUrl()


class GroupedOption(click.Option):
    """An option with the heading under which the help shows it."""

    group = "other"
    left = ""  # how it is written, where click's own form is too long

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The two columns of the help."""
        record = super().get_help_record(ctx)
        return (self.left, record[1]) if record and self.left else record


class Command(click.Command):
    """A command that shows examples first and options in groups, and answers with a status."""

    def __init__(
        self,
        name: str,
        run: CommandFunction,
        params: Sequence[click.Parameter],
        examples: Sequence[str],
        common: Sequence[str] = (),
    ) -> None:
        purpose, _, more = cleandoc(run.__doc__ or "").partition("\n\n")
        super().__init__(
            name, params=[*params, *HELP], help=purpose, epilog=more, context_settings=dict(CONTEXT)
        )
        self.run = run
        self.examples = examples
        self.common = common

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an option of one value that is given twice is an error.

        Rule ACCOUNT-A6.
        """
        words = [word.partition("=")[0] for word in args if word.startswith("-")]
        if len(words) == len(set(words)) and all(word.startswith("--") for word in words):
            return super().parse_args(ctx, args)  # parsing twice takes 5 ms
        order = self.make_parser(ctx).parse_args(list(args))[2]
        given = [p for p in order if isinstance(p, click.Option)]
        for option in given:
            single = not (option.multiple or option.count or option.is_flag)
            if single and given.count(option) > 1:
                from segeval.runtime.errors import RequestError

                name = max(option.opts, key=len)
                raise RequestError(
                    f"{name} is given twice and takes one value", help=f"leave one {name} out"
                )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> int:
        """Run it."""
        return self.run(ctx.params)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The purpose, then examples that run as they stand."""
        super().format_help_text(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write("".join(f"  {example}\n" for example in self.examples))

    def short_text(self, ctx: click.Context) -> str:
        """What it does, three examples and the options that most runs use: a screen of 80 x 24."""
        every = [p for p in self.params if isinstance(p, click.Option) and p not in HELP]
        shown = [p for p in every if not self.common or p.name in self.common]
        if self.common:
            shown.sort(key=lambda option: self.common.index(option.name or ""))
        rest = "" if len(shown) == len(every) else f" (all {len(every)}: {ctx.command_path} --help)"
        arguments = "".join(f" {p.make_metavar(ctx)}" for p in self.params if not _is_option(p))
        return "\n".join(
            [
                f"Usage: {ctx.command_path}{arguments} [OPTIONS]",
                *wrap_text(self.help or "", SHORT_WIDTH),
                "",
                *(f"  {example}" for example in self.examples),
                *(["", f"Options{rest}:"] if shown else []),
                *(_short_option_line(option) for option in shown),
            ]
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options under their headings."""
        groups: dict[str, list[tuple[str, str]]] = {}
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        for option in options:
            record = option.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(option, "group", "other"), []).append(record)
        for group, records in sorted(groups.items(), key=lambda item: _group_place(item[0])):
            with formatter.section(group.capitalize()):
                formatter.write_dl(records, col_max=28)
        if any(group in GROUPS for group in groups):
            formatter.write(SETTINGS_TEXT)


# Said once, and not on every line.
SETTINGS_TEXT = """
An option --some-name can also be set as `some-name = …` in segeval.toml, or by the environment
variable SEGEVAL_SOME_NAME; `segeval config` shows what is in force and where it comes from.
"""


def _group_place(group: str) -> int:
    """The place of a heading in the help."""
    return GROUPS.index(group) if group in GROUPS else len(GROUPS) + (group == "other")


def _is_option(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option)


def _short_option_line(option: click.Option) -> str:
    """An option on one line of the short help."""
    name = ", ".join(option.opts[:2])
    value = "" if option.is_flag or option.count else f" {option.metavar or 'VALUE'}"
    text = (option.help or "").partition("  [")[0]
    left = f"  {name}{value}"
    return cut_words(f"{left:<{OPTION_WIDTH}}  ".replace(" ", "\0") + text, SHORT_WIDTH,
                     placeholder=" …").replace("\0", " ")  # fmt: skip


def settings_options(
    groups: Iterable[str] = GROUPS, also: Iterable[str] = ()
) -> list[GroupedOption]:
    """The options of some groups of fields, of some other fields, and of the settings file."""
    fields = [c for g in groups for c in CHOICES.values() if c.group == g]
    fields += [CHOICES[name] for name in also]
    return [*(_make_option(choice) for choice in fields), *settings_file_options()]


def _make_option(choice: Choice) -> GroupedOption:
    letter = [f"-{choice.form.letter}"] if choice.form.letter else []
    count = choice.field == "verbose"
    both = choice.flag and not choice.key.startswith("no-")
    long = f"{choice.option}/--no-{choice.key}" if both else choice.option
    option = GroupedOption(
        [*letter, long, choice.field],
        is_flag=choice.flag,
        count=count,
        multiple=value_type(choice).many,
        default=None,
        type=None if choice.flag or count else PATH_OR_URL if choice.form.path else click.STRING,
        metavar=None if choice.flag or count else _value_word(choice),
        help=_help_text(choice),
        shell_complete=_make_completion(choice),
    )
    option.group = choice.group
    if both:
        option.left = ", ".join([*letter, f"--[no-]{choice.key}"])
    return option


def _value_word(choice: Choice) -> str:
    plain = {"int": "N", "int | None": "N", "float": "P"}
    return choice.form.word or plain.get(choice.type, "WORD")


def _help_text(choice: Choice) -> str:
    words = f": {', '.join(choice.form.words)}" if choice.form.words else ""
    default = _default_text(choice)
    return f"{choice.help}{words}" + (f"  [default: {default}]" if default else "")


def _default_text(choice: Choice) -> str:
    """The default in words; "" where there is nothing to say."""
    if choice.field == "metrics":
        return "those of the preset"
    if choice.form.word == "SIZE" and isinstance(choice.default, int):
        return format_size(choice.default)
    if choice.flag:
        return "on" if choice.default else "off"
    return (
        "" if value_type(choice).many or choice.default in (None, "", ()) else str(choice.default)
    )


def _make_completion(
    choice: Choice,
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]] | None:
    """What the shell offers for a value; None: what click offers for the type."""
    if choice.field == "metrics":
        return complete_metric_names
    if choice.field == "preset":
        return _complete_preset_names
    words = choice.form.words
    if not words:
        return None
    return lambda _ctx, _parameter, typed: _completion_items(words, typed)


def _completion_items(words: Iterable[str], typed: str, before: str = "") -> list[CompletionItem]:
    """The words that begin as typed, after what stands before them already."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(before + word) for word in words if word.startswith(typed)]


def complete_metric_names(
    _ctx: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """The names of the metrics, after the last comma of what was typed."""
    from segeval.metrics.registry import load_all_metrics

    before, comma, last = typed.rpartition(",")
    return _completion_items(load_all_metrics(), last, before + comma)


def complete_class_lists(
    _ctx: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """The class lists that ship, and files."""
    from click.shell_completion import CompletionItem

    from segeval.classes.shipped_lists import shipped_list_names

    return [*_completion_items(shipped_list_names(), typed), CompletionItem(typed, type="file")]


def _complete_preset_names(
    _ctx: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    from segeval.cli.files import preset_names

    return _completion_items(preset_names(), typed)


def side_parameters() -> list[click.Parameter]:
    """PRED and GT, which can be named: `--pred P --gt G` (ACCOUNT-A32)."""
    named = []
    for name, what in (("pred", "the prediction"), ("gt", "the ground truth")):
        option = GroupedOption(
            [f"--{name}", f"{name}_named"],
            metavar="PATH",
            type=PATH_OR_URL,
            help=f"{what}, named instead of by its place",
        )
        option.group = "inputs"
        named.append(option)
    places = [click.Argument([name], required=False, type=PATH_OR_URL) for name in ("pred", "gt")]
    return [*places, *named]


def settings_file_options() -> list[GroupedOption]:
    """The options that name the settings file, or read none."""
    file = GroupedOption(
        ["-c", "--config"],
        metavar="FILE",
        type=PATH_OR_URL,
        help="the settings file, instead of segeval.toml or pyproject.toml upwards from here",
    )
    isolated = GroupedOption(["--isolated"], is_flag=True, help="read no settings file")
    for option in (file, isolated):
        option.group = "settings file"
    return [file, isolated]


def resolve_request(given: Mapping[str, Any]) -> ResolvedSettings:
    """The settings that the options, the environment and the files make. Raises RequestError."""
    options = {
        field: value
        for field in CHOICES
        if (value := given.get(field)) is not None
        and value != ()
        and not _is_unset_count(field, value)
    }
    request = CommandLineRequest(options, given.get("config") or "", bool(given.get("isolated")))
    return resolve_settings(request, os.environ, working_folder())


def working_folder() -> Path:
    """Where the command runs. Raises RequestError where that folder is gone."""
    from segeval.runtime.errors import RequestError

    try:
        return Path.cwd()
    except OSError as problem:
        raise RequestError(
            f"the working folder is not there any more ({problem.strerror})",
            help="run segeval in a folder that exists",
        ) from problem


def _is_unset_count(field: str, value: Any) -> bool:
    return field == "verbose" and value == 0
