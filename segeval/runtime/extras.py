"""What to install where an optional library is missing, as a line that works as it is printed."""

from __future__ import annotations

DISTRIBUTION = "segeval-cli"  # its name on an index; the command and the package are `segeval`


def install_advice(extra: str, version: str = "") -> str:
    """The line that installs what an extra needs, whatever segeval itself was installed from.

    extra    its name in pyproject.toml
    version  of segeval, where one must be there too
    """
    libraries = " ".join(f'"{name}"' for name in extra_requirements(extra))
    own = f", with segeval {version}" if version else ""
    return f"pip install {libraries} (the extra {DISTRIBUTION}[{extra}]{own})"


def extra_requirements(extra: str) -> list[str]:
    """The libraries of an extra, as pip takes them, by the metadata of the installed program."""
    from importlib.metadata import requires

    marker = f"extra == '{extra}'"
    lines = [line.replace('"', "'") for line in requires(DISTRIBUTION) or ()]
    return [line.partition(";")[0].strip() for line in lines if line.endswith(marker)]
