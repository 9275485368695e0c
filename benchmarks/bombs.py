"""Make small files that unpack, draw or parse to something large, and measure what each takes.

    python benchmarks/bombs.py [--only WORD] [--small]

No file of less than 16 MB makes more than 1 GiB of memory or 10 s of processor time: what is larger
is read in parts, or has a size that it declares and `--max-memory` refuses (`over_budget`). And no
status is 1 (a gate's) or 5 (a bug).
Each bomb is scored against itself or against a small mask, in a process of its own.
`--small` makes files that are 8 times smaller, for CI (`tests/test_bombs.py`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

MOST_BYTES, MOST_SECONDS = 1 << 30, 10.0
KILLED_AT = 3 << 30  # bytes, or LATEST seconds: the measuring machine is to stay usable
LATEST = 900.0
LARGEST_FILE = 16 << 20

Bomb = Callable[[Path, int], Sequence[str]]
BOMBS: dict[str, Bomb] = {}


def bomb(name: str) -> Callable[[Bomb], Bomb]:
    """Register a bomb: it writes files of a size into a folder and gives the command's words."""

    def register(make: Bomb) -> Bomb:
        BOMBS[name] = make
        return make

    return register


def paired(pred: Path, truth: Path | None = None, *more: str) -> list[str]:
    """Score one file, against itself where there is no other."""
    return ["score", str(pred), str(truth or pred), "-m", "dice", *more]


def mask(folder: Path, *shape: int) -> Path:
    """A small mask to score against."""
    made = np.zeros(shape or (8, 20, 24), np.uint8)
    made[..., 4:9, 4:9] = 1
    np.save(folder / "mask.npy", made)
    return folder / "mask.npy"


# -- pictures -----------------------------------------------------------------------------------


def zeros(count: int, step: int = 4 << 20, wbits: int = 15) -> bytes:
    """So many zeros, deflated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    parts = [packer.compress(bytes(min(step, count - at))) for at in range(0, count, step)]
    return b"".join(parts) + packer.flush()


def png(path: Path, side: tuple[int, int], depth: int, colour: int, interlaced: int = 0) -> Path:
    """A black PNG of a kind: (rows, columns)."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = (side[1] * depth * channels + 7) // 8 + 1
    content = zeros(row * side[0] + (side[0] * 2 if interlaced else 0))

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side[1], side[0], depth, colour, 0, 0, interlaced)
    palette = chunk(b"PLTE", bytes(range(6))) if colour == 3 else b""
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), palette, chunk(b"IDAT", content)]
    path.write_bytes(b"".join(parts) + chunk(b"IEND", b""))
    return path


