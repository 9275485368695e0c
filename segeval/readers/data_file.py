"""The data file that a header names: beside the header, and nowhere else.

A header is a text that anyone may have written; one that names `/etc/passwd`, or a file of another
patient, shall not make a program read it.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from segeval.runtime.errors import ReadError


def find_data_file_of(header: Path, name: str) -> Path:
    """The file that a header names, in the folder of the header or below it.

    header  the path of the header
    name    as it stands there, with the separators of any system
    Raises ReadError where it is elsewhere, or not there.
    """
    plain = PurePosixPath(PureWindowsPath(name).as_posix())
    if plain.is_absolute() or PureWindowsPath(name).drive or ".." in plain.parts:
        raise ReadError(
            f"its data file {name} lies outside of the folder of the header",
            where=header,
            help="put it beside the header, and name it there without a folder",
        )
    file = header.parent / plain
    if "\0" in name or not file.is_file():
        raise ReadError(
            f"its data file {name} is not there", where=header, help="put it beside the header"
        )
    return file
