"""More small files: text, tables, results, settings and DICOM objects, each just under 16 MB.

    python benchmarks/bombs_of_text.py [--only WORD] [--small]

What holds of `bombs.py`, which it is run with, holds here.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from bombs import BOMBS, SEG, bomb, dicom, element, main, mask, paired

FIRST = len(BOMBS)  # those of bombs.py
SIZE = 15_500_000  # bytes, about


def filled(start: str, each: str, end: str, smaller: int) -> str:
    """A text that is so long: a piece again and again, `#` in it numbered."""
    numbered = "#" in each
    many = SIZE // smaller // (len(each) + (5 if numbered else 0))
    body = "".join(each.replace("#", str(n)) for n in range(many)) if numbered else each * many
    return start + body + end


# -- polygons -------------------------------------------------------------------------------------


def yolo(folder: Path, each: str, smaller: int, start: str = "", end: str = "") -> list[str]:
    """Labels of a picture of 4000 x 4000."""
    (folder / "a.txt").write_text(filled(start, each, end, smaller))
    return paired(folder / "a.txt", mask(folder, 4000, 4000))


@bomb("yolo, many lines")
def _(folder: Path, smaller: int) -> list[str]:
    return yolo(folder, "0 0 0 1 0 1 1 0 1\n", smaller)


@bomb("yolo, a class each")
def _(folder: Path, smaller: int) -> list[str]:
    return yolo(folder, "# 0 0 1 0 1 1 0 1\n", smaller)


@bomb("yolo, boxes")
def _(folder: Path, smaller: int) -> list[str]:
    return yolo(folder, "0 .5 .5 .1 .1\n", smaller)


@bomb("yolo, one line")
def _(folder: Path, smaller: int) -> list[str]:
    return yolo(folder, " 0 0 .5 1 1 0", smaller, "0", "\n")


@bomb("yolo, wild numbers")
def _(folder: Path, smaller: int) -> list[str]:
    return yolo(folder, "0 nan inf 1e308 -1e308 1e-320 2 -2 1e9 .1 .1\n", smaller)


@bomb("yolo, long numbers")
def _(folder: Path, smaller: int) -> list[str]:
    digits = "9" * (SIZE // 8 // smaller)
    (folder / "a.txt").write_text(f"0 {' '.join(['0.' + digits] * 6)}\n")
    return paired(folder / "a.txt", mask(folder, 4000, 4000))


@bomb("yolo, names")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "data.yaml").write_text(filled("names:\n", "  #: c#\n", "", smaller))
    (folder / "a.txt").write_text("0 0 0 1 0 1 1 0 1\n")
    return paired(folder / "a.txt", mask(folder, 400, 400))


@bomb("labelme, labels")
def _(folder: Path, smaller: int) -> list[str]:
    each = '{"label":"c#","shape_type":"polygon","points":[[0,0],[9,0],[9,9]]},'
    head = '{"imageHeight":400,"imageWidth":400,"shapes":['
    end = '{"label":"z","shape_type":"polygon","points":[[0,0],[9,0],[9,9]]}]}'
    (folder / "a.json").write_text(filled(head, each, end, smaller))
    return paired(folder / "a.json")


# -- COCO -----------------------------------------------------------------------------------------

IMAGE = {"id": 1, "file_name": "a.png", "height": 400, "width": 400}
CAT = {"id": 1, "name": "cat"}
SQUARE = "[[0,0,9,0,9,9]]"


def coco_text(folder: Path, truth: str, *more: str, pred: str = "[]") -> list[str]:
    """Two files of text."""
    (folder / "g.json").write_text(truth)
    (folder / "d.json").write_text(pred)
    return ["score", str(folder / "d.json"), str(folder / "g.json"), "-m", "dice,ap,pq", *more]


def about(images: object = (IMAGE,), categories: object = (CAT,)) -> str:
    """The beginning of a COCO file, up to its annotations."""
    return json.dumps({"images": images, "categories": categories})[:-1] + ', "annotations": ['


@bomb("coco, images")
def _(folder: Path, smaller: int) -> list[str]:
    each = '{"id":#,"file_name":"#.png","height":9,"width":9},'
    text = filled('{"images": [', each, json.dumps(IMAGE | {"id": 9_999_999}), smaller)
    end = f'], "annotations": [], "categories": {json.dumps([CAT])}}}'
    words = coco_text(folder, text + end)
    return ["pairs", *words[1:3]]  # scored, it is a load of 300 000 cases


@bomb("coco, categories")
def _(folder: Path, smaller: int) -> list[str]:
    text = filled('{"categories": [', '{"id":#,"name":"c#"},', '{"id":9999999,"name":"z"}', smaller)
    return coco_text(folder, text + f'], "annotations": [], "images": {json.dumps([IMAGE])}}}')


@bomb("coco, categories of one name")
def _(folder: Path, smaller: int) -> list[str]:
    text = filled('{"categories": [', '{"id":#,"name":"a"},', '{"id":9999999,"name":"z"}', smaller)
    return coco_text(folder, text + f'], "annotations": [], "images": {json.dumps([IMAGE])}}}')


def annotation(number: str, segmentation: str, **more: object) -> str:
    """The text of an annotation; # is numbered."""
    rest = "".join(f',"{name}":{json.dumps(value)}' for name, value in more.items())
    return (
        f'{{"id":{number},"image_id":1,"category_id":1,"iscrowd":0,'
        f'"segmentation":{segmentation}{rest}}}'
    )


