"""Which of several structure sets of one side is meant. "The latest" is never implied.

Rules LAYOUTS-D4, D5.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fnmatch import fnmatchcase

from segeval.readers.series import StructureSetHeader
from segeval.runtime.errors import CaseError, Note, RequestError
from segeval.runtime.inventory import current

FIELDS = ("label", "description", "manufacturer")


def parse_selector(text: str) -> Callable[[StructureSetHeader], bool]:
    """A selector as it is written: a glob on the file name, with a slash on the end of its path,
    or `label=`, `description=`, `manufacturer=` and a glob. Without regard to case. Raises
    RequestError."""
    field, equals, pattern = text.partition("=")
    if not equals and "/" in text:
        return lambda found: fnmatchcase(found.path.as_posix().lower(), f"*/{text.lower()}")
    if not equals:
        return lambda found: fnmatchcase(found.path.name.lower(), text.lower())
    if field not in FIELDS:
        raise RequestError(
            f"{field!r} is nothing to select by", help=f"one of {', '.join(FIELDS)}, or a file name"
        )
    return lambda found: fnmatchcase(getattr(found, field).lower(), pattern.lower())


def select_structure_set(
    among: Sequence[StructureSetHeader],
    select: str = "",
    has: Callable[[StructureSetHeader], bool] | None = None,
    where: str = "",
) -> tuple[StructureSetHeader, tuple[Note, ...]]:
    """The structure set that is meant. Raises CaseError with the status `ambiguous`.

    select  a selector; empty: there is one, or one alone has all classes
    has     whether a file has all requested classes
    """
    near = [found for found in among if parse_selector(select)(found)] if select else list(among)
    if len(near) == 1:
        return near[0], ()
    if near and has is not None and len(complete := [f for f in near if has(f)]) == 1:
        text = f"of {len(near)} structure sets only {complete[0].path.name} has all classes"
        return complete[0], (Note("N-structure-set-chosen", text, where),)
    raise ambiguous_selection_error(near or among, bool(near), where)


def ambiguous_selection_error(
    found: Collection[StructureSetHeader], several: bool, where: str
) -> CaseError:
    """The error that lists the structure sets that there are."""
    apart = len({one.path.name for one in found}) == len(found)
    return CaseError(
        f"{len(found)} structure sets could be meant"
        if several
        else "no structure set is selected",
        where=where,
        facts=tuple(str(one) for one in found) if apart else tuple(map(path_with_folder, found)),
        help=selection_advice(found),
        status="ambiguous",
    )


def selection_advice(found: Collection[StructureSetHeader]) -> str:
    """What tells structure sets apart: a selector, or a case each where they are of own studies."""
    side, first = current().side or "pred", next(iter(found))
    apart = len({one.path.name for one in found}) == len(found)
    name = first.path.name if apart else f"{first.path.parent.name}/{first.path.name}"
    words = "a file name, label=, description= or manufacturer="
    one = f"--{side}-select '{name}' takes that one ({words})"
    if len({one.study for one in found}) < len(found):
        return f"{one}; or --pairs TABLE, in place of PRED and GT, with the files of each case"
    return f"{one}; if each is a case: --case-key study, or --layout flat (a case a file)"


def path_with_folder(one: StructureSetHeader) -> str:
    """A structure set with the folder that it lies in, where names do not tell it apart."""
    return f"{one.path.parent.name}/{one}"