for label, depth, colour, side in (
    ("grey", 8, 0, 40000), ("grey of 1 bit", 1, 0, 40000), ("grey of 16 bits", 16, 0, 25000),
    ("colours", 8, 2, 20000), ("colours with alpha", 8, 6, 16000), ("grey with alpha", 8, 4, 20000),
    ("palette", 8, 3, 40000), ("palette of 2 bits", 2, 3, 40000),
):  # fmt: skip

    @bomb(f"png, {label}")
    def _(folder: Path, smaller: int, d: int = depth, c: int = colour, s: int = side) -> list[str]:
        return paired(png(folder / "a.png", (s // smaller, s), d, c))


@bomb("png, interlaced")
def _(folder: Path, smaller: int) -> list[str]:
    return paired(png(folder / "a.png", (20000, 20000 // smaller), 8, 0, 1))


@bomb("png, one row")
def _(folder: Path, smaller: int) -> list[str]:
    return paired(png(folder / "a.png", (1, (1 << 31) // smaller - 1), 8, 0))


@bomb("png, a size that is not there")
def _(folder: Path, smaller: int) -> list[str]:
    path = png(folder / "a.png", (4, 4), 8, 2)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 0x7FFFFFFF, 0x7FFFFFFF)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    return paired(path)


@bomb("png, a text chunk")
def _(folder: Path, smaller: int) -> list[str]:
    path = png(folder / "a.png", (4, 4), 8, 2)
    body = b"Comment\0\0" + zeros((1 << 31) // smaller)
    text = struct.pack(">I", len(body)) + b"zTXt" + body
    text += struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = path.read_bytes()
    path.write_bytes(data[:33] + text + data[33:])
    return paired(path)


def tiff(path: Path, mode: str, side: int, **how: object) -> Path:
    """A black TIFF through tifffile."""
    import tifffile

    shape = {"rgb": (side, side, 3)}.get(mode, (side, side))
    dtype = np.uint16 if mode == "16" else np.uint8
    page = np.broadcast_to(np.zeros(1, dtype), shape)
    photometric = "rgb" if mode == "rgb" else "minisblack"
    tifffile.imwrite(path, page, photometric=photometric, **how)
    return path


for label, mode, side, how in (
    ("deflate, one strip", "8", 32000, {"compression": "zlib", "rowsperstrip": 32000}),
    ("deflate, tiles", "8", 32000, {"compression": "zlib", "tile": (256, 256)}),
    ("deflate, one tile", "8", 16384, {"compression": "zlib", "tile": (16384, 16384)}),
    ("16 bits", "16", 20000, {"compression": "zlib", "rowsperstrip": 64}),
    ("colours, one strip", "rgb", 16000, {"compression": "zlib", "rowsperstrip": 16000}),
    ("colours, tiles", "rgb", 16000, {"compression": "zlib", "tile": (512, 512)}),
):

    @bomb(f"tiff, {label}")
    def _(
        folder: Path, smaller: int, m: str = mode, s: int = side, h: dict[str, object] = how
    ) -> list[str]:
        return paired(tiff(folder / "a.tif", m, s // (2 if smaller > 1 else 1), **h))


for label, mode, compression, side in (
    ("LZW", "L", "tiff_lzw", 14000), ("LZW of colours", "RGB", "tiff_lzw", 10000),
    ("fax", "1", "group4", 40000), ("PackBits", "L", "packbits", 20000),
):  # fmt: skip

    @bomb(f"tiff, {label}")
    def _(
        folder: Path, smaller: int, m: str = mode, c: str = compression, s: int = side
    ) -> list[str]:
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None
        side = s // (2 if smaller > 1 else 1)
        Image.new(m, (side, side)).save(folder / "a.tif", compression=c)
        return paired(folder / "a.tif")


@bomb("tiff, tags that point at themselves")
def _(folder: Path, smaller: int) -> list[str]:
    many = (14 << 20) // smaller // 4
    pages = []
    for number in range(200):
        entries = [(256, 4, 1, 64), (257, 4, 1, 64), (273, 4, many, 8), (279, 4, many, 8)]
        raw = b"".join(struct.pack("<HHII", *entry) for entry in entries)
        after = 8 + 4 * many + (number + 1) * (6 + len(raw))
        pages.append(struct.pack("<H", len(entries)) + raw + struct.pack("<I", after))
    start = struct.pack("<2sHI", b"II", 42, 8 + 4 * many)
    (folder / "a.tif").write_bytes(start + os.urandom(4 * many) + b"".join(pages))
    return paired(folder / "a.tif")


@bomb("gif")
def _(folder: Path, smaller: int) -> list[str]:
    from PIL import Image

    Image.new("P", (16000, 16000 // smaller)).save(folder / "a.gif")
    return paired(folder / "a.gif")


@bomb("bmp, run lengths")
def _(folder: Path, smaller: int) -> list[str]:
    side = 30000
    rows = (b"\xff\0" * (side // 255) + bytes([side % 255, 0]) + b"\0\0") * (side // smaller)
    head = struct.pack("<2sIHHI", b"BM", 54 + 1024 + len(rows), 0, 0, 54 + 1024)
    head += struct.pack("<IiiHHIIiiII", 40, side, side // smaller, 1, 8, 1, len(rows), 1, 1, 256, 0)
    (folder / "a.bmp").write_bytes(head + bytes(1024) + rows)
    return paired(folder / "a.bmp")


# -- volumes ------------------------------------------------------------------------------------


@bomb("npz, a header of 2 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    size = (1 << 31) // smaller
    path = folder / "a.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("probabilities.npy", "w", force_zip64=True) as file,
    ):
        file.write(b"\x93NUMPY\x02\x00" + struct.pack("<I", size))
        for _ in range(size >> 22):
            file.write(b" " * (4 << 20))
    return paired(path, mask(folder))


@bomb("npz, labels of 8 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    size = (1 << 33) // smaller
    with (
        zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("seg.npy", "w", force_zip64=True) as file,
    ):
        about = {"descr": "|u1", "fortran_order": False, "shape": (size >> 22, 2048, 2048)}
        np.lib.format.write_array_header_1_0(file, about)
        for _ in range(size >> 22):
            file.write(bytes(4 << 20))
    return [*paired(folder / "a.npz", mask(folder))]


@bomb("npz, many members")
def _(folder: Path, smaller: int) -> list[str]:
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        for number in range(120_000 // smaller):
            archive.writestr(f"{number}.npy", b"")
    return paired(folder / "a.npz", mask(folder))


@bomb("npz, RoIs of 2 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    many = 700_000 // smaller
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in (
            ("masks", (many, 1, 28, 28)),
            ("boxes", (many, 4)),
            ("labels", (many,)),
        ):
            descr = "<i8" if name == "labels" else "<f4"
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                about = {"descr": descr, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, about)
                left = int(np.prod(shape)) * int(descr[-1])
                while left:
                    left -= file.write(bytes(min(left, 4 << 20)))
    truth = np.zeros((20, 24), np.int32)
    np.save(folder / "g.npy", truth)
    return paired(folder / "a.npz", folder / "g.npy", "--instances", "1000", "--classes", "1=a")


def nifti_header(shape: tuple[int, ...], code: int = 2, bits: int = 8) -> bytes:
    """348 bytes that announce a shape."""
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, len(shape), *shape, *[1] * (7 - len(shape)))
    struct.pack_into("<2h", head, 70, code, bits)
    struct.pack_into("<8f", head, 76, *[1.0] * 8)
    struct.pack_into("<f", head, 108, 352)
    struct.pack_into("<h", head, 254, 1)
    struct.pack_into("<12f", head, 280, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    head[344:348] = b"n+1\0"
    return bytes(head)


@bomb("nifti, zeros of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    shape = (2048, 2048, 1024 // smaller)
    content = nifti_header(shape)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with (folder / "a.nii.gz").open("wb") as file:
        file.write(packer.compress(content))
        for _ in range(shape[2]):
            file.write(packer.compress(bytes(4 << 20)))
        file.write(packer.flush())
    return paired(folder / "a.nii.gz")


@bomb("nifti, a shape that is not there")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "a.nii").write_bytes(nifti_header((32767, 32767, 32767)) + bytes(100))
    return paired(folder / "a.nii")


@bomb("nifti, surfaces of a shape that is not there")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "a.nii.gz").write_bytes(gzip.compress(nifti_header((32767, 32767, 32767))))
    return ["score", str(folder / "a.nii.gz"), str(folder / "a.nii.gz"), "-m", "hd95"]


@bomb("nifti, gzip in gzip")
def _(folder: Path, smaller: int) -> list[str]:
    inner = gzip.compress(bytes((1 << 30) // smaller))
    for _ in range(3):
        inner = gzip.compress(inner)
    (folder / "a.nii.gz").write_bytes(inner)
    return paired(folder / "a.nii.gz")


@bomb("nifti, an extension of 2 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    head = bytearray(nifti_header((8, 8, 8)))
    struct.pack_into("<f", head, 108, float((1 << 31) // smaller))
    head[348] = 1
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with (folder / "a.nii.gz").open("wb") as file:
        file.write(packer.compress(bytes(head)))
        for _ in range((1 << 31) // smaller >> 22):
            file.write(packer.compress(bytes(4 << 20)))
        file.write(packer.flush())
    return paired(folder / "a.nii.gz")


@bomb("nrrd, a header without an end")
def _(folder: Path, smaller: int) -> list[str]:
    line = b"key%d:=" + b"x" * 100 + b"\n"
    lines = b"".join(line % n for n in range((14 << 20) // 110 // smaller))
    (folder / "a.nrrd").write_bytes(b"NRRD0004\n" + lines)
    return paired(folder / "a.nrrd")


@bomb("nrrd, one line")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "a.nrrd").write_bytes(b"NRRD0004\ncontent: " + b"x" * ((14 << 20) // smaller))
    return paired(folder / "a.nrrd")


@bomb("nrrd, zeros of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    planes = 1024 // smaller
    head = (
        f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2048 2048 {planes}\nencoding: gzip\n"
        "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"
        "space origin: (0,0,0)\n\n"
    )
    (folder / "a.nrrd").write_bytes(head.encode() + zeros(planes << 22, wbits=31))
    return paired(folder / "a.nrrd")


@bomb("mha, a shape that is not there")
def _(folder: Path, smaller: int) -> list[str]:
    head = (
        "ObjectType = Image\nNDims = 3\nDimSize = 99999 99999 99999\nElementType = MET_UCHAR\n"
        "CompressedData = True\nElementDataFile = LOCAL\n"
    )
    (folder / "a.mha").write_bytes(head.encode() + zlib.compress(bytes(1000)))
    return paired(folder / "a.mha")


# -- DICOM --------------------------------------------------------------------------------------

RT, SEG = b"1.2.840.10008.5.1.4.1.1.481.3\0", b"1.2.840.10008.5.1.4.1.1.66.4"
DEFLATED = b"1.2.840.10008.1.2.1.99"


def element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
    """A short element, explicit little endian."""
    return struct.pack("<HH", group, number) + kind + struct.pack("<H", len(value)) + value


def dicom(path: Path, kind: bytes, body: bytes, syntax: bytes = DEFLATED) -> Path:
    """A file of a SOP class with a body as it is stored."""
    meta = element(2, 2, b"UI", kind) + element(2, 0x10, b"UI", syntax)
    meta = element(2, 0, b"UL", struct.pack("<L", len(meta))) + meta
    path.write_bytes(bytes(128) + b"DICM" + meta + body)
    return path


@bomb("dicom, a deflated text of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    size = (1 << 32) // smaller - 2
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = element(8, 0x16, b"UI", RT) + struct.pack("<HH", 0x3006, 4) + b"UT\0\0"
    body = packer.compress(head + struct.pack("<L", size))
    body += b"".join(packer.compress(bytes(4 << 20)) for _ in range((size + 2) >> 22))
    path = dicom(folder / "a.dcm", RT, body + packer.flush())
    return ["inspect", str(path)]


@bomb("dicom, items without an end")
def _(folder: Path, smaller: int) -> list[str]:
    items = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * ((14 << 20) // 8 // smaller)
    head = element(8, 0x16, b"UI", RT) + struct.pack("<HH", 0x3006, 0x20) + b"SQ\0\0"
    body = head + struct.pack("<L", len(items)) + items
    path = dicom(folder / "a.dcm", RT, body, b"1.2.840.10008.1.2.1\0")
    return ["inspect", str(path)]


@bomb("dicom, a contour of a million points")
def _(folder: Path, smaller: int) -> list[str]:
    rng = np.random.default_rng(0)
    points = rng.integers(0, 500, (1_200_000 // smaller, 2))
    data = "\\".join(f"{x}\\{y}\\0" for x, y in points.tolist()).encode()
    data += b" " * (len(data) % 2)

    def long(group: int, number: int, kind: bytes, value: bytes) -> bytes:
        return struct.pack("<HHL", group, number, len(value)) + value

    def implicit(group: int, number: int, *items: bytes) -> bytes:
        return long(group, number, b"", b"".join(
            struct.pack("<HHL", 0xFFFE, 0xE000, len(one)) + one for one in items))  # fmt: skip

    contour = long(0x3006, 0x42, b"CS", b"CLOSED_PLANAR ") + long(
        0x3006, 0x46, b"IS", b"%-8d" % len(points)
    )
    contour += long(0x3006, 0x50, b"DS", data)
    flat = b"CLOSED_PLANAR "
    more = [
        long(0x3006, 0x42, b"CS", flat) + long(0x3006, 0x46, b"IS", b"4 ")
        + long(0x3006, 0x50, b"DS", b"0\\0\\%d\\9\\0\\%d\\9\\9\\%d\\0\\9\\%d " % (z, z, z, z))
        for z in (1, 2, 3)
    ]  # fmt: skip
    body = (
        long(8, 0x16, b"UI", RT) + long(8, 0x18, b"UI", b"1.2\0") + long(0x10, 0x20, b"LO", b"P1")
    )
    body += implicit(
        0x3006, 0x20, long(0x3006, 0x22, b"IS", b"1 ") + long(0x3006, 0x26, b"LO", b"liver ")
    )
    body += implicit(
        0x3006, 0x39, implicit(0x3006, 0x40, contour, *more) + long(0x3006, 0x84, b"IS", b"1 ")
    )
    path = dicom(folder / "a.dcm", RT, body, b"1.2.840.10008.1.2\0")
    return paired(path)


# -- text ---------------------------------------------------------------------------------------


def coco(folder: Path, segmentation: object, size: int = 100, many: int = 1) -> list[str]:
    """A COCO file of one image, and detections."""
    marks = [
        {"id": n + 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "segmentation": segmentation}
        for n in range(many)
    ]
    image = {"id": 1, "file_name": "a.png", "height": size, "width": size}
    truth = {"images": [image], "annotations": marks, "categories": [{"id": 1, "name": "cat"}]}
    (folder / "g.json").write_text(json.dumps(truth))
    (folder / "d.json").write_text(json.dumps([one | {"score": 0.5} for one in marks]))
    return paired(folder / "d.json", folder / "g.json")


@bomb("coco, a polygon of a million points")
def _(folder: Path, smaller: int) -> list[str]:
    rng = np.random.default_rng(0)
    points = rng.integers(0, 1000, 2_000_000 // smaller).tolist()
    return coco(folder, [points], 1000)


@bomb("coco, a picture of a million a side")
def _(folder: Path, smaller: int) -> list[str]:
    side = 1_000_000
    return coco(folder, [[0, 0, side, 0, side, side, 0, side]], side)


@bomb("coco, run lengths of a picture that is not there")
def _(folder: Path, smaller: int) -> list[str]:
    side = 1 << 31
    return coco(folder, {"size": [side, side], "counts": [0, side * side]}, side)


@bomb("coco, many run lengths")
def _(folder: Path, smaller: int) -> list[str]:
    side = 4000 // smaller
    return coco(
        folder,
        {
            "size": [side, side],
            "counts": [1] * (side * side // 8) + [side * side - side * side // 8],
        },
        side,
    )


@bomb("coco, many polygons")
def _(folder: Path, smaller: int) -> list[str]:
    return coco(folder, [[0, 0, 4000, 0, 4000, 4000, 0, 4000]], 4000, 60_000 // smaller)


@bomb("json, empty lists")
def _(folder: Path, smaller: int) -> list[str]:
    many = (15 << 20) // 3 // smaller
    (folder / "g.json").write_text('{"images": [' + "[]," * many + "[]]}")
    return paired(folder / "g.json")


@bomb("json, objects")
def _(folder: Path, smaller: int) -> list[str]:
    many = (15 << 20) // 8 // smaller
    (folder / "r.json").write_text(
        '{"schema": "segeval.results/2", "cases": [' + '{"":{}},' * many + "{}]}"
    )
    return ["gate", str(folder / "r.json"), "--gate", "dice=0.5"]


@bomb("json, one number")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "r.json").write_text('{"schema": ' + "9" * ((15 << 20) // smaller) + "}")
    return ["show", str(folder / "r.json")]


@bomb("toml")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "s.toml").write_text("a" + ".a" * ((15 << 20) // 2 // smaller) + " = 1\n")
    return [*paired(mask(folder)), "-c", str(folder / "s.toml")]


@bomb("csv, one row")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "t.csv").write_text("case,pred,gt\n" + "," * ((15 << 20) // smaller))
    return ["score", "--pairs", str(folder / "t.csv"), "-m", "dice"]


# -- measuring ----------------------------------------------------------------------------------


def resident(pid: int) -> int:
    """The largest resident memory of a process so far, bytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def explode(words: Sequence[str], folder: Path) -> tuple[int, float, int, str]:
    """Status, seconds of processor time, peak bytes, and what was said last."""
    command = [sys.executable, "-m", "segeval", *words]
    start, peak = time.monotonic(), 0
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, stdin=subprocess.DEVNULL
        )
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            peak = max(peak, resident(child.pid))
            if peak > KILLED_AT or time.monotonic() - start > LATEST:
                os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.01)
        child.returncode = os.waitstatus_to_exitcode(ended[1])
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.startswith("error")]
    spent = ended[2].ru_utime + ended[2].ru_stime
    return child.returncode, spent, peak, (lines or [""])[0]


def try_bomb(name: str, smaller: int) -> tuple[bool, str]:
    """Whether a bomb does no harm, and a line about it."""
    with tempfile.TemporaryDirectory(prefix="segeval-bomb-") as place:
        folder = Path(place)
        words = BOMBS[name](folder, smaller)
        size = max(path.stat().st_size for path in folder.iterdir())
        status, seconds, peak, said = explode(words, folder)
    good = status in (0, 2, 3, 4) and peak <= MOST_BYTES and seconds <= MOST_SECONDS
    good = good and size <= LARGEST_FILE
    line = f"{name:50} {size / 1e6:5.1f} MB -> {peak >> 20:5} MiB {seconds:5.1f} s  {status}"
    return good, f"{line}{'' if good else '  BOMB'}  {said[:110]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all of them; 1 if one does harm."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default="", help="those with this in their name")
    parser.add_argument("--small", action="store_true", help="8 times smaller")
    asked = parser.parse_args(arguments)
    failed = 0
    for name in (name for name in BOMBS if asked.only in name):
        good, line = try_bomb(name, 8 if asked.small else 1)
        failed += not good
        print(line, flush=True)
    print(f"{failed} do harm")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
