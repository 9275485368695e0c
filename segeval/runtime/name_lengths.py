"""Names of files that are made of other names, as long as file systems take them."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

LONGEST = 255  # bytes of a name


def fit_name(name: str, ending: str = "", room: int = 0) -> str:
    """A name as it is; one that is too long is its beginning, and a checksum of the whole.

    ending  of the name, which stays
    room    bytes that are kept for what is put around it
    """
    whole = name.encode("utf-8", "surrogateescape")
    if len(whole) + room <= LONGEST:
        return name
    mark = f"~{crc32(whole):08x}{ending}"
    begins = name.removesuffix(ending).encode("utf-8", "surrogateescape")
    return begins[: LONGEST - room - len(mark.encode())].decode("utf-8", "ignore") + mark


def name_beside(path: Path, before: str, after: str) -> Path:
    """A file in the folder of another, called as that with something around it."""
    name = fit_name(path.name, room=len((before + after).encode()))
    return path.with_name(f"{before}{name}{after}")


def fit_path(path: Path, ending: str) -> Path:
    """A path all of whose names fit; the last one keeps its ending."""
    parts = [part if part == path.anchor else fit_name(part) for part in path.parent.parts]
    return Path(*parts, fit_name(path.name, ending))
