"""`segeval convert RTSTRUCT|SEG OUT`: contours or segments as masks in files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from segeval.cli.warnings_output import report_notes
from segeval.runtime import allocator
from segeval.runtime.errors import CaseError, Note, NothingToScore, RequestError

if TYPE_CHECKING:
    from segeval.exporting.convert import ConversionChoices

FIELDS = [
    *(
        "classes",
        "aliases",
        "threshold",
        "images",
        "case_key",
        "rt_boundary",
        "rt_overlap",
        "rt_fill_gaps",
    ),
    *("rt_bad_contour", "rt_grid", "ignore_frame_of_reference"),
    *("quiet", "verbose", "progress", "error", "ignore"),
]
UNREADABLE, NOTHING = 3, 4


def convert_paths(given: Mapping[str, Any]) -> int:
    """Write contours (RTSTRUCT) or segments (SEG) as masks: PATH is a file or a folder of patients.

    Every structure becomes a mask of its own, OUT/CASE/STRUCTURE.nii.gz, those of a single file
    OUT/STRUCTURE.nii.gz; with --label-map a case becomes one file, and OUT/dataset.json has the
    names of its values. The grid is that of the
    image series, or of the file that --like names. stdout lists the files that were written. The
    exit status is 0, 2 for a wrong request, 3 if a structure could not be written, 4 if there is
    none that has a volume.
    """
    from segeval.exporting.convert import ENDINGS, ConversionChoices, describe_dataset
    from segeval.pairing.structure_sets import pair_single_side

    allocator.freeze_collector()
    settings = resolve_request(given).settings
    source, out = Path(given["path"]), Path(given["out"])
    if not source.exists():
        raise RequestError("there is no such file or folder", where=source)
    if out.name.endswith((".nii", *ENDINGS.values())):
        raise RequestError("OUT is the folder of the masks, not a file", where=out)
    problems: list[CaseError] = []
    found = pair_single_side(source, settings, problems)
    if not found.cases:
        raise NothingToScore("there is no RTSTRUCT and no SEG in the folder", where=source)
    how = ConversionChoices(
        ENDINGS[given["to"]], given["label_map"], source.is_file(), given["like"] or ""
    )
    shown = choose_display(settings)
    notes, written = list(found.notes), 0
    for done, case in enumerate(found.cases, 1):
        paths, more, wrong = try_convert(case, out, how, settings)
        for path in paths:
            print_path(path)
        notes, problems, written = [*notes, *more], [*problems, *wrong], written + len(paths)
        shown.step(case.id, done, len(found.cases))
    shown.close()
    if how.one_map and written:
        (out / "dataset.json").write_text(describe_dataset(how), "utf-8")
    errors = report_notes(notes, settings)
    for line in (line for problem in problems for line in problem.lines()):
        print_message(line)
    if not settings.quiet:
        from segeval.pairing.messages import count_with_noun

        sets = count_with_noun(len(found.cases), "structure set")
        print_message(f"converted {sets} into {count_with_noun(written, 'file')}")
    if problems or errors:
        return UNREADABLE
    return 0 if written else NOTHING


def try_convert(
    case: Any, out: Path, how: ConversionChoices, settings: Any
) -> tuple[Any, Any, list[CaseError]]:
    """The files of one case, what is to be said of it, and what could not be written."""
    from segeval.exporting.convert import convert_case as write
    from segeval.scorecard.card import UNCOUNTED

    try:
        done = write(case, out, how, settings)
    except CaseError as problem:
        problem.where = case.id
        return (), (), [problem]
    except OSError as problem:
        raise RequestError(f"cannot be written ({problem.strerror})", where=out) from problem
    for name, fault in done.faults.items():
        fault.where = f"{case.id}/{name}"
    faults = [fault for fault in done.faults.values() if fault.status not in UNCOUNTED]
    notes = [
        Note("W-not-a-volume", fault.message, str(fault.where))
        for fault in done.faults.values()
        if fault.status in UNCOUNTED  # points have no mask, and nobody waits for one
    ]
    return done.paths, (*done.notes, *notes), faults


def _convert_options() -> list[GroupedOption]:
    to = GroupedOption(
        ["--to"],
        type=click.Choice(["nifti", "nrrd"]),
        default="nifti",
        show_default=True,
        help="the format of the masks: .nii.gz or .nrrd",
    )
    label_map = GroupedOption(
        ["--label-map"], is_flag=True, help="one file a case, whose values are the structures"
    )
    like = GroupedOption(
        ["--like"],
        metavar="PATH",
        type=PATH_OR_URL,
        help="a file, or a folder of files named as the cases, whose grid the masks get",
    )
    for option, group in ((to, "output"), (label_map, "output"), (like, "inputs")):
        option.group = group
    return [to, label_map, like]


command = Command(
    "convert",
    convert_paths,
    [
        click.Argument(["path"], required=True, type=PATH_OR_URL),
        click.Argument(["out"], required=True, type=PATH_OR_URL),
        *_convert_options(),
        *settings_options((), FIELDS),
    ],
    [
        "segeval convert patients/ masks",
        "segeval convert patients/ masks --label-map --classes Lung_L,Lung_R",
        "segeval convert patients/ masks --to nrrd",
    ],
    common=(
        "to",
        "label_map",
        "classes",
        "images",
        "case_key",
        "rt_boundary",
        "rt_fill_gaps",
        "quiet",
        "verbose",
    ),
)
