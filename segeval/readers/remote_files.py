"""Files in a remote store (`s3://…`, `gs://…`, `memory://…`), through fsspec: extra `remote`.

A local folder stands for the remote one. First it is an outline: every file has its name, size and
time of change, and of the content no more than pairing looks at. Readers work on local files and
seek in them, so a case's files come over whole when it is scored, and go when it is done.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from segeval.runtime.errors import ReadError, RequestError
from segeval.runtime.extras import install_advice
from segeval.runtime.frozen import frozen

URL = r"[A-Za-z][A-Za-z0-9+.-]+://"  # two letters or more: C: is a drive
END = 1 << 16  # bytes at either end of a file that say what it is (rule CLI-O3)
HEADS = 300  # files of which pairing may read the first bytes
WHOLE = (".json",)  # read by pairing: names of classes, COCO
ONE_PROCESS = ("memory",)  # no other process sees such a store


def is_url(place: object) -> bool:
    """Whether a place is a URL and no path."""
    return isinstance(place, str) and "://" in place and re.match(URL, place) is not None


@frozen
class RemoteStore:
    """A remote folder or file, and the local one that stands for it here.

    url     as the user wrote it, without a slash at its end
    folder  what lies above the URL; it holds the outline and nothing else
    """

    url: str
    folder: Path

    @property
    def root(self) -> Path:
        """What stands for the URL itself."""
        return self.folder / PurePosixPath(self.url).name

    @property
    def of_one_process(self) -> bool:
        """Whether no other process can read from it."""
        return self.url.startswith(ONE_PROCESS)


class RemoteFileSystem:
    """The file system of a URL. Raises RequestError where there is none for it."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError as problem:
            raise missing_library_error(url, problem) from problem
        try:
            found, base = url_to_fs(url)
        except ImportError as problem:
            raise missing_library_error(url, problem) from problem
        except ValueError as problem:
            raise RequestError(f"no store of this kind is known ({problem})", where=url) from None
        self._files: Any = found
        self._url, self._base = url, str(base).rstrip("/")
        self._above = self._base[: self._base.rfind("/") + 1]

    def listing(self, beside: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """What is known of each file below the URL, by its path below what lies above.

        beside  files next to the URL that are listed too, if there are any
        Raises RequestError.
        """
        with translate_store_errors(self._url, RequestError):
            found = dict(self._files.find(self._base, detail=True))
            for path in (self._above + name for name in beside) if found else ():
                if self._files.isfile(path):
                    found[path] = self._files.info(path)
        names = {path[len(self._above) :]: state for path, state in sorted(found.items())}
        if outside := next((name for name in names if leads_outside(name)), ""):
            raise RequestError("a name in the store that is none of a file here", where=outside)
        return names

    def ends(self, names: Iterable[str], tail: bool = False) -> Iterator[bytes]:
        """The first bytes of files, or the last; fetched together."""
        paths = [self._path(name) for name in names]
        start, stop = (-END, None) if tail else (0, END)
        yield from self._files.cat_ranges(
            paths, [start] * len(paths), [stop] * len(paths), on_error="raise"
        )

    def state(self, name: str) -> Mapping[str, Any]:
        """What is known of one file."""
        found: Mapping[str, Any] = self._files.info(self._path(name))
        return found

    def fetch(self, name: str, goal: Path) -> None:
        """Copy a file here, with its time of change. Raises ReadError where some of it is lost."""
        state = self.state(name)
        self._files.get_file(self._path(name), str(goal))
        size, came = state.get("size"), goal.stat().st_size
        if size is not None and int(size) != came:
            raise ReadError(
                f"{came} bytes came from the store, and it has {size}: the transfer broke off, "
                "or something writes to it",
                where=name,
            )
        copy_change_time(goal, state)

    def _path(self, name: str) -> str:
        return self._above + name


def leads_outside(name: str) -> bool:
    """Whether a name in a store would be written outside the folder that stands for it."""
    parts = PurePosixPath(name).parts
    return os.pardir in parts or name.startswith("/") or "\0" in name or "\\" in name


def missing_library_error(url: str, problem: ImportError) -> RequestError:
    """The error where a library is not there (CLI-E4)."""
    scheme = url.partition("://")[0]
    return RequestError(
        f"reading {scheme}:// needs a library that is not there ({problem})",
        where=url,
        help=install_advice("remote"),
    )


@contextmanager
def translate_store_errors(
    where: str, kind: type[RequestError] | type[ReadError]
) -> Iterator[None]:
    """Whatever a store answers, as an error of ours: every store has exceptions of its own."""
    try:
        yield
    except (RequestError, ReadError):
        raise
    except FileNotFoundError:
        raise kind("there is no such file or folder in the store", where=where) from None
    except Exception as problem:
        what = " ".join(str(problem).split()) or type(problem).__name__
        raise kind(
            f"the store does not answer as it should ({type(problem).__name__}: {what})",
            where=where,
            help="are the address and the credentials right?",
        ) from problem


def make_outline(url: str, folder: Path, beside: Sequence[str] = ()) -> RemoteStore:
    """Make the outline of a remote folder, or of one file. Raises RequestError.

    folder  an empty one
    beside  files next to the URL that are part of it, if there are any
    """
    url = url.rstrip("/")
    remote = RemoteFileSystem(url)
    files = remote.listing(beside)
    if not files:
        raise RequestError("there is no such file or folder in the store", where=url)
    # A folder `labels` is told by the folder above, whose name is kept for that.
    store = RemoteStore(url, folder.joinpath(*PurePosixPath(url.partition("://")[2]).parts[-2:-1]))
    with translate_store_errors(url, RequestError):
        for name, state in files.items():
            path = store.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_sparse_file(path, state)
        _fetch_contents(remote, store, files)
    return store


def _fetch_contents(
    remote: RemoteFileSystem, store: RemoteStore, files: Mapping[str, Mapping[str, Any]]
) -> None:
    """What pairing reads: JSON as a whole, and how other files begin; a DICOM tree as a whole.

    A DICOM tree is paired by what is in the headers of all of its files.
    """
    whole = [name for name in files if name.lower().endswith(WHOLE)]
    others = [name for name in files if name not in whole][:HEADS]
    heads = dict(zip(others, remote.ends(others), strict=True))
    if any(head[128:132] == b"DICM" for head in heads.values()):
        whole, heads = list(files), {}
    for name in whole:
        remote.fetch(name, store.folder / name)
    for name, head in heads.items():
        write_sparse_file(store.folder / name, files[name], head)


def write_sparse_file(
    path: Path, state: Mapping[str, Any], head: bytes = b"", tail: bytes = b""
) -> None:
    """A file of the right size and time of change of which no more than its ends is there."""
    size = int(state.get("size") or 0)
    with path.open("wb") as file:
        file.write(head[:size])
        file.truncate(size)
        if tail:
            file.seek(max(0, size - len(tail)))
            file.write(tail)
    copy_change_time(path, state)


def copy_change_time(path: Path, state: Mapping[str, Any]) -> None:
    """Give a file the time of change of the remote one, so that `--resume` knows it again."""
    from datetime import datetime

    keys = ("LastModified", "mtime", "updated", "last_modified", "created")
    found = next((state[key] for key in keys if state.get(key)), 0)
    if isinstance(found, str):
        found = datetime.fromisoformat(found.replace("Z", "+00:00"))
    seconds = found.timestamp() if isinstance(found, datetime) else float(found)
    moment = round(seconds * 1000) * 1_000_000
    os.utime(path, ns=(moment, moment))