@bomb("coco, annotations that overlap")
def _(folder: Path, smaller: int) -> list[str]:
    text = filled(about(), annotation("#", SQUARE) + ",", annotation("999999", SQUARE), smaller)
    pred = filled("[", annotation("#", SQUARE, score=0.5) + ",", annotation("999999", SQUARE, score=0.5), smaller)  # fmt: skip # noqa: E501
    return coco_text(folder, text + "]}", pred=pred + "]")


@bomb("coco, annotations of an image that is not there")
def _(folder: Path, smaller: int) -> list[str]:
    each = annotation("#", SQUARE).replace('"image_id":1', '"image_id":7#')
    text = filled(about(), each + ",", annotation("999999", SQUARE), smaller)
    return coco_text(folder, text + "]}")


@bomb("coco, polygons of one annotation")
def _(folder: Path, smaller: int) -> list[str]:
    polygons = filled("[", "[0,0,400,0,400,400,9,399],", "[0,0,9,0,9,9]]", smaller)
    return coco_text(folder, about() + annotation("1", polygons) + "]}")


@bomb("coco, text of run lengths")
def _(folder: Path, smaller: int) -> list[str]:
    runs = json.dumps({"size": [400, 400], "counts": "01" * (SIZE // 2 // smaller)})
    return coco_text(folder, about() + annotation("1", runs) + "]}")


@bomb("coco, numbers of run lengths")
def _(folder: Path, smaller: int) -> list[str]:
    runs = '{"size":[4000,4000],"counts":[' + "0," * (SIZE // 2 // smaller) + "16000000]}"
    image = IMAGE | {"height": 4000, "width": 4000}
    return coco_text(folder, about([image]) + annotation("1", runs) + "]}")


@bomb("coco, lists in lists")
def _(folder: Path, smaller: int) -> list[str]:
    many = SIZE // 2 // smaller
    return coco_text(folder, about() + annotation("1", "[" * many + "]" * many) + "]}")


@bomb("coco, keys of one object")
def _(folder: Path, smaller: int) -> list[str]:
    keys = filled('{"id":1,', '"k#":0,', '"image_id":1,"category_id":1}', smaller)
    return coco_text(folder, about() + keys + "]}")


@bomb("coco, text with escapes")
def _(folder: Path, smaller: int) -> list[str]:
    name = "\\u00e9" * (SIZE // 6 // smaller)
    image = json.dumps(IMAGE).replace("a.png", name)
    head = f'{{"images": [{image}], "categories": {json.dumps([CAT])}, "annotations": []}}'
    return coco_text(folder, head)


# -- result files ---------------------------------------------------------------------------------


@cache
def result_head() -> dict[str, object]:
    """What stands around the cases of a result file."""
    with tempfile.TemporaryDirectory() as place:
        words = [*paired(mask(Path(place))), "--format", "json", "-q"]
        ran = subprocess.run(
            [sys.executable, "-m", "segeval", *words], capture_output=True, check=True
        )
    found: dict[str, object] = json.loads(ran.stdout)
    kept = {name: found[name] for name in found if name not in ("cases", "check")}
    return kept | {"summary": {"": {}}}


def result_text(cases: Iterable[str], metrics: Iterable[str] = ("dice",)) -> str:
    """A result file of cases as text."""
    head = result_head() | {"metrics": list(metrics)}
    return json.dumps(head)[:-1] + ', "cases": [' + ",".join(cases) + "]}"


def case(name: object = "c", values: Iterable[str] = (), classes: Iterable[str] = ()) -> str:
    """A case as text; `values` are classes with their numbers."""
    held, numbers = ",".join(f'"{one}"' for one in classes), ",".join(values)
    head = f'{{"case":"{name}","pred":"a","gt":"a","status":"ok"'
    return f'{head},"classes":[{held}],"values":{{{numbers}}}}}'


RESULTS = {
    "classes": lambda n: result_text(
        [case("c", (f'"c{k}":{{"dice":0.5}}' for k in range(SIZE // 34 // n)),
              (f"c{k}" for k in range(SIZE // 34 // n)))]),
    "metrics": lambda n: result_text(
        [case("c", ['"1":{' + ",".join(f'"nsd@{k}mm":0.5' for k in range(SIZE // 36 // n)) + "}"],
              ["1"])], (f"nsd@{k}mm" for k in range(SIZE // 36 // n))),
    "cases": lambda n: result_text(
        case(k, ['"1":{"dice":0.5}'], ["1"]) for k in range(SIZE // 80 // n)),
    "cases that are one": lambda n: result_text(
        case("a", ['"1":{"dice":0.5}'], ["1"]) for k in range(SIZE // 75 // n)),
    "cases without values": lambda n: result_text(case(k) for k in range(SIZE // 55 // n)),
    "lists in lists": lambda n: result_text(["[" * (SIZE // 2 // n) + "]" * (SIZE // 2 // n)]),
    "numbers": lambda n: result_text([",".join(["1"] * (SIZE // 2 // n))]),
    "a number of many digits": lambda n: result_text(
        [case("c", ['"1":{"dice":' + "1" * (SIZE // n) + "}"], ["1"])]),
    "keys": lambda n: result_text([
        "{" + ",".join(f'"k{k}":0' for k in range(SIZE // 12 // n)) + "}"]),
}  # fmt: skip
COMMANDS = {
    "gate": ["--gate", "dice=0.5"],
    "show": [],
    "compare": [],
    "merge": ["-o", "m.json"],
    "report": ["-o", "r.html"],
}
for shape in RESULTS:
    for command, more in COMMANDS.items():

        @bomb(f"results, {shape}: {command}")
        def _(
            folder: Path, smaller: int, s: str = shape, c: str = command, m: list[str] = more
        ) -> list[str]:
            (folder / "r.json").write_text(RESULTS[s](smaller))
            files = [str(folder / "r.json")]
            if c in ("compare", "merge"):
                (folder / "s.json").write_text(RESULTS[s](smaller))
                files.append(str(folder / "s.json"))
            return [c, *files, *m]


# -- settings -------------------------------------------------------------------------------------


def settings(folder: Path, text: str) -> list[str]:
    """Score with a settings file."""
    (folder / "s.toml").write_text(text)
    return [*paired(mask(folder)), "-c", str(folder / "s.toml")]


for name, text in {
    "lists in lists": lambda n: "a = " + "[" * (SIZE // 2 // n) + "]" * (SIZE // 2 // n),
    "tables in tables": lambda n: "a = " + "{a=" * (SIZE // 4 // n) + "1" + "}" * (SIZE // 4 // n),
    "a number of many digits": lambda n: "a = " + "9" * (SIZE // n),
    "keys": lambda n: filled("", "k# = 1\n", "", n),
    "text": lambda n: 'a = """' + "x" * (SIZE // n) + '"""',
    "under a MiB, lists in lists": lambda n: "a = " + "[" * 500_000 + "]" * 500_000,
    "under a MiB, dots": lambda n: "a" + ".a" * 500_000 + " = 1\n",
    "under a MiB, digits": lambda n: "workers = " + "9" * 1_000_000,
    "under a MiB, keys": lambda n: "".join(f"k{k} = 1\n" for k in range(80_000)),
    "under a MiB, tables": lambda n: "".join(f"[a.b{k}]\n" for k in range(80_000)),
    "under a MiB, dotted tables": lambda n: "".join(f"a.b.c.d{k}.e=1\n" for k in range(60_000)),
    "under a MiB, classes": lambda n: "".join(f"[classes.c{k}]\n" for k in range(9_999)),
    "under a MiB, aliases": lambda n: "[classes.a]\nlabel = 1\naliases = ["
    + ",".join(f'"b{k}"' for k in range(90_000)) + "]\n",
    "under a MiB, gates": lambda n: "gates = ["
    + ",".join(f'"dice.p{k % 99 + 1}=0.{k}"' for k in range(50_000)) + "]\n",
    "under a MiB, metrics": lambda n: "metrics = ["
    + ",".join(f'"nsd@{k}mm"' for k in range(70_000)) + "]\n",
}.items():  # fmt: skip

    @bomb(f"toml, {name}")
    def _(folder: Path, smaller: int, text: object = text) -> list[str]:
        return settings(folder, text(smaller))


@bomb("classes, a list")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "c.txt").write_text(filled("", "#=class #\n", "", smaller))
    return [*paired(mask(folder)), "--classes", str(folder / "c.txt")]


@bomb("classes, a json")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "c.json").write_text(filled("{", '"#": "class #",', '"9999999": "z"}', smaller))
    return [*paired(mask(folder)), "--classes", str(folder / "c.json")]


@bomb("classes, a table")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "c.csv").write_text(filled("label,name\n", "#,class #\n", "", smaller))
    return [*paired(mask(folder)), "--classes", str(folder / "c.csv")]


# -- tables ---------------------------------------------------------------------------------------


def table(folder: Path, text: str, name: str = "t.csv", command: str = "pairs") -> list[str]:
    """Pairs from a table."""
    (folder / name).write_text(text)
    mask(folder)
    return [command, "--pairs", str(folder / name), *(["-m", "dice"] if command == "score" else [])]


for name, (start, each, end) in {
    "columns": ("case,pred,gt", ",c#", "\na,mask.npy,mask.npy\n"),
    "columns of one name": ("case,pred,gt", ",c", "\na,mask.npy,mask.npy\n"),
    "quotes": ("case,pred,gt\n", '""""', "\n"),
    "a quote that does not end": ('case,pred,gt\n"', "a,b\n", ""),
    "empty rows": ("case,pred,gt\n", "\n", "a,mask.npy,mask.npy\n"),
    "rows that are one": ("case,pred,gt\n", "a,mask.npy,mask.npy\n", ""),
    "rows": ("case,pred,gt\n", "#,mask.npy,mask.npy\n", ""),
    "rows of nothing": ("case,pred,gt\n", "#,x,y\n", ""),
    "rows of nothing in folders": ("case,pred,gt\n", "#,x#/y#/z,y#/z\n", ""),
    "short rows": ("case,pred,gt\n", "#\n", ""),
    "zeros": ("case,pred,gt\n", "\0", "\n"),
}.items():
    for command in ("pairs", "score"):
        if name == "rows" and command == "score":
            continue  # is a load of 700 000 cases

        @bomb(f"csv, {name}: {command}")
        def _(
            folder: Path, smaller: int, s: str = start, e: str = each, z: str = end,
            c: str = command,
        ) -> list[str]:  # fmt: skip
            return table(folder, filled(s, e, z, smaller), command=c)


@bomb("jsonl, rows of nothing")
def _(folder: Path, smaller: int) -> list[str]:
    each = '{"case":"#","pred":"x","gt":"y"}\n'
    return table(folder, filled("", each, "", smaller), "t.jsonl", "score")


@bomb("jsonl, lists in lists")
def _(folder: Path, smaller: int) -> list[str]:
    return table(folder, "[" * (SIZE // smaller) + "\n", "t.jsonl", "score")


@bomb("csv, points of one place")
def _(folder: Path, smaller: int) -> list[str]:
    head = "seriesuid,coordX,coordY,coordZ"
    (folder / "g.csv").write_text(filled(f"{head},diameter_mm\n", "a,1,1,1,9\n", "", smaller))
    (folder / "p.csv").write_text(filled(f"{head},probability\n", "a,1,1,1,1\n", "", smaller))
    return ["score", str(folder / "p.csv"), str(folder / "g.csv"), "-m", "froc"]


@bomb("csv, points of a series each")
def _(folder: Path, smaller: int) -> list[str]:
    head = "seriesuid,coordX,coordY,coordZ"
    (folder / "g.csv").write_text(filled(f"{head},diameter_mm\n", "#,1,1,1,9\n", "", smaller))
    (folder / "p.csv").write_text(filled(f"{head},probability\n", "#,1,1,1,1\n", "", smaller))
    return ["score", str(folder / "p.csv"), str(folder / "g.csv"), "-m", "froc"]


# -- DICOM ----------------------------------------------------------------------------------------

IMPLICIT, EXPLICIT = b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0"
STRUCTURES = b"1.2.840.10008.5.1.4.1.1.481.3\0"


def long(group: int, number: int, value: bytes) -> bytes:
    """An element, implicit little endian."""
    value += b" " * (len(value) % 2)
    return struct.pack("<HHL", group, number, len(value)) + value


def sequence(group: int, number: int, items: Iterable[bytes]) -> bytes:
    """A sequence, implicit little endian."""
    parts = (struct.pack("<HHL", 0xFFFE, 0xE000, len(one)) + one for one in items)
    return long(group, number, b"".join(parts))


def contour(points: str) -> bytes:
    """A closed contour."""
    many = points.count("\\") // 3 + 1
    return (
        long(0x3006, 0x42, b"CLOSED_PLANAR") + long(0x3006, 0x46, str(many).encode())
        + long(0x3006, 0x50, points.encode())
    )  # fmt: skip


def square(x: float, y: float, z: float, side: float = 9) -> bytes:
    """A square in a plane."""
    corners = ((0, 0), (side, 0), (side, side), (0, side))
    return contour("\\".join(f"{x + a:g}\\{y + b:g}\\{z:g}" for a, b in corners))


def structures(folder: Path, drawn: dict[str, Iterable[bytes]], *extra: bytes) -> list[str]:
    """A structure set, scored against itself."""
    names = [
        long(0x3006, 0x22, str(n).encode()) + long(0x3006, 0x26, name.encode())
        for n, name in enumerate(drawn, 1)
    ]
    items = [
        sequence(0x3006, 0x40, contours) + long(0x3006, 0x84, str(n).encode())
        for n, contours in enumerate(drawn.values(), 1)
    ]
    body = long(8, 0x16, STRUCTURES) + long(8, 0x18, b"1.2\0") + long(0x10, 0x20, b"P1")
    body += sequence(0x3006, 0x20, names) + sequence(0x3006, 0x39, items) + b"".join(extra)
    return paired(dicom(folder / "a.dcm", STRUCTURES, body, IMPLICIT))


@bomb("rtstruct, structures")
def _(folder: Path, smaller: int) -> list[str]:
    return structures(folder, {f"s{n}": [square(0, 0, z) for z in (0, 3)] for n in range(45_000 // smaller)})  # fmt: skip # noqa: E501


@bomb("rtstruct, structures without contours")
def _(folder: Path, smaller: int) -> list[str]:
    return structures(folder, {f"s{n}": [] for n in range(180_000 // smaller)})


@bomb("rtstruct, structures of names that are one")
def _(folder: Path, smaller: int) -> list[str]:
    names = {f"a{' ' * (n % 60)}b{'-' * (n // 60)}": [square(0, 0, z) for z in (0, 3)] for n in range(20_000 // smaller)}  # fmt: skip # noqa: E501
    return structures(folder, names)


@bomb("rtstruct, contours of one plane")
def _(folder: Path, smaller: int) -> list[str]:
    many = 160_000 // smaller
    plane = [square(n % 400, n // 400, 0) for n in range(many)]
    return structures(folder, {"liver": [*plane, square(0, 0, 3), square(0, 0, 6)]})


@bomb("rtstruct, contours that are one")
def _(folder: Path, smaller: int) -> list[str]:
    return structures(folder, {"liver": [square(0, 0, n % 3 * 3, 400) for n in range(150_000 // smaller)]})  # fmt: skip # noqa: E501


@bomb("rtstruct, planes that are near")
def _(folder: Path, smaller: int) -> list[str]:
    return structures(folder, {"liver": [square(n % 7, 0, n / 50_000) for n in range(150_000 // smaller)]})  # fmt: skip # noqa: E501


@bomb("rtstruct, contours of three points")
def _(folder: Path, smaller: int) -> list[str]:
    tiny = [contour(f"0\\0\\{n % 99}\\1\\0\\{n % 99}\\1\\1\\{n % 99}") for n in range(200_000 // smaller)]  # fmt: skip # noqa: E501
    return structures(folder, {"liver": tiny})


@bomb("rtstruct, images that are named")
def _(folder: Path, smaller: int) -> list[str]:
    named = [long(8, 0x1150, b"1.2") + long(8, 0x1155, f"1.2.3.{n}".encode()) for n in range(350_000 // smaller)]  # fmt: skip # noqa: E501
    series = long(0x20, 0xE, b"1.2.9") + sequence(0x3006, 0x16, named)
    study = long(8, 0x1155, b"1.2.8") + sequence(0x3006, 0x14, [series])
    frame = sequence(0x3006, 0x10, [long(0x20, 0x52, b"1.2.7") + sequence(0x3006, 0x12, [study])])
    return structures(folder, {"liver": [square(0, 0, z) for z in (0, 3, 6)]}, frame)


def explicit(group: int, number: int, items: Iterable[bytes]) -> bytes:
    """A sequence, explicit little endian."""
    parts = (struct.pack("<HHL", 0xFFFE, 0xE000, len(one)) + one for one in items)
    body = b"".join(parts)
    return struct.pack("<HH", group, number) + b"SQ\0\0" + struct.pack("<L", len(body)) + body


def padded(value: object) -> bytes:
    """A text of even length."""
    text = str(value).encode()
    return text + b" " * (len(text) % 2)


def segmentation(
    folder: Path, side: int, segments: int, frames: Iterable[tuple[int, int]], kind: str = "BINARY"
) -> list[str]:
    """A segmentation; `frames` are segments and heights."""
    shots = list(frames)
    bits = 1 if kind == "BINARY" else 8
    pixels = bytes(-(-side * side * len(shots) * bits // 8) + 1 & ~1)
    us = lambda n: struct.pack("<H", n)  # noqa: E731
    body = element(8, 0x16, b"UI", SEG) + element(8, 0x18, b"UI", b"1.2\0")
    body += element(0x10, 0x20, b"LO", b"P1") + element(0x20, 0x52, b"UI", b"1.2.7\0")
    body += element(0x28, 2, b"US", us(1)) + element(0x28, 4, b"CS", b"MONOCHROME2 ")
    body += element(0x28, 8, b"IS", padded(len(shots)))
    body += element(0x28, 0x10, b"US", us(side)) + element(0x28, 0x11, b"US", us(side))
    body += element(0x28, 0x100, b"US", us(bits)) + element(0x28, 0x101, b"US", us(bits))
    body += element(0x28, 0x102, b"US", us(bits - 1)) + element(0x28, 0x103, b"US", us(0))
    body += element(0x62, 1, b"CS", padded(kind))
    named = (element(0x62, 4, b"US", us(n + 1)) + element(0x62, 5, b"LO", padded(f"s{n}"))
             for n in range(segments))  # fmt: skip
    body += explicit(0x62, 2, named)
    measures = element(0x18, 0x50, b"DS", b"3 ") + element(0x28, 0x30, b"DS", b"1\\1 ")
    direction = element(0x20, 0x37, b"DS", b"1\\0\\0\\0\\1\\0 ")
    body += explicit(0x5200, 0x9229, [explicit(0x28, 0x9110, [measures]) + explicit(0x20, 0x9116, [direction])])  # fmt: skip # noqa: E501
    body += explicit(
        0x5200, 0x9230, (
            explicit(0x20, 0x9113, [element(0x20, 0x32, b"DS", padded(f"0\\0\\{z}"))])
            + explicit(0x62, 0xA, [element(0x62, 0xB, b"US", us(n))])
            for n, z in shots
        )
    )  # fmt: skip
    body += struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0" + struct.pack("<L", len(pixels)) + pixels
    return paired(dicom(folder / "a.dcm", SEG, body, EXPLICIT))


@bomb("seg, frames of a pixel")
def _(folder: Path, smaller: int) -> list[str]:
    many = 150_000 // smaller
    return segmentation(folder, 1, 1, ((1, n) for n in range(many)))


@bomb("seg, frames of one place")
def _(folder: Path, smaller: int) -> list[str]:
    return segmentation(folder, 8, 1, ((1, n % 9) for n in range(140_000 // smaller)))


@bomb("seg, segments")
def _(folder: Path, smaller: int) -> list[str]:
    many = 60_000 // smaller
    return segmentation(folder, 4, many, ((n + 1, n % 5) for n in range(many)))


@bomb("seg, segments without frames")
def _(folder: Path, smaller: int) -> list[str]:
    return segmentation(folder, 64, 65_000 // smaller, ((1, n) for n in range(4)))


@bomb("seg, frames far apart")
def _(folder: Path, smaller: int) -> list[str]:
    return segmentation(folder, 4096, 1, ((1, n * 1000) for n in range(6)))


@bomb("nrrd, segments in layers")
def _(folder: Path, smaller: int) -> list[str]:
    many = 16_000 // smaller
    keys = "".join(
        f"Segment{n}_ID:=s{n}\nSegment{n}_Name:=n{n}\nSegment{n}_Layer:={n % 8}\n"
        f"Segment{n}_LabelValue:={n // 8 + 1}\nSegment{n}_Extent:=0 1 0 1 0 1\n"
        for n in range(many)
    )
    head = (
        "NRRD0004\ntype: uint16\ndimension: 4\nsizes: 8 20 20 20\nencoding: raw\nendian: little\n"
        "space: left-posterior-superior\nkinds: list domain domain domain\n"
        "space directions: none (1,0,0) (0,1,0) (0,0,1)\n"
        f"space origin: (0,0,0)\n{keys}\n"
    )
    values = np.arange(64_000, dtype="<u2") // 8 % (many // 8) + 1
    (folder / "a.seg.nrrd").write_bytes(head.encode() + values.tobytes())
    return paired(folder / "a.seg.nrrd")


@bomb("nifti, labels in every voxel")
def _(folder: Path, smaller: int) -> list[str]:
    side = 200 // (2 if smaller > 1 else 1)
    np.save(folder / "a.npy", (np.arange(side**3) % 65_535).astype(np.uint16).reshape(side, -1, side))  # fmt: skip # noqa: E501
    return ["score", str(folder / "a.npy"), str(folder / "a.npy"), "-m", "dice,hd95"]


@bomb("png, labels in every pixel")
def _(folder: Path, smaller: int) -> list[str]:
    from PIL import Image

    side = 2600 // (2 if smaller > 1 else 1)
    labels = (np.arange(side * side) % 65_535).astype(np.uint16).reshape(side, side)
    Image.fromarray(labels).save(folder / "a.png")
    return ["score", str(folder / "a.png"), str(folder / "a.png"), "-m", "dice,hd95,pq"]


@bomb("png, noise in instances")
def _(folder: Path, smaller: int) -> list[str]:
    side = 4000 // (2 if smaller > 1 else 1)
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 2, (side, side)).astype(bool)
    Image.fromarray(noise).save(folder / "a.png")
    words = ["score", *[str(folder / "a.png")] * 2, "--instances", "components"]
    return [*words, "-m", "dice,hd95,pq,betti1_error"]


if __name__ == "__main__":
    for known in list(BOMBS)[:FIRST]:
        del BOMBS[known]
    sys.exit(main())
