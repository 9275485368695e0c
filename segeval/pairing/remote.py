"""Sides that lie in a remote store: an outline is paired, files come over when a case is scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from segeval.pairing.cases import Case, CaseFiles, Pairing
from segeval.pairing.datasets import DATASET
from segeval.pairing.file_names import strip_format_suffix
from segeval.readers.remote_files import (
    RemoteFileSystem,
    RemoteStore,
    is_url,
    make_outline,
    translate_store_errors,
    write_sparse_file,
)
from segeval.request.settings import Settings
from segeval.runtime.errors import ReadError, RequestError, SegevalError
from segeval.runtime.frozen import frozen, replace

LOCAL = ("pairs", "resample")  # files that every run reads itself
SAME = "W-same-file"  # said by comparing content, which an outline has not


@frozen
class LocalInputs:
    """Where a run finds its inputs on this machine.

    pred, truth  local; outlines of remote folders
    stores       those that are outlines
    """

    pred: Path
    truth: Path
    settings: Settings
    stores: tuple[RemoteStore, ...] = ()

    def plain(self, pairing: Pairing) -> Pairing:
        """A pairing without what cannot be told from outlines."""
        if not self.stores or self.pred == self.truth:
            return pairing
        return replace(pairing, notes=tuple(n for n in pairing.notes if n.code != SAME))


@contextmanager
def localize_inputs(
    pred: Path | str, truth: Path | str, settings: Settings
) -> Iterator[LocalInputs]:
    """The inputs of a run as local paths; remote ones as outlines that are gone afterwards.

    Raises RequestError.
    """
    for field in LOCAL:
        if is_url(getattr(settings, field)):
            raise RequestError(f"--{field} takes a file of this machine", help="copy it here")
    asked = [pred, truth, settings.images, settings.flipped, settings.weights]
    asked += [settings.weight_maps, *settings.aux]
    if not any(map(is_url, asked)):
        yield LocalInputs(Path(pred), Path(truth), settings)
        return
    import tempfile

    with ExitStack() as stack:
        stores: dict[str, RemoteStore] = {}

        def here(place: str) -> str:
            if not is_url(place):
                return place
            if place.startswith("file://"):  # shared storage: no copy is needed
                return place.removeprefix("file://")
            if place not in stores:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="segeval-"))
                stores[place] = make_outline(place, Path(folder).resolve(), companion_paths(place))
            return str(stores[place].root)

        paths = Path(here(str(pred))), Path(here(str(truth)))
        settings = replace(
            settings,
            images=here(settings.images),
            flipped=here(settings.flipped),
            weights=here(settings.weights),
            weight_maps=here(settings.weight_maps),
            aux=tuple(here(folder) for folder in settings.aux),
        )
        try:
            yield LocalInputs(*paths, settings, tuple(stores.values()))
        except SegevalError as problem:
            raise name_store_in_error(problem, stores.values()) from problem


def companion_paths(url: str) -> tuple[str, ...]:
    """What pairing looks for next to a folder of labels or a single file (LAYOUTS-L7, I5)."""
    return DATASET, f"{strip_format_suffix(url.rstrip('/').rpartition('/')[2])}.npz"


def name_store_in_error(problem: SegevalError, stores: Iterable[RemoteStore]) -> SegevalError:
    """An error that speaks of the store, where it spoke of the outline."""
    for store in stores:
        problem.where = problem.where.replace(str(store.root), store.url)
        problem.facts = tuple(f.replace(str(store.root), store.url) for f in problem.facts)
    return problem


@contextmanager
def fetch_case(case: Case, stores: Sequence[RemoteStore], whole: bool = True) -> Iterator[Case]:
    """A case with its remote files on this machine, for as long as it is looked at.

    whole  else only the ends of the files are there, which is what a fingerprint is made of
    Raises ReadError.
    """
    if not stores:
        yield case
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        yield localize_case(case, _LocalCopies(Path(folder), stores, whole))


@contextmanager
def fetch_file(path: Path, stores: Sequence[RemoteStore]) -> Iterator[Path]:
    """A file of an outline on this machine, for as long as it is looked at. Raises ReadError."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        yield _LocalCopies(Path(folder), stores, whole=True).file(path)


class _LocalCopies:
    """The files of a case, here."""

    def __init__(self, folder: Path, stores: Sequence[RemoteStore], whole: bool) -> None:
        self._whole = whole
        self._known = [
            (store, folder / str(number), RemoteFileSystem(store.url))
            for number, store in enumerate(stores)
        ]

    def place(self, path: Path) -> Path:
        """Where a path is here; one of this machine is where it is."""
        for store, folder, _ in self._known:
            if path.is_relative_to(store.folder):
                return folder / path.relative_to(store.folder)
        return path

    def file(self, path: Path) -> Path:
        """A file, fetched. Raises ReadError."""
        goal = self.place(path)
        for store, _, remote in self._known:
            if path.is_relative_to(store.folder) and not goal.exists():
                goal.parent.mkdir(parents=True, exist_ok=True)
                self._bring(remote, path.relative_to(store.folder).as_posix(), goal)
        return goal

    def _bring(self, remote: RemoteFileSystem, name: str, goal: Path) -> None:
        with translate_store_errors(name, ReadError):
            if self._whole:
                remote.fetch(name, goal)
            else:
                ends = *remote.ends([name]), *remote.ends([name], tail=True)
                write_sparse_file(goal, remote.state(name), *ends)


def localize_case(case: Case, copies: _LocalCopies) -> Case:
    """A case whose files are copies."""
    return replace(
        case,
        pred=None if case.pred is None else localize_side(case.pred, copies),
        truth=localize_side(case.truth, copies),
        aux=tuple(localize_side(side, copies) for side in case.aux),
        flipped=None if case.flipped is None else localize_side(case.flipped, copies),
        image=None if case.image is None else copies.file(case.image),
        weights=None if case.weights is None else copies.file(case.weights),
        weight_map=None if case.weight_map is None else localize_side(case.weight_map, copies),
    )


def localize_side(side: CaseFiles, copies: _LocalCopies) -> CaseFiles:
    """A side whose files are copies."""
    return replace(
        side,
        root=copies.place(side.root),
        files={name: copies.file(path) for name, path in side.files.items()},
        scores=None if side.scores is None else copies.file(side.scores),
        sets=tuple(replace(one, path=copies.file(one.path)) for one in side.sets),
    )
