"""More small files that unpack, draw or parse to something large: other readers, tables, settings.

    python benchmarks/bombs_of_formats.py [--only WORD] [--small]

What holds of `bombs.py`, which it is run with, holds here.
"""

from __future__ import annotations

import base64
import bz2
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from bombs import (
    BOMBS,
    bomb,
    coco,
    dicom,
    element,
    main,
    mask,
    nifti_header,
    paired,
    png,
    zeros,
)

FIRST = len(BOMBS)  # those of bombs.py


# -- volumes --------------------------------------------------------------------------------------


def nrrd_head(planes: int, encoding: str) -> bytes:
    """The header of a volume of so many planes of 4 MiB."""
    return (
        f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2048 2048 {planes}\nencoding: {encoding}\n"
        "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"
        "space origin: (0,0,0)\n\n"
    ).encode()


@bomb("nrrd, zeros of 4 GiB in bzip2")
def _(folder: Path, smaller: int) -> list[str]:
    planes = 1024 // smaller
    packer = bz2.BZ2Compressor(9)
    body = b"".join(packer.compress(bytes(4 << 20)) for _ in range(planes)) + packer.flush()
    (folder / "a.nrrd").write_bytes(nrrd_head(planes, "bzip2") + body)
    return paired(folder / "a.nrrd")


