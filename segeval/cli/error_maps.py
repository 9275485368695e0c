"""`--error-maps DIR`: where each case is right and wrong, as files; of `score` and of `report`."""

from __future__ import annotations

from pathlib import Path

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import Scorecard


def make_error_maps(card: Scorecard, settings: Settings) -> None:
    """Write the maps that are asked for, and say on stderr how many. Raises RequestError."""
    if not settings.error_maps:
        return
    from segeval.reports.pictures.error_maps import write_error_maps

    roots = card.inputs.get("roots") or {}
    if not settings.pairs and not (roots.get("pred") and roots.get("gt")):
        raise RequestError(
            "the result file does not say where its files lie", help="add --pred PATH --gt PATH"
        )
    folder, many = Path(settings.error_maps), 0
    pred, truth = (Path(str(roots.get(side, ""))) for side in ("pred", "gt"))
    try:
        for made in write_error_maps(pred, truth, folder, settings):
            if isinstance(made, Path):
                many += 1
                LOG.line(f"wrote {made.as_posix()}")
            elif not settings.quiet:
                print_message(f"no map of errors: {made[0]}: {made[1]}")
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise RequestError(f"cannot be written ({reason})", where=folder) from problem
    if not settings.quiet:
        maps = "map" if many == 1 else "maps"
        print_message(f"wrote {many} {maps} of errors to {folder.as_posix()}")
