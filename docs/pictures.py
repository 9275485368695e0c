"""Make the pictures of the documents: python docs/pictures.py

    docs/pictures/table.svg    what a terminal of 100 columns shows, drawn by rich
    docs/pictures/report.png   the upper part of the report, by a headless Chromium
    docs/pictures/worst.png    the worst case that both sides have, in three planes

Nothing is drawn by hand. `docs/refresh.py` makes the table too, and the tests fail where it would
change; the report is made by this script alone, because not every machine has a browser.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from base64 import b64decode
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SCORED = "sample_data/ct/pred sample_data/ct/gt"
TABLE = f"segeval score {SCORED} -m dice,hd95 --gate dice=0.8"
REPORT = (
    f"segeval score {SCORED} -m dice,hd95,volume_difference "
    "--gate dice=0.8 --gate pancreas/hd95=20mm -o report.html --exit-zero -q --format none"
)
COLUMNS = 96
WIDTH, HEIGHT = 1040, 1140
COLOURS = 96
WORST = "figure.picture"
# rich's own frame, but without the fonts that it would fetch from the network.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""


def main() -> None:
    """Make every picture."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "table.svg").write_text(table_svg(), "utf-8")
    for name, packed in report_pngs().items():
        (PICTURES / name).write_bytes(packed)


def table_svg() -> str:
    """The table as a terminal shows it, with its colours."""
    from rich.console import Console
    from rich.text import Text

    said = run(TABLE, {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)})
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {TABLE}", "bold"), Text.from_ansi(said), sep="\n")
    drawn = console.export_svg(title="segeval", unique_id="table", code_format=FRAME)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def report_pngs() -> dict[str, bytes]:
    """The upper part of the report of the sample data, and its worst case that both sides have."""
    sys.path.insert(0, str(ROOT / "tests"))
    from headless import Browser

    with tempfile.TemporaryDirectory() as folder:
        run(REPORT, folder=Path(folder))
        browser = Browser(Path(folder, "profile"))
        try:
            browser.send("Emulation.setScrollbarsHidden", hidden=True)
            browser.size(WIDTH, HEIGHT)
            browser.open(Path(folder, "report.html").as_uri())
            return {"report.png": shot(browser), "worst.png": shot(browser, WORST)}
        finally:
            browser.close()


def shot(browser: Any, element: str = "") -> bytes:
    """The window, or the second element of a selector, as a PNG of few colours."""
    from PIL import Image

    clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
    if element:
        clip = browser.run(
            f"(() => {{const e = document.querySelectorAll({element!r})[1];"
            "e.scrollIntoView();const b = e.getBoundingClientRect();"
            "return {x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height}})()"
        )
    found = browser.send(
        "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip | {"scale": 1}
    )
    picture = Image.open(io.BytesIO(b64decode(found["data"]))).convert("RGB")
    packed = io.BytesIO()
    few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def run(command: str, more: dict[str, str] | None = None, folder: Path | None = None) -> str:
    """What a command prints, run beside the sample data."""
    sys.path.insert(0, str(ROOT / "docs"))
    from refresh import environment

    with tempfile.TemporaryDirectory() as other:
        here = folder or Path(other)
        (here / "sample_data").symlink_to(ROOT / "sample_data")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=here,
            env=environment() | (more or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


if __name__ == "__main__":
    main()
