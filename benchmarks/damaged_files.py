"""Damage packed files and see that none has another value than the whole file without an error.

    python benchmarks/damaged_files.py [--seed 0] [--files 2000] [--only nii.gz]

A file of each packed format is scored, then so many damaged copies of it: a flipped bit, 64 or 512
bytes of zeros, a cut, bytes appended. Each must be refused, or have the values of the whole file.
Formats without a checksum are in `UNCHECKED` (docs/formats.md names them): of those the copies with
another value are counted and are no fault. `tests/readers/test_damaged_files.py` does some of it.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pydicom

RNG = np.random.Generator
SHAPE = (12, 40, 48)


def labels(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """Blocks of labels with ragged borders, so that packed bytes are many."""
    rng = np.random.default_rng(7)
    made = np.zeros(shape, np.uint8)
    for label in range(1, 5):
        a, b = rng.integers(0, 24, 2)
        made[..., a : a + 14, b : b + 16] = label
    noise = rng.random(shape) < 0.08
    made[noise] = rng.integers(0, 5, int(noise.sum()))
    return made


# -- whole files: each gives the bytes of the prediction ------------------------------------------


def nifti(array: np.ndarray) -> bytes:
    """A .nii.gz."""
    import gzip

    import nibabel

    image = nibabel.Nifti1Image(array.T, np.diag([1.0, 1.0, 3.0, 1.0]))
    return gzip.compress(image.to_bytes(), 6, mtime=0)


def nrrd(array: np.ndarray) -> bytes:
    """A .nrrd packed by gzip."""
    import nrrd as library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.nrrd")
        space = {"space": "left-posterior-superior", "space directions": np.diag([1.0, 1, 3]),
                 "space origin": [0.0, 0.0, 0.0]}  # fmt: skip
        library.write(str(path), array, space, index_order="C")
        return path.read_bytes()


def stored(array: np.ndarray) -> bytes:
    """A .npz whose members are stored as they are."""
    file = io.BytesIO()
    np.savez(file, seg=array)
    return file.getvalue()


def deflated(array: np.ndarray) -> bytes:
    """A .npz whose members are packed."""
    file = io.BytesIO()
    np.savez_compressed(file, seg=array)
    return file.getvalue()


def picture(mode: str, form: str = "png", **how: object) -> Callable[[np.ndarray], bytes]:
    """A picture of some mode, through Pillow."""

    def write(array: np.ndarray) -> bytes:
        from PIL import Image

        file = io.BytesIO()
        values = array.astype(np.uint16) if mode == "I;16" else array
        values = np.dstack([array] * 3) if mode == "RGB" else values
        values = array > 1 if mode == "1" else values
        image = Image.fromarray(values)
        if mode == "P":
            image.putpalette(list(range(256)) * 3)
        image.save(file, form, **how)
        return file.getvalue()

    return write


def metaimage(array: np.ndarray) -> bytes:
    """A .mha packed by zlib."""
    size = " ".join(map(str, array.shape[::-1]))
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"CompressedData = True\nElementSpacing = 1 1 3\nDimSize = {size}\n"
        "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    return head.encode() + zlib.compress(array.tobytes())


def freesurfer(array: np.ndarray) -> bytes:
    """A .mgz."""
    import gzip

    import nibabel

    image = nibabel.MGHImage(array.T, np.diag([1.0, 1.0, 3.0, 1.0]))
    return gzip.compress(image.to_bytes(), 6, mtime=0)


def nrrd_bz2(array: np.ndarray) -> bytes:
    """A .nrrd packed by bzip2."""
    import bz2

    size = " ".join(map(str, array.shape[::-1]))
    head = (
        "NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {size}\nspace directions: (1,0,0) (0,1,0) (0,0,3)\nspace origin: (0,0,0)\n"
        "kinds: domain domain domain\nencoding: bzip2\n\n"
    )
    return head.encode() + bz2.compress(array.tobytes())


def segmentation(syntax: str) -> Callable[[np.ndarray], bytes]:
    """A DICOM segmentation, a label map of 8 bits, in some transfer syntax."""

    def write(array: np.ndarray) -> bytes:
        from pydicom.uid import ExplicitVRLittleEndian, RLELossless

        data = label_map_object(array)
        if syntax == RLELossless:
            data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            data.compress(syntax, generate_instance_uid=False)
        data.file_meta.TransferSyntaxUID = syntax
        file = io.BytesIO()
        data.save_as(file, enforce_file_format=True)
        return file.getvalue()

    return write


def label_map_object(array: np.ndarray) -> pydicom.Dataset:
    """A segmentation of labels 1 to 4, a frame a slice of 3 mm."""
    from pydicom.dataset import Dataset, FileMetaDataset

    def item(**values: object) -> Dataset:
        made = Dataset()
        for name, value in values.items():
            setattr(made, name, value)
        return made

    kind = "1.2.840.10008.5.1.4.1.1.66.7"
    frames = [item(PlanePositionSequence=[item(ImagePositionPatient=[0.0, 0.0, 3.0 * z])])
              for z in range(len(array))]  # fmt: skip
    shared = item(
        PixelMeasuresSequence=[item(SliceThickness=3.0, PixelSpacing=[1.0, 1.0])],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1.0, 0, 0, 0, 1, 0])],
    )
    data = item(
        SOPClassUID=kind, SOPInstanceUID="1.2.3.7", StudyInstanceUID="1.2.3.3",
        SeriesInstanceUID="1.2.3.6", Modality="SEG", PatientID="P1", FrameOfReferenceUID="1.2.3.1",
        SegmentationType="LABELMAP", Rows=array.shape[1], Columns=array.shape[2],
        NumberOfFrames=len(array), BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=1,
        PixelRepresentation=0, PhotometricInterpretation="MONOCHROME2",
        SegmentSequence=[item(SegmentNumber=n, SegmentLabel=f"organ {n}") for n in range(5)],
        SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames,
        PixelData=array.tobytes(),
    )  # fmt: skip
    data["PixelData"].VR = "OB"
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = kind
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.7"
    return data


# name: how the prediction is written, its suffix, the shape
FORMATS: dict[str, tuple[Callable[[np.ndarray], bytes], str, tuple[int, ...]]] = {
    "nii.gz": (nifti, ".nii.gz", SHAPE),
    "nrrd, gzip": (nrrd, ".nrrd", SHAPE),
    "nrrd, bzip2": (nrrd_bz2, ".nrrd", SHAPE),
    "mha, zlib": (metaimage, ".mha", SHAPE),
    "mgz": (freesurfer, ".mgz", SHAPE),
    "npz, stored": (stored, ".npz", SHAPE),
    "npz, deflated": (deflated, ".npz", SHAPE),
    "png, grey of 8 bits": (picture("L"), ".png", SHAPE[1:]),
    "png, palette": (picture("P"), ".png", SHAPE[1:]),
    "tif, deflate": (picture("L", "tiff", compression="tiff_deflate"), ".tif", SHAPE[1:]),
    "gif": (picture("L", "gif"), ".gif", SHAPE[1:]),
    "png, grey of 16 bits": (picture("I;16"), ".png", SHAPE[1:]),
    "png, colours": (picture("RGB"), ".png", SHAPE[1:]),
    "png, 1 bit": (picture("1"), ".png", SHAPE[1:]),
    "tif, LZW": (picture("L", "tiff", compression="tiff_lzw"), ".tif", SHAPE[1:]),
    "tif, 16 bits, deflate": (
        picture("I;16", "tiff", compression="tiff_adobe_deflate"),
        ".tif",
        SHAPE[1:],
    ),
    "tif, PackBits": (picture("L", "tiff", compression="packbits"), ".tif", SHAPE[1:]),
    "dcm, deflated": (segmentation("1.2.840.10008.1.2.1.99"), ".dcm", SHAPE),
    "dcm, RLE": (segmentation("1.2.840.10008.1.2.5"), ".dcm", SHAPE),
}
# Formats of which some or all has no checksum: the tags of a TIFF, GIF, DICOM.
UNCHECKED: tuple[str, ...] = (
    *("tif, deflate", "tif, 16 bits, deflate", "tif, LZW", "tif, PackBits", "gif"),
    *("dcm, deflated", "dcm, RLE"),
)


# -- damage ---------------------------------------------------------------------------------


def flipped(data: bytearray, rng: RNG) -> bytearray:
    """One bit is another."""
    data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    return data


def zeroed(count: int) -> Callable[[bytearray, RNG], bytearray]:
    """So many bytes are lost."""

    def damage(data: bytearray, rng: RNG) -> bytearray:
        start = int(rng.integers(max(1, len(data) - count)))
        data[start : start + count] = bytes(len(data[start : start + count]))
        return data

    damage.__name__ = f"zeroed {count}"
    return damage


def cut(data: bytearray, rng: RNG) -> bytearray:
    """The end is gone."""
    return data[: int(rng.integers(1, len(data)))]


def appended(data: bytearray, rng: RNG) -> bytearray:
    """Bytes follow."""
    return data + rng.bytes(int(rng.integers(1, 600)))


DAMAGE = (flipped, flipped, zeroed(64), zeroed(512), cut, appended)

Values = dict[tuple[str, str], float]


def values(pred: Path, truth: Path) -> Values | None:
    """What the program says of a pair; None where it refuses it. Raises where there is a bug."""
    import segeval

    spacing = SPACING if pred.suffix not in (".png", ".tif", ".gif") else SPACING[1:]
    card = segeval.score(str(pred), str(truth), ["dice", "pred_volume"], spacing=spacing)
    [case] = card.cases
    if case.status == "internal_error":
        raise AssertionError(f"{pred}: {case.error}\n{case.trace}")
    if case.status != "ok":
        return None
    return {(row.class_, row.metric): row.value for row in card.rows}


SPACING = (3.0, 1.0, 1.0)


def try_format(name: str, files: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Score damaged copies of a file; how many came to what, and which were wrong."""
    write, suffix, shape = FORMATS[name]
    array = labels(shape)
    pred, truth = folder / f"pred{suffix}", folder / "gt.npy"
    other = np.roll(array, 2, -1)
    if suffix == ".dcm":
        truth = folder / "gt.dcm"
        truth.write_bytes(write(other))
    else:
        np.save(truth, other)
    whole = write(array)
    pred.write_bytes(whole)
    right = values(pred, truth)
    assert right is not None, f"{name}: the whole file is refused"
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    came: Counter[str] = Counter()
    wrong = []
    for number in range(files):
        damage = DAMAGE[number % len(DAMAGE)]
        pred.write_bytes(damage(bytearray(whole), rng))
        found = values(pred, truth)
        result = "refused" if found is None else "same" if found == right else "WRONG"
        came[result] += 1
        if result == "WRONG":
            wrong.append(f"{name}: {damage.__name__}, number {number}: {found}")
    return came, [] if name in UNCHECKED else wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every format; 1 if a damaged file had another value."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--files", type=int, default=2000, help="damaged files of each format")
    parser.add_argument("--only", choices=FORMATS, nargs="*", help="some formats")
    asked = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.only or FORMATS:
            came, wrong = try_format(name, asked.files, asked.seed, Path(folder))
            failed += len(wrong)
            print(f"{name:24} {dict(came)}", *wrong[:5], sep="\n  ", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
