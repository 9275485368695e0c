"""Folders of files whose names alone matter, and short forms of what pairing makes of them."""

from pathlib import Path

from segeval.classes.parse_classes import parse_classes
from segeval.pairing.cases import Pairing
from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings


def tree(root: Path, *names: str) -> Path:
    """Make empty files below a folder; a name that ends with `/` is an empty folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    return root


def sides(tmp_path: Path, pred: str, gt: str) -> tuple[Path, Path]:
    """Two folders from words: names of the files of each side."""
    return tree(tmp_path / "pred", *pred.split()), tree(tmp_path / "gt", *gt.split())


def paired(tmp_path: Path, pred: str, gt: str, classes: str = "", **choices: object) -> Pairing:
    """Pair two folders of empty files."""
    if classes:
        choices["classes"] = parse_classes(classes)
    return pair_paths(*sides(tmp_path, pred, gt), Settings(**choices))  # type: ignore[arg-type]


def shown(pairing: Pairing) -> list[tuple[str, str | None, str]]:
    """Case, prediction and ground truth of every case."""
    return [(c.id, c.pred and c.pred.shown, c.truth.shown) for c in pairing.cases]


def ids(pairing: Pairing) -> list[str]:
    """The cases."""
    return [case.id for case in pairing.cases]


def class_files(pairing: Pairing) -> dict[str, list[str]]:
    """Classes of the ground truth of every case, from files."""
    return {case.id: list(case.truth.files) for case in pairing.cases}
