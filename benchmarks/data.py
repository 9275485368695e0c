"""Make the data of the benchmarks, each set from a seed of its own; the scripts call this.

python benchmarks/data.py SET FOLDER

ct             ten pairs 512 x 512 x 150, 22 organs, five to ten of them in a plane
labels104      ten pairs 300 x 300 x 400, 104 organs
labels1        the same, every organ under label 1
streets        200 pairs of label PNG 2048 x 1024, 19 classes, 255 ignored
small          one pair of PNG 64 x 64
cases          2000 of them
probabilities  256 x 256 x 128, softmax of 5 classes in float32, .nii and .nii.gz
wide           192 x 192 x 192, probabilities of 105 classes in float32, a .nii of 3 GB
shades         100 pairs 2048 x 1024, 8-bit probability PNG against masks
pictures       50 label PNG 2048 x 1024 of each kind that is met besides: see write_pictures
many           200 pairs 112 x 112 x 64, 8 organs: 20 patients, each ten times
long           one pair 512 x 512 x 900
spine          one pair 512 x 512 x 17, 22 ids of vertebrae and discs
lesions        one pair 512 x 512 x 150, 59 lesions, some missed, some spurious
nuclei         one pair of PNG 2048 x 2048, 3025 ids of cells, other ids on either side
tumours        one pair 240 x 240 x 155, labels 1 to 3 in 15 tumours
coco           100 images 640 x 480, 80 categories, polygons and runs, detections with scores
coco5000       5 000 of them
vessels        one pair 300 x 300 x 300, two trees
"""

from __future__ import annotations

import gzip
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

Shape = tuple[int, ...]
Floats = np.ndarray


# -- organs -------------------------------------------------------------------------------------


def organs(rng: np.random.Generator, shape: Shape, count: int) -> list[tuple[Floats, Floats]]:
    """Centre and half axes (z, y, x) in voxels: a few large ones, many small, inside a body."""
    body = np.array(shape) * (0.5, 0.3, 0.36)
    found = []
    for number in range(count):
        large = number < count // 7
        half = np.array(shape) * rng.uniform(*((0.09, 0.17) if large else (0.03, 0.09)), 3)
        half[0] = shape[0] * rng.uniform(0.12, 0.3)
        place = rng.uniform(-1, 1, 3)
        place[1:] *= min(1.0, 1 / np.linalg.norm(place[1:]))
        found.append((np.array(shape) / 2 + place * body, half))
    return found


