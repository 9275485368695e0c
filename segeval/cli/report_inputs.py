"""What `segeval report` is given: what is no result file is answered by the command that works."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from segeval.readers.remote_files import is_url
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError


def check_inputs(paths: Sequence[str], settings: Settings) -> None:
    """Refuse masks, a file that is given twice, and images that are not there.

    paths  what was typed in place of result files
    Raises RequestError.
    """
    masks = [path for path in paths if _is_masks(path)]
    if masks:
        raise _no_results_error(paths, masks)
    for one, other in combinations(paths, 2):
        if _is_same(one, other):
            raise RequestError(
                "the same result file is given twice",
                where=other,
                help="give it once for its own page, or the result files of different models",
            )
    if not is_url(settings.images):
        from segeval.pairing.images import require_image_folder

        require_image_folder(settings)


def _no_results_error(paths: Sequence[str], masks: Sequence[str]) -> RequestError:
    """The error where files or folders of masks are given, with the command that was meant."""
    results = [path for path in paths if path not in masks]
    inside = [path for mask in masks for path in sorted(Path(mask).glob("*.json"))[:1]]
    if len(results) == 1 and len(masks) == 2:
        named = shlex.join(["--pred", masks[0], "--gt", masks[1]])
        help = f"segeval report {shlex.quote(results[0])} {named}"
    elif len(masks) == 2:
        help = f"segeval score {shlex.join(masks)} -o report.html"
    elif len(paths) == 1 and inside:
        help = f"segeval report {shlex.quote(inside[0].as_posix())}"
    else:
        help = "segeval score PRED GT -o report.html makes the page of masks"
    what = "a folder" if Path(masks[0]).is_dir() else "a file of masks"
    return RequestError(f"{what} and no result file", where=masks[0], help=help)


def _is_masks(path: str) -> bool:
    from segeval.pairing.file_names import SUFFIXES
    from segeval.pairing.files import DICOM

    return Path(path).is_dir() or path.lower().endswith((*SUFFIXES, *DICOM))


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one == other
