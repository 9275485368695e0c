"""The files below a folder: links are followed, never in circles; nothing is passed over unsaid.

A folder is listed once and no file is asked for its state: 20 000 files take a tenth of a second.
The root of a file system is refused, and so are more files than any data set has, or more ways to
one folder: links that lead to folders of links would be walked without end.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from errno import EACCES
from itertools import pairwise
from typing import NamedTuple

from segeval.runtime.errors import RequestError

SYSTEM = ("__MACOSX",)
MACHINE = ("/proc", "/sys", "/dev")  # what the system says of itself, as files
EMPTY, UPWARDS = "nothing in it", "link to a folder above"
MOST_FILES = 5_000_000  # below one folder
MOST_WAYS = 100  # to one folder over links that lie in folders which links lead to


class ListedFile(NamedTuple):
    """A file as its folder lists it.

    folder   names of the folders below the root
    regular  it is no pipe, no socket and no device, which would be waited for; a broken link is a
             file that cannot be read
    """

    folder: tuple[str, ...]
    name: str
    regular: bool


class Unlisted(NamedTuple):
    """A folder of which nothing was listed, and why."""

    folder: tuple[str, ...]
    reason: str
    lost: bool  # it could not be, and what it holds is missing

    @property
    def shown(self) -> str:
        """The path relative to the root."""
        return "/".join(self.folder)


def every_folder(names: Sequence[str]) -> Sequence[str]:
    """Enter all folders."""
    return names


def list_files(
    root: str,
    unlisted: list[Unlisted],
    enter: Callable[[Sequence[str]], Sequence[str]] = every_folder,
) -> Iterator[ListedFile]:
    """Every file below a folder that is not hidden. Raises OSError where the root cannot be listed,
    RequestError where it is no folder of a data set.

    unlisted  gets the folders that are not looked into, or empty
    enter     which of the folders of one folder are entered; the others are its business
    """
    real = os.path.realpath(root)
    if is_system_root(real):
        raise RequestError(
            "the root of a file system is no folder of a data set",
            where=root,
            help="give the folder that holds the files",
        )
    for number, file in enumerate(_FolderWalk(unlisted, enter).list_folder(root, (), (real,)), 1):
        if number > MOST_FILES:
            raise RequestError(
                f"more than {MOST_FILES} files below the folder",
                where=root,
                help="give the folder that holds the files of one side",
            )
        yield file


def list_plain_folder(root: str) -> list[str] | None:
    """The names of the files right in a folder; None where it holds anything else, or cannot be
    looked into: `list_files` says what.
    """
    names: list[str] = []
    if is_system_root(os.path.realpath(root)) or not os.access(root, os.X_OK):
        return None
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if not entry.is_file(follow_symlinks=False) or len(names) == MOST_FILES:
                    return None
                names.append(entry.name)
    except OSError:
        return None
    return names


def is_system_root(real: str) -> bool:
    """Whether a real path is the root of the file system, or where the system shows itself."""
    return os.path.dirname(real) == real or real in MACHINE


class _FolderWalk:
    """A way through a folder and those in it.

    ways  how often each real path was entered over links behind links
    """

    def __init__(
        self, unlisted: list[Unlisted], enter: Callable[[Sequence[str]], Sequence[str]]
    ) -> None:
        self._unlisted, self._enter = unlisted, enter
        self._ways = Counter[str]()

    def list_folder(
        self, path: str, folder: tuple[str, ...], above: tuple[str, ...]
    ) -> Iterator[ListedFile]:
        """The files of a folder and of those in it.

        above  real paths of the folder and of those above it
        """
        folders: dict[str, str] = {}
        empty = bool(folder)  # the root is asked by whoever named it
        try:
            if not os.access(path, os.X_OK):  # names are seen, and no file behind them
                raise PermissionError(EACCES, os.strerror(EACCES), path)
            with os.scandir(path) as entries:
                for entry in entries:
                    empty, name = False, entry.name
                    if name.startswith(".") or name in SYSTEM:
                        continue
                    if not _is_folder(entry):
                        yield ListedFile(folder, name, _is_broken(entry) or entry.is_file())
                    else:
                        folders[name] = _real_path(entry, above[-1])
        except OSError as problem:
            if not folder:
                raise
            self._unlisted.append(Unlisted(folder, problem.strerror or str(problem), True))
            return
        if empty:
            self._unlisted.append(Unlisted(folder, EMPTY, False))
        for name in self._enter(list(folders)):
            inner, real = (*folder, name), folders[name]
            if not self._is_refused(inner, real, above):
                yield from self.list_folder(os.path.join(path, name), inner, (*above, real))

    def _is_refused(self, folder: tuple[str, ...], real: str, above: tuple[str, ...]) -> bool:
        """Whether a folder is not entered, which is noted: a link never leads into a circle."""
        self._ways[real] += any(os.path.dirname(inner) != outer for outer, inner in pairwise(above))
        if real in above:
            reason, lost = UPWARDS, False
        elif is_system_root(real):
            reason, lost = "link to the root of a file system", True
        elif self._ways[real] > MOST_WAYS:
            reason, lost = f"more than {MOST_WAYS} ways lead to it", True
        else:
            return False
        self._unlisted.append(Unlisted(folder, reason, lost))
        return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; a link that leads back to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _real_path(entry: os.DirEntry[str], folder: str) -> str:
    """The real path of what a folder holds, whose own is known."""
    return os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(folder, entry.name)


def _is_broken(entry: os.DirEntry[str]) -> bool:
    """Whether it is a link to nothing or to itself, which reading says of it."""
    return entry.is_symlink() and not os.path.exists(entry.path)