def organ(
    rng: np.random.Generator, shape: Shape, centre: Floats, half: Floats, strays: float
) -> tuple[tuple[slice, ...], Floats, Floats]:
    """Where an organ is, in its box: in the truth, and in a prediction that strays by voxels."""
    reach = half * 1.3 + 2
    low = np.clip((centre - reach).astype(int), 0, shape)
    high = np.clip((centre + reach).astype(int) + 1, 0, shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    points = [x.astype(np.float32) for x in np.ogrid[box]]
    scaled = [(x - c) / h for x, c, h in zip(points, centre.astype(np.float32), half, strict=True)]
    inside = (1 - np.sqrt(sum(s * s for s in scaled))) * np.float32(half[1:].min())
    inside = inside + waves(rng, points, 40) * np.float32(0.08 * half[1:].min())
    rough = rng.normal(0, 0.35, inside.shape).astype(np.float32)
    error = waves(rng, points, 25) * np.float32(strays)
    return box, inside + rough > 0, inside + error + rough[::-1] > 0


def waves(rng: np.random.Generator, points: list[Floats], length: float) -> Floats:
    """Smooth noise of standard deviation 1 from a few waves of about that many voxels."""
    total = np.float32(0)
    for _ in range(4):
        direction = rng.normal(size=len(points))
        direction *= 2 * np.pi / length / np.linalg.norm(direction)
        phase = sum(np.float32(k) * x for k, x in zip(direction, points, strict=True))
        total = total + np.cos(phase + np.float32(rng.uniform(0, 6.28)))
    return total * np.float32(np.sqrt(0.5))


def label_pair(seed: int, shape: Shape, count: int) -> tuple[Floats, Floats]:
    """Label maps (z, y, x) of a patient and of a model that is about 1.5 voxels off."""
    rng = np.random.default_rng(seed)
    truth, pred = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for label, (centre, half) in enumerate(organs(rng, shape, count), 1):
        box, here, there = organ(rng, shape, centre, half, 1.5)
        truth[box][here] = label
        pred[box][there] = label
    return truth, pred


def write_nifti(path: Path, array: Floats, spacing: tuple[float, ...], level: int = 6) -> None:
    """Write an array ([class,] z, y, x)."""
    import nibabel

    image = nibabel.Nifti1Image(array.T, np.diag([*spacing, 1.0]))
    content = image.to_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(content, level, mtime=0) if path.suffix == ".gz" else content
    path.write_bytes(packed)


def write_pairs(folder: Path, shape: Shape, count: int, pairs: int, one: bool = False) -> None:
    """Pairs of label maps; `one` puts every organ under label 1."""
    for number in range(pairs):
        name = f"case_{number:02}.nii.gz"
        for side, labels in zip(("gt", "pred"), label_pair(number, shape, count), strict=True):
            values = (labels > 0).astype(np.uint8) if one else labels
            write_nifti(folder / side / name, values, (1.5, 1.5, 1.5))


def write_many(folder: Path, patients: int = 20, times: int = 10) -> None:
    """Many pairs of some patients: what differs between cases is drawn once, files are copied."""
    write_pairs(folder, (64, 112, 112), 8, patients)
    for path in sorted(folder.rglob("case_*.nii.gz")):
        for again in range(1, times):
            path.with_name(f"again_{again}_{path.name}").write_bytes(path.read_bytes())


# -- pictures -----------------------------------------------------------------------------------


def street(rng: np.random.Generator, shape: Shape, classes: int = 19) -> Floats:
    """A street scene: bands whose borders wander, and things in front of them."""
    height, width = shape
    y = np.arange(height)[:, None]
    picture = np.full(shape, 10, np.uint8)
    for label, level in ((2, 0.2), (8, 0.33), (1, 0.55), (0, 0.62)):
        border = level * height + rng.normal(0, 1, width).cumsum() * (0.6 if label > 1 else 0.1)
        picture[y > border] = label
    for _ in range(100):
        label = int(rng.integers(0, classes))
        size = height * 0.12 * rng.uniform(0.05, 1) ** 2 * rng.uniform(0.5, 1.5, 2) + 2
        middle = np.array([rng.uniform(0.3, 0.8) * height, rng.uniform(0, 1) * width])
        thing(rng, picture, middle, size, label)
    return picture


def thing(
    rng: np.random.Generator, picture: Floats, middle: Floats, size: Floats, label: int
) -> None:
    """Paint a roundish thing with a wobbly outline."""
    low = np.clip((middle - 1.3 * size).astype(int), 0, picture.shape)
    high = np.clip((middle + 1.3 * size).astype(int), 0, picture.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    dy, dx = ((x - m) / s for x, m, s in zip(np.ogrid[box], middle, size, strict=True))
    angle = np.arctan2(dy, dx)
    outline = 1 + 0.12 * np.sin(5 * angle + rng.uniform(0, 6)) + 0.05 * np.sin(23 * angle)
    picture[box][dy * dy + dx * dx < outline] = label


def strayed(rng: np.random.Generator, picture: Floats) -> Floats:
    """What a model makes of it: every row and column moved a little, and a hundred wrong spots."""
    height, width = picture.shape
    rows = np.arange(height) + (2 * np.sin(np.arange(height) / 17)).astype(int)
    columns = np.arange(width) + (3 * np.sin(np.arange(width) / 23)).astype(int)
    moved = picture[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)]
    for _ in range(100):
        middle, size = rng.uniform(0, 1, 2) * moved.shape, rng.uniform(1.5, height / 100 + 2, 2)
        thing(rng, moved, middle, size, int(rng.integers(0, 19)))
    return moved


def write_streets(folder: Path, shape: Shape, pairs: int) -> None:
    """Pairs of label pictures; the ground truth ignores a rim, as data sets do."""
    from PIL import Image

    for number in range(pairs):
        rng = np.random.default_rng(number)
        truth = street(rng, shape)
        pred = strayed(rng, truth)
        truth[-shape[0] // 20 :] = 255
        for side, labels in (("gt", truth), ("pred", pred)):
            path = folder / side / f"street_{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(labels).save(path, compress_level=6)


def write_pictures(folder: Path, shape: Shape = (1024, 2048), count: int = 50) -> None:
    """Label pictures as others write them than Pillow writes greys (`streets`).

    left        every row as differences to the left: OpenCV
    unfiltered  palette pictures of Pillow and libpng
    colours     three channels, of a colour table
    deep        16 bits
    """
    from PIL import Image

    for kind in ("left", "unfiltered", "colours", "deep"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    palette = np.random.default_rng(0).integers(0, 256, (256, 3), np.uint8)
    for number in range(count):
        labels = street(np.random.default_rng(number), shape)
        name = f"street_{number:03}.png"
        left = np.diff(labels, axis=1, prepend=np.uint8(0))
        (folder / "left" / name).write_bytes(png_of(left, 1))
        (folder / "unfiltered" / name).write_bytes(png_of(labels, 0))
        Image.fromarray(palette[labels]).save(folder / "colours" / name)
        Image.fromarray(labels.astype(np.uint16) * 1000).save(folder / "deep" / name)


def png_of(rows: Floats, kind: int) -> bytes:
    """A grey PNG of rows that are filtered already, all in one way."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    height, width = rows.shape
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    packed = zlib.compress(np.insert(rows, 0, kind, axis=1).tobytes())
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


# -- probabilities ------------------------------------------------------------------------------


def write_probabilities(folder: Path, shape: Shape = (128, 256, 256), classes: int = 5) -> None:
    """One case: label map, and the softmax of a model, packed and not."""
    truth, _ = label_pair(0, shape, classes - 1)
    rng = np.random.default_rng(1)
    scores = np.empty((classes, *shape), np.float32)
    for plane in range(shape[0]):
        logits = rng.normal(0, 1, (classes, *shape[1:])).astype(np.float32)
        logits += 6 * (truth[plane] == np.arange(classes)[:, None, None])
        share = np.exp(logits - logits.max(axis=0))
        scores[:, plane] = share / share.sum(axis=0)
    spacing = (1.5, 1.5, 1.5)
    write_nifti(folder / "gt.nii.gz", truth, spacing)
    for suffix in (".nii", ".nii.gz"):
        write_nifti(folder / f"pred{suffix}", scores, spacing, level=1)
    np.save(folder / "pred.npy", scores)
    np.save(folder / "gt.npy", truth)


def write_wide(folder: Path, shape: Shape = (192, 192, 192), classes: int = 105) -> None:
    """One case of many classes, written plane by plane: it does not fit in memory."""
    truth, _ = label_pair(0, shape, classes - 1)
    rng = np.random.default_rng(2)
    write_nifti(folder / "gt.nii.gz", truth, (1.5, 1.5, 1.5))
    write_nifti(folder / "pred.nii", np.zeros((1, 1, 1, 1), np.float32), (1.5, 1.5, 1.5))
    path = folder / "pred.nii"
    header = bytearray(path.read_bytes()[:352])
    header[40:56] = np.array([4, *reversed(shape), classes, 1, 1, 1], "<i2").tobytes()[:16]
    path.write_bytes(header)
    scores = np.memmap(path, np.float32, "r+", 352, (classes, *shape))
    for plane in range(shape[0]):
        share = rng.random((classes, *shape[1:]), np.float32)
        share += 200 * (truth[plane] == np.arange(classes)[:, None, None])
        scores[:, plane] = share / share.sum(axis=0)


def write_shades(folder: Path, shape: Shape = (1024, 2048), pairs: int = 100) -> None:
    """Pictures of a probability in 8 bits, and the masks that they are about."""
    from PIL import Image

    for number in range(pairs):
        rng = np.random.default_rng(number)
        truth = np.where(street(rng, shape) % 3 == 1, 255, 0).astype(np.uint8)
        logit = (truth / 255.0 - 0.5) * 8 + rng.normal(0, 1.5, shape)
        pred = np.rint(255 / (1 + np.exp(-logit))).astype(np.uint8)
        for side, values in (("gt", truth), ("pred", pred)):
            path = folder / side / f"street_{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(path, compress_level=6)


def blobs(
    rng: np.random.Generator, shape: Shape, places: np.ndarray, radii: np.ndarray, flat: float
) -> list[tuple[tuple[slice, ...], Floats]]:
    """Ellipsoids with a rough surface: their boxes, and how far inside each voxel is (0 to 1).

    places  (n, axes) centres in voxels
    radii   (n,) half axes in the last two axes
    flat    the half axis along the first axis of a volume, as a share of these
    """
    found = []
    for centre, radius in zip(places, radii, strict=True):
        half = np.full(len(shape), radius)
        if len(shape) == 3:
            half[0] = max(radius * flat, 0.6)
        low = np.maximum(np.floor(centre - half - 1), 0).astype(int)
        high = np.minimum(np.ceil(centre + half + 2), shape).astype(int)
        grid = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        away = sum(((g - c) / h) ** 2 for g, c, h in zip(grid, centre, half, strict=True))
        rough = 0.25 * rng.standard_normal(np.broadcast(*grid).shape)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        found.append((box, 1 - away + rough * (away > 0.6)))
    return found


def write_spine(folder: Path) -> None:
    """Vertebrae and discs by number: the prediction has other ids for the same."""
    rng, shape = np.random.default_rng(31), (17, 512, 512)
    places = np.array([(8, 24 + 21 * k, 256 + 30 * np.sin(k / 4)) for k in range(22)])
    sides = []
    for shift in (0.0, 1.2):
        labels = np.zeros(shape, np.uint8)
        ids = rng.permutation(22) + 1 if shift else np.arange(1, 23)
        moved = places + shift * rng.standard_normal(places.shape)
        for one, (box, inside) in zip(
            ids, blobs(rng, shape, moved, np.full(22, 12.0), 0.5), strict=True
        ):
            labels[box][inside > 0] = one
        sides.append(labels)
    for name, labels in zip(("gt", "pred"), sides, strict=True):
        write_nifti(folder / name / "spine.nii.gz", labels, (0.59, 0.59, 3.3))


def write_lesions(folder: Path) -> None:
    """Lesions of 3 to 12 voxels; one in nine is missed, and seven are spurious."""
    rng, shape = np.random.default_rng(32), (150, 512, 512)
    places = rng.uniform((8, 60, 60), (142, 450, 450), (66, 3))
    radii = rng.uniform(3, 12, 66)
    for name, shift in (("gt", 0.0), ("pred", 1.0)):
        labels = np.zeros(shape, np.uint8)
        own = np.arange(59) if not shift else np.array([k for k in range(66) if k % 9])
        moved = places[own] + shift * rng.standard_normal((len(own), 3))
        for box, inside in blobs(rng, shape, moved, radii[own], 0.35):
            labels[box][inside > 0] = 1
        write_nifti(folder / name / "lesions.nii.gz", labels, (0.8, 0.8, 3.0))


def write_nuclei(folder: Path) -> None:
    """Cells on a loose grid of 55 x 55, each a little moved."""
    from PIL import Image

    rng, shape = np.random.default_rng(33), (2048, 2048)
    grid = np.stack(np.meshgrid(np.arange(55), np.arange(55), indexing="ij"), -1).reshape(-1, 2)
    places = 20 + 37 * grid + rng.uniform(-3, 3, (3025, 2))
    radii = rng.uniform(9, 18, 3025)
    for name, shift in (("gt", 0.0), ("pred", 2.0)):
        labels = np.zeros(shape, np.uint16)
        moved = places + shift * rng.standard_normal(places.shape)
        for one, (box, inside) in zip(
            rng.permutation(3025) + 1, blobs(rng, shape, moved, radii, 1.0), strict=True
        ):
            labels[box][inside > 0] = one
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(labels).save(folder / name / "cells.png")


def write_tumours(folder: Path) -> None:
    """Tumours of BraTS: oedema (2) around a rim that takes up contrast (3) around a core (1)."""
    rng, shape = np.random.default_rng(34), (155, 240, 240)
    places = rng.uniform((30, 50, 50), (125, 190, 190), (15, 3))
    radii = rng.uniform(4, 16, 15)
    for name, shift in (("gt", 0.0), ("pred", 1.0)):
        labels = np.zeros(shape, np.uint8)
        moved = places + shift * rng.standard_normal(places.shape)
        for box, inside in blobs(rng, shape, moved, radii, 1.0):
            view = labels[box]
            view[(inside > 0) & (view == 0)] = 2
            view[inside > 0.5] = 3
            view[inside > 0.8] = 1
        write_nifti(folder / name / "tumours.nii.gz", labels, (1.0, 1.0, 1.0))


def compress(counts: list[int]) -> str:
    """Runs as COCO writes them: differences from the fourth on, five bits a character."""
    text = ""
    for place, count in enumerate(counts):
        value, more = count - (counts[place - 2] if place > 2 else 0), True
        while more:
            bits = value & 31
            value >>= 5
            more = value != (-1 if bits & 16 else 0)
            text += chr(48 + bits + 32 * more)
    return text


def write_coco(folder: Path, images: int = 100, shape: Shape = (480, 640)) -> None:
    """Instances as polygons and as runs, and detections as runs, eight an image."""
    import json

    from PIL import Image, ImageDraw

    rng = np.random.default_rng(4)
    height, width = shape

    def runs(corners: Floats) -> tuple[dict[str, object], int]:
        picture = Image.new("1", (width, height))
        ImageDraw.Draw(picture).polygon([tuple(c) for c in corners.tolist()], fill=1)
        flat = np.asarray(picture).T.ravel()
        edges = np.flatnonzero(np.diff(flat, prepend=False, append=not flat[-1]))
        return {"size": [height, width], "counts": compress(np.diff([0, *edges]).tolist())}, int(
            flat.sum()
        )

    marks, drawn, found = [], [], []
    for image in range(1, images + 1):
        for place in range(8):
            category = int(rng.integers(1, 81)) if place > 3 else int(rng.integers(1, 4))
            centre, radius = rng.random(2) * (width, height), float(np.exp(rng.uniform(2.3, 5)))
            turn = np.sort(rng.random(40)) * 2 * np.pi
            ring = (radius * (0.7 + 0.3 * rng.random(40)))[:, None] * np.stack(
                [np.cos(turn), np.sin(turn)], axis=1
            )
            corners = np.clip(centre + ring, 0, (width - 1, height - 1)).round(2)
            near = np.clip(corners + rng.normal(0, radius * 0.08, corners.shape), 0,
                           (width - 1, height - 1))  # fmt: skip
            mask, area = runs(corners)
            low, high = corners.min(axis=0), corners.max(axis=0)
            own = {"id": len(marks) + 1, "image_id": image, "category_id": category, "area": area,
                   "iscrowd": 0, "bbox": [*low.tolist(), *(high - low).tolist()]}  # fmt: skip
            marks.append({**own, "segmentation": [corners.ravel().tolist()]})
            drawn.append({**own, "segmentation": mask})
            found.append({"image_id": image, "category_id": category, "score": float(rng.random()),
                          "segmentation": runs(near)[0]})  # fmt: skip
    head = {
        "images": [{"id": k, "file_name": f"{k:05}.jpg", "height": height, "width": width}
                   for k in range(1, images + 1)],
        "categories": [{"id": k, "name": f"c{k}"} for k in range(1, 81)],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "polygons.json").write_text(json.dumps({**head, "annotations": marks}))
    (folder / "runs.json").write_text(json.dumps({**head, "annotations": drawn}))
    (folder / "detections.json").write_text(json.dumps(found))


def write_vessels(folder: Path, size: int = 300) -> None:
    """Two trees of tubes, one about a voxel beside the other."""
    for side, width, beside in (("gt", 3, 0), ("pred", 2, 1)):
        rng, mask = np.random.default_rng(1), np.zeros((size,) * 3, np.uint8)
        ball = np.stack(np.meshgrid(*[np.arange(-width, width + 1)] * 3, indexing="ij"), axis=-1)
        ball = ball[(ball**2).sum(axis=-1) <= width * width]
        ends = [
            (np.array([20.0, size * k / 5, size / 2]), np.array([1.0, 0, 0])) for k in range(1, 5)
        ]
        for _ in range(6):
            grown = []
            for start, way in ends:
                place, course = start, way
                for _ in range(40):
                    course = course + rng.normal(0, 0.12, 3)
                    course /= np.linalg.norm(course)
                    place = place + course
                    at = np.clip(np.rint(place + beside).astype(int) + ball, 0, size - 1)
                    mask[tuple(at.T)] = 1
                turns = [course + rng.normal(0, 0.6, 3) for _ in range(2)]
                grown += [(place, turn / np.linalg.norm(turn)) for turn in turns]
            ends = [(p, w) for p, w in grown if ((p > 8) & (p < size - 8)).all()]
        write_nifti(folder / side / "vessels.nii.gz", mask, (1.0, 1.0, 1.0))


SETS = {
    "spine": write_spine,
    "lesions": write_lesions,
    "nuclei": write_nuclei,
    "tumours": write_tumours,
    "coco": write_coco,
    "coco5000": lambda folder: write_coco(folder, 5000),
    "vessels": write_vessels,
    "ct": lambda folder: write_pairs(folder, (150, 512, 512), 22, 10),
    "labels104": lambda folder: write_pairs(folder, (400, 300, 300), 104, 10),
    "labels1": lambda folder: write_pairs(folder, (400, 300, 300), 104, 10, one=True),
    "streets": lambda folder: write_streets(folder, (1024, 2048), 200),
    "small": lambda folder: write_streets(folder, (64, 64), 1),
    "cases": lambda folder: write_streets(folder, (64, 64), 2000),
    "probabilities": write_probabilities,
    "wide": write_wide,
    "shades": write_shades,
    "pictures": write_pictures,
    "many": write_many,
    "long": lambda folder: write_pairs(folder, (900, 512, 512), 22, 1),
}

if __name__ == "__main__":
    SETS[sys.argv[1]](Path(sys.argv[2]))
