"""The two paths of a request, and the pairing that they make: of `pairs` and `score --dry-run`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.cli.messages import print_message
from segeval.cli.problems import print_problem_lines
from segeval.cli.warnings_output import report_notes
from segeval.readers.remote_files import is_url
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory, keep_inventory, on_side

if TYPE_CHECKING:
    from segeval.pairing.cases import Case, CaseFiles, Pairing


def read_side_paths(given: Mapping[str, Any], settings: Settings) -> tuple[Path | str, Path | str]:
    """The two paths, or URLs; none where a table names the files. Raises RequestError."""
    pred, truth = named_sides(given)
    if settings.pairs and (pred or truth):
        raise RequestError(
            "--pairs names the files, and so do PRED and GT", help="leave one of them out"
        )
    if not settings.pairs and not (pred and truth):
        raise RequestError(
            "PRED and GT are needed", help="segeval score pred/ gt/, or a table: --pairs FILE"
        )
    return as_path(pred), as_path(truth)


def as_path(side: str | None) -> Path | str:
    """A side as a path of this machine, unless it is a URL."""
    return side if side and is_url(side) else Path(side or ".")


def named_sides(given: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """PRED and GT, by place or by name. Raises RequestError where a side is given twice."""
    places = [place for place in (given["pred"], given["gt"]) if place]
    sides = {name: given.get(f"{name}_named") for name in ("pred", "gt")}
    missing = [name for name, path in sides.items() if not path]
    if len(missing) == 2:
        return given["pred"], given["gt"]
    if len(places) > len(missing):
        named = " and ".join(f"--{name}" for name in sides if name not in missing)
        raise RequestError(
            f"{named} names a side, and {', '.join(places)} is another path",
            help="segeval score --pred P --gt G, or segeval score P G",
        )
    sides |= dict(zip(missing, places, strict=False))
    return sides["pred"], sides["gt"]


def show_pairs(pred: Path | str, truth: Path | str, settings: Settings, written: str) -> int:
    """Print the pairing, and write it as a table of cases where that is asked for."""
    from segeval.cli.accounts import tell_left_aside
    from segeval.cli.print_table import print_rows
    from segeval.pairing.pair import pair_paths
    from segeval.pairing.remote import localize_inputs
    from segeval.pairing.shards import parse_shard
    from segeval.pairing.table import pairing_rows, write_pairs

    with localize_inputs(pred, truth, settings) as place, keep_inventory(Inventory()) as inventory:
        pairing = place.plain(pair_paths(place.pred, place.truth, place.settings))
        if settings.shard:
            pairing = parse_shard(settings.shard).cut(pairing)
        pairing, unclear = with_chosen_sets(pairing, settings)
        if written and place.stores:
            raise RequestError("a table of pairs cannot name files of a store", where=written)
        if written:
            write_pairs(pairing, Path(written))
    columns, *rows = pairing_rows(pairing)
    print_rows(columns, rows, settings.color)
    if not settings.quiet:
        print_message(pairing.sentence)
    inventory.merge(pairing.inventory)
    warnings, unlisted = tell_left_aside(inventory.left_aside, settings)
    errors = unlisted + report_notes([*warnings, *pairing.notes], settings)
    for error in unclear:
        print_problem_lines(error.lines(), settings)
    lost = (
        [case for case in pairing.cases if case.pred is None] if settings.missing == "error" else []
    )
    return 3 if lost or errors or unclear else 0


def with_chosen_sets(pairing: Pairing, settings: Settings) -> tuple[Pairing, list[CaseError]]:
    """The pairing with the structure set of each side that is scored (LAYOUTS-D4, D5).

    returns  and why it cannot be told of a case
    """
    from segeval.opening.structure_choice import choose_structure_set
    from segeval.pairing.cases import relative_path, store_cases

    unclear: list[CaseError] = []

    def choose(case: Case, side: str) -> CaseFiles | None:
        files = case.pred if side == "pred" else case.truth
        if files is None or not files.sets:
            return files
        select = settings.pred_select if side == "pred" else settings.gt_select
        try:
            with keep_inventory(Inventory()), on_side(side):
                path, _ = choose_structure_set(files, select, settings.classes)
        except CaseError as problem:
            problem.where = case.id
            unclear.append(problem)
            return files
        return replace(files, files={"": path}, place=relative_path(path, files.root), sets=())

    if not any(side and side.sets for case in pairing.cases for side in (case.pred, case.truth)):
        return pairing, unclear
    cases = [
        replace(case, pred=choose(case, "pred"), truth=choose(case, "gt") or case.truth)
        for case in pairing.cases
    ]
    return replace(pairing, cases=store_cases(cases)), unclear
