"""`segeval decode PRED OUT`: the label maps that scoring would use, as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from segeval.cli.messages import print_message, print_path
from segeval.cli.options import (
    PATH_OR_URL,
    Command,
    GroupedOption,
    resolve_request,
    settings_options,
)
from segeval.cli.progress import choose_display
from segeval.runtime import allocator
from segeval.runtime.errors import CaseError, NothingToScore, RequestError

FIELDS = [
    "kind",
    "activation",
    "threshold",
    "channel_axis",
    "spacing",
    "classes",
    "upsample",
    "flipped",
    "flip",
    "paste",
    "min_score",
    "roi_offset",
    "quiet",
    "progress",
]
UNREADABLE = 3


def decode_paths(given: Mapping[str, Any]) -> int:
    """Write the label maps that scoring would use: PRED is a file or a folder, OUT a folder.

    Scores that exclude each other become one label map a case; independent classes become a folder
    a case with a mask a class. The format is the input's; arrays become PNG or NIfTI. stdout lists
    the files that were written. The exit status is 0, 2 for a wrong request, 3 if a file could not
    be decoded, 4 if there is none.
    """
    from segeval.exporting.decode import decode_all, list_decode_items

    allocator.freeze_collector()
    settings = resolve_request(given).settings
    pred, out = Path(given["pred"]), Path(given["out"])
    problems: list[CaseError] = []
    files = list_decode_items(pred, given["like"] or "", settings, problems)
    if not files:
        raise NothingToScore("there are no predictions in the folder", where=pred)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise RequestError(f"cannot be written ({problem.strerror})", where=out) from problem
    if pred.resolve() == out.resolve():
        raise RequestError("OUT is the folder of the predictions", help="name another folder")
    shown = choose_display(settings)
    written = 0
    for done, result in enumerate(decode_all(files, out, settings), 1):
        if isinstance(result, CaseError):
            problems.append(result)
        else:
            written += len(result)
            for path in result:
                print_path(path)
        shown.step(files[done - 1].name, done, len(files))
    shown.close()
    for line in (line for problem in problems for line in problem.lines()):
        print_message(line)
    if not settings.quiet:
        cases = len(files) - len(problems)
        print_message(f"decoded {cases} of {len(files)} cases into {written} files")
    return UNREADABLE if problems else 0


def _like_option() -> GroupedOption:
    option = GroupedOption(
        ["--like"],
        metavar="PATH",
        type=PATH_OR_URL,
        help="a file, or a folder of files of the same names, whose grid the maps get",
    )
    option.group = "inputs"
    return option


command = Command(
    "decode",
    decode_paths,
    [
        click.Argument(["pred"], required=True, type=PATH_OR_URL),
        click.Argument(["out"], required=True, type=PATH_OR_URL),
        _like_option(),
        *settings_options((), FIELDS),
    ],
    [
        "segeval decode pred/ labels",
        "segeval decode pred/ labels --like gt/",
        "segeval decode pred/ labels --threshold 0.4",
    ],
    common=("kind", "activation", "threshold", "like", "classes", "channel_axis", "quiet"),
)
