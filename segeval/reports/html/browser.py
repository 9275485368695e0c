"""Pages and figures as PDF or PNG, by a browser that is installed.

A browser and not a PDF library: it is on every desktop, it draws the page as people see it, and its
paper is what they get from its own print dialog.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from segeval.runtime.errors import RequestError
from segeval.runtime.name_lengths import name_beside
from segeval.runtime.safe_text import VISIBLE

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
QUIET = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-extensions",
)
SECONDS = 120
SCALE = 4  # dots of a PNG for each pixel: 384 dpi


def find_browser() -> str:
    """The program. Raises RequestError where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    if not found:
        raise RequestError(
            "PDF and PNG are printed by a browser, and none is installed",
            help="install Chromium, Chrome or Edge; or write .html or .svg and print that",
        )
    return found


def print_pdf(text: str, goal: Path) -> None:
    """Print a page of HTML as PDF. Raises RequestError."""
    render_file(text, goal, ["--no-pdf-header-footer"], "--print-to-pdf")


def print_figure(drawing: str, goal: Path) -> None:
    """Print an SVG, measured in millimetres, as PDF or PNG by the suffix. Raises RequestError."""
    width, height = (float(side) for side in re.findall(r'="([\d.]+)mm"', drawing)[:2])
    body = drawing.partition("?>")[2]
    page = (
        '<!doctype html><meta charset="utf-8"><style>'
        f"@page{{size:{width:.2f}mm {height:.2f}mm;margin:0}}"
        f"body{{margin:0;background:#fff}}body>svg{{display:block}}</style>{body}"
    )
    if goal.suffix.lower() == ".pdf":
        render_file(page, goal, ["--no-pdf-header-footer"], "--print-to-pdf")
        return
    pixels = [max(1, round(side * 96 / 25.4)) for side in (width, height)]
    size = [f"--window-size={pixels[0]},{pixels[1]}", f"--force-device-scale-factor={SCALE}"]
    render_file(page, goal, size, "--screenshot")


def render_file(page: str, goal: Path, options: list[str], what: str) -> None:
    """Let the browser make a file, which takes its name when it is whole. Raises RequestError."""
    program = find_browser()
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    goal.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "page.html"), Path(folder, f"made{goal.suffix.lower()}")
        source.write_text(page, "utf-8", errors=VISIBLE)
        command = [program, *QUIET, *root, f"--user-data-dir={folder}/profile", *options]
        command += [f"{what}={made}", source.as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise RequestError(f"the browser {program} did not answer", where=goal) from problem
        if not made.is_file():
            raise RequestError(f"the browser {program} wrote nothing", where=goal)
        unfinished = name_beside(goal, ".", f".{os.getpid()}.tmp")
        shutil.copyfile(made, unfinished)
        unfinished.replace(goal)