@bomb("nrrd, bzip2 of more than it says")
def _(folder: Path, smaller: int) -> list[str]:
    packer = bz2.BZ2Compressor(9)
    parts = (packer.compress(bytes(4 << 20)) for _ in range(1024 // smaller))
    body = b"".join(parts) + packer.flush()
    (folder / "a.nrrd").write_bytes(nrrd_head(1, "bzip2") + body)
    return paired(folder / "a.nrrd")


@bomb("nrrd, a hundred thousand segments")
def _(folder: Path, smaller: int) -> list[str]:
    many = 100_000 // smaller
    keys = "".join(
        f"Segment{n}_ID:=s{n}\nSegment{n}_Name:=n{n}\nSegment{n}_Layer:=0\n"
        f"Segment{n}_LabelValue:={n + 1}\nSegment{n}_Extent:=0 1 0 1 0 1\n"
        for n in range(many)
    )
    head = (
        "NRRD0004\ntype: uint32\ndimension: 3\nsizes: 8 8 8\nencoding: raw\nendian: little\n"
        "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"
        f"space origin: (0,0,0)\n{keys}\n"
    )
    values = np.arange(512, dtype="<u4") % many + 1
    (folder / "a.seg.nrrd").write_bytes(head.encode() + values.tobytes())
    return paired(folder / "a.seg.nrrd")


@bomb("mha, zeros of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    planes = 1024 // smaller
    head = (
        f"ObjectType = Image\nNDims = 3\nDimSize = 2048 2048 {planes}\nElementType = MET_UCHAR\n"
        "ElementSpacing = 1 1 1\nCompressedData = True\nElementDataFile = LOCAL\n"
    )
    (folder / "a.mha").write_bytes(head.encode() + zeros(planes << 22))
    return paired(folder / "a.mha")


@bomb("mgz, zeros of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    planes = 1024 // smaller
    head = bytearray(284)
    struct.pack_into(">7i", head, 0, 1, 2048, 2048, planes, 1, 0, 0)
    struct.pack_into(">h15f", head, 28, 1, 1, 1, 1, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(bytes(head))]
    parts += [packer.compress(bytes(4 << 20)) for _ in range(planes)]
    (folder / "a.mgz").write_bytes(b"".join(parts) + packer.flush())
    return paired(folder / "a.mgz")


@bomb("nifti, distances in 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    planes = 1024 // smaller
    plane = bytearray(4 << 20)
    plane[5 * 2048 + 5] = plane[-3000] = 1
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(nifti_header((2048, 2048, planes)))]
    ends = [*range(4), *range(planes - 3, planes)]
    parts += [packer.compress(bytes(plane if n in ends else 4 << 20)) for n in range(planes)]
    (folder / "a.nii.gz").write_bytes(b"".join(parts) + packer.flush())
    return ["score", str(folder / "a.nii.gz"), str(folder / "a.nii.gz"), "-m", "dice,hd95,nsd@2mm"]


@bomb("nifti, surfaces of a solid of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    planes = 1024 // smaller
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(nifti_header((2048, 2048, planes)))]
    parts += [packer.compress(b"\1" * (4 << 20)) for _ in range(planes)]
    (folder / "a.nii.gz").write_bytes(b"".join(parts) + packer.flush())
    return ["score", str(folder / "a.nii.gz"), str(folder / "a.nii.gz"), "-m", "dice,hd95"]


@bomb("nifti, channels of one voxel")
def _(folder: Path, smaller: int) -> list[str]:
    shape = (1, 1, 1, 32767 // smaller)
    values = np.zeros(shape, "<f4").tobytes()
    (folder / "a.nii").write_bytes(nifti_header(shape, 16, 32) + values)
    return paired(folder / "a.nii")


@bomb("png, a chessboard in components")
def _(folder: Path, smaller: int) -> list[str]:
    side = 16_384 // smaller
    png(folder / "a.png", (side, side), 1, 0)
    rows = [b"\0" + bytes([0x55 << (n % 2) & 0xFF]) * (side // 8) for n in range(2)]
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(rows[n % 2]) for n in range(side)) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    (folder / "a.png").write_bytes(content)
    return ["score", *[str(folder / "a.png")] * 2, "-m", "pq", "--instances", "components"]


def tiff(path: Path, tags: dict[int, tuple[int, list[int]]], body: bytes) -> Path:
    """A TIFF of tags (kind, numbers), the tile or strip behind them; offsets are filled in."""
    size = {3: 2, 4: 4}
    entries, extra = b"", b""
    behind = 8 + 2 + 12 * len(tags) + 4
    for tag, (kind, numbers) in sorted(tags.items()):
        packed = struct.pack(f"<{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        value = packed.ljust(4, b"\0")
        if len(numbers) * size[kind] > 4:
            value, extra = struct.pack("<I", behind + len(body) + len(extra)), extra + packed
        entries += struct.pack("<HHI", tag, kind, len(numbers)) + value
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)
    path.write_bytes(head + body + extra)
    return path


def tiles(folder: Path, side: int, tile: int) -> Path:
    """A black picture of tiles, all of which are one and the same."""
    many = (-(-side // tile)) ** 2
    body = zeros(tile * tile)
    at = 8 + 2 + 12 * 10 + 4
    tags = {256: (4, [side]), 257: (4, [side]), 258: (3, [8]), 259: (3, [8]), 262: (3, [1]),
            277: (3, [1]), 322: (4, [tile]), 323: (4, [tile]), 324: (4, [at] * many),
            325: (4, [len(body)] * many)}  # fmt: skip
    return tiff(folder / "a.tif", tags, body)


@bomb("tiff, one tile of 4 GiB")
def _(folder: Path, smaller: int) -> list[str]:
    side = 65_536 // smaller
    return paired(tiles(folder, side, side))


@bomb("tiff, a million tiles that are one")
def _(folder: Path, smaller: int) -> list[str]:
    return paired(tiles(folder, 64_000 // smaller, 64))


# -- contours -------------------------------------------------------------------------------------


@bomb("dicom, contours anywhere")
def _(folder: Path, smaller: int) -> list[str]:
    rng = np.random.default_rng(0)

    def long(group: int, number: int, value: bytes) -> bytes:
        value += b" " * (len(value) % 2)
        return struct.pack("<HHL", group, number, len(value)) + value

    def sequence(group: int, number: int, *items: bytes) -> bytes:
        parts = (struct.pack("<HHL", 0xFFFE, 0xE000, len(one)) + one for one in items)
        return long(group, number, b"".join(parts))

    contours = []
    for z in rng.uniform(-9000, 9000, 40_000 // smaller):
        x, y = rng.uniform(-9000, 9000, 2)
        points = [f"{x + a:.1f}\\{y + b:.1f}\\{z:.3f}" for a, b in ((0, 0), (9, 0), (9, 9), (0, 9))]
        data = "\\".join(points).encode()
        contours.append(
            long(0x3006, 0x42, b"CLOSED_PLANAR") + long(0x3006, 0x46, b"4")
            + long(0x3006, 0x50, data)
        )  # fmt: skip
    body = long(8, 0x16, b"1.2.840.10008.5.1.4.1.1.481.3\0") + long(8, 0x18, b"1.2\0")
    body += long(0x10, 0x20, b"P1")
    body += sequence(0x3006, 0x20, long(0x3006, 0x22, b"1") + long(0x3006, 0x26, b"liver"))
    body += sequence(0x3006, 0x39, sequence(0x3006, 0x40, *contours) + long(0x3006, 0x84, b"1"))
    kind = b"1.2.840.10008.5.1.4.1.1.481.3\0"
    return paired(dicom(folder / "a.dcm", kind, body, b"1.2.840.10008.1.2\0"))


@bomb("dicom, a segmentation of a million frames")
def _(folder: Path, smaller: int) -> list[str]:
    kind = b"1.2.840.10008.5.1.4.1.1.66.4"
    body = element(8, 0x16, b"UI", kind) + element(0x28, 8, b"IS", b"%-8d" % (1_000_000 // smaller))
    body += element(0x28, 0x10, b"US", b"\xff\xff") + element(0x28, 0x11, b"US", b"\xff\xff")
    frames = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * (1_000_000 // smaller)
    body += struct.pack("<HH", 0x5200, 0x9230) + b"SQ\0\0" + struct.pack("<L", len(frames)) + frames
    return paired(dicom(folder / "a.dcm", kind, body, b"1.2.840.10008.1.2.1\0"))


# -- text -----------------------------------------------------------------------------------------


@bomb("coco, run lengths of 900 million pixels")
def _(folder: Path, smaller: int) -> list[str]:
    side = 30_000 // smaller
    half = side * side // 2
    return coco(folder, {"size": [side, side], "counts": [half, side * side - half]}, side, 200)


@bomb("geojson, a million vertices")
def _(folder: Path, smaller: int) -> list[str]:
    angles = np.linspace(0, 2 * np.pi, 600_000 // smaller)
    ring = np.round(2000 + 1900 * np.stack([np.cos(angles), np.sin(angles)], 1), 2)
    ring[1::2] = 2000  # every second one at the middle
    polygon = {"type": "Polygon", "coordinates": [ring.tolist()]}
    feature = {"type": "Feature", "geometry": polygon, "properties": {"name": "a"}}
    (folder / "a.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]})
    )
    return paired(folder / "a.geojson", mask(folder, 4000, 4000))


@bomb("geojson, two hundred thousand features")
def _(folder: Path, smaller: int) -> list[str]:
    ring = "[[0,0],[4000,0],[4000,4000],[0,0]]"
    polygon = '{"type":"Polygon","coordinates":[' + ring + "]}"
    many = ",".join(['{"type":"Feature","geometry":' + polygon + "}"] * (140_000 // smaller))
    text = '{"type":"FeatureCollection","features":[' + many + "]}"
    (folder / "a.geojson").write_text(text)
    return paired(folder / "a.geojson", mask(folder, 4000, 4000))


@bomb("labelme, an image of 2 thousand million pixels")
def _(folder: Path, smaller: int) -> list[str]:
    side = 46_000
    shape = {"label": "a", "shape_type": "polygon", "points": [[0, 0], [side, 0], [side, side]]}
    content = {"imageHeight": side, "imageWidth": side, "shapes": [shape] * (30_000 // smaller)}
    (folder / "a.json").write_text(json.dumps(content))
    return paired(folder / "a.json")


@bomb("labelme, masks that unpack")
def _(folder: Path, smaller: int) -> list[str]:
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (10_000 // smaller, 10_000 // smaller), 1).save(file, "png")
    text = base64.b64encode(file.getvalue()).decode()
    end = 10_000 // smaller - 1
    shape = {"label": "a", "shape_type": "mask", "points": [[0, 0], [end, end]], "mask": text}
    many = (12 << 20) // len(text) // smaller
    content = {"imageHeight": end + 1, "imageWidth": end + 1, "shapes": [shape] * max(1, many)}
    (folder / "a.json").write_text(json.dumps(content))
    return paired(folder / "a.json")


@bomb("yolo, lines")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "a.txt").write_text("0 0 0 1 0 1 1 0 1\n" * (600_000 // smaller))
    png(folder / "a.png", (4000, 4000), 8, 0)
    return paired(folder / "a.txt", mask(folder, 4000, 4000))


@bomb("json, nested for ever")
def _(folder: Path, smaller: int) -> list[str]:
    (folder / "a.geojson").write_text('{"a":' * ((12 << 20) // 5 // smaller))
    return paired(folder / "a.geojson", mask(folder, 20, 24))


@bomb("toml, gates")
def _(folder: Path, smaller: int) -> list[str]:
    lines = "".join(f'"dice.p{n % 99 + 1}=0.{n}",\n' for n in range(500_000 // smaller))
    (folder / "s.toml").write_text(f"gates = [\n{lines}]\n")
    return [*paired(mask(folder)), "-c", str(folder / "s.toml")]


@bomb("toml, a million classes")
def _(folder: Path, smaller: int) -> list[str]:
    lines = "".join(f"[classes.c{n}]\nlabel = {n + 1}\n" for n in range(400_000 // smaller))
    (folder / "s.toml").write_text(lines)
    return [*paired(mask(folder)), "-c", str(folder / "s.toml")]


@bomb("csv, a cell of 15 MB")
def _(folder: Path, smaller: int) -> list[str]:
    name = "a" * ((15 << 20) // smaller)
    (folder / "t.csv").write_text(f"case,pred,gt\n{name},mask.npy,mask.npy\nb,mask.npy,mask.npy\n")
    mask(folder)
    return ["score", "--pairs", str(folder / "t.csv"), "-m", "dice"]


@bomb("csv, half a million rows of nothing")
def _(folder: Path, smaller: int) -> list[str]:
    rows = "".join(f"c{n},x,y\n" for n in range(1_000_000 // smaller))
    (folder / "t.csv").write_text("case,pred,gt\n" + rows)
    return ["pairs", "--pairs", str(folder / "t.csv"), "--strict"]


@bomb("csv, points")
def _(folder: Path, smaller: int) -> list[str]:
    head = "seriesuid,coordX,coordY,coordZ"
    rows = "".join(f"a,{n % 99},{n // 99 % 99},{n % 7}\n" for n in range(800_000 // smaller))
    (folder / "g.csv").write_text(f"{head},diameter_mm\n" + rows.replace("\n", ",9\n"))
    (folder / "p.csv").write_text(f"{head},probability\n" + rows.replace("\n", ",1\n"))
    return ["score", str(folder / "p.csv"), str(folder / "g.csv"), "-m", "froc"]


if __name__ == "__main__":
    for known in list(BOMBS)[:FIRST]:
        del BOMBS[known]
    sys.exit(main())
