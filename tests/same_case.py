"""One case written in every format, order of axes, direction, type and packing: the same numbers.

`tests/test_metamorphic.py` runs a few in CI; `benchmarks/invariance.py --readers` as many as asked.
"""

from __future__ import annotations

import zlib
from collections import namedtuple

import build
import dicom_build
import nibabel
import numpy as np
from metamorphic import (
    CLASSES,
    OF_PLANES,
    OF_SKELETONS,
    differing,
    one_way,
    plain,
    solids,
    values_of,
)
from PIL import Image

import segeval
from segeval.grid.geometry import Geometry

METRICS = [
    "dice", "iou", "mcc", "volume_difference", "hd", "hd95", "assd", "masd", "nsd@1.5mm",
    "biou@2mm", "hd95:as=medpy", "betti0_error", "euler_error", "cldice", "pq", "lesion_dice",
    "miou",
]  # fmt: skip
TYPES = ("u1", "i2", "u2", "i4", "f4", "f8")
Shot = namedtuple("Shot", "pixels position segment")


def grid_of(array, spacing):
    axes = array.ndim
    directions = ((0, 0, 1), (0, 1, 0), (1, 0, 0))[-axes:]
    return Geometry(array.shape, spacing, (5.0, 6.0, 7.0), directions)


def as_nifti(path, array, spacing, rng):
    """With any type of voxels, packed or not."""
    path = path.with_name(path.name + str(rng.choice([".nii", ".nii.gz"])))
    return build.nifti(path, array.astype(rng.choice(TYPES)), grid_of(array, spacing))


def as_turned_nifti(path, array, spacing, rng):
    """The same voxels in the same places, stored along other axes in other directions."""
    plain = nibabel.load(as_nifti(path, array, spacing, rng))
    order = np.stack([rng.permutation(3), rng.choice([-1, 1], 3)], 1)
    turned = path.with_name(f"{path.name}-turned.nii.gz")
    nibabel.save(plain.as_reoriented(order), turned)
    return turned


def as_nrrd(path, array, spacing, rng):
    encoding = str(rng.choice(["raw", "gzip", "bzip2"]))
    made = array.astype(rng.choice(TYPES[:4]))
    return build.nrrd_file(path.with_suffix(".nrrd"), made, grid_of(array, spacing), encoding)


def as_segments(path, array, spacing, rng):
    """A file of 3D Slicer: segments by name."""
    keys = {}
    for number, name in enumerate("ab"):
        own = {"ID": name, "Name": name, "Layer": "0", "LabelValue": str(number + 1)}
        keys |= {f"Segment{number}_{key}": value for key, value in own.items()}
    return build.nrrd_file(path.with_suffix(".seg.nrrd"), array, grid_of(array, spacing), **keys)


def as_metaimage(path, array, spacing, rng):
    """Packed or not."""
    packed = bool(rng.integers(2))
    path = path.with_suffix(".mha")
    fields = {
        "ObjectType": "Image", "NDims": 3, "TransformMatrix": "1 0 0 0 1 0 0 0 1",
        "Offset": "5 6 7",
        "ElementSpacing": " ".join(map(str, reversed(spacing))),
        "DimSize": " ".join(map(str, reversed(array.shape))), "ElementType": "MET_UCHAR",
        "CompressedData": packed, "ElementDataFile": "LOCAL",
    }  # fmt: skip
    raw = array.tobytes()
    head = "".join(f"{name} = {value}\n" for name, value in fields.items())
    path.write_bytes(head.encode() + (zlib.compress(raw) if packed else raw))
    return path


def as_mgz(path, array, spacing, rng):
    affine = np.diag([-1.0, -1, 1, 1]) @ build.xyz_affine(grid_of(array, spacing))
    path = path.with_name(path.name + str(rng.choice([".mgh", ".mgz"])))
    nibabel.save(nibabel.MGHImage(array.T, affine), path)
    return path


def as_seg(path, array, spacing, rng):
    """A segmentation object: bits of each segment, or a map of labels; frames in any order."""
    binary = bool(rng.integers(2))
    shots = [
        Shot(plane == label if binary else plane, (5.0, 6.0, 7.0 + z * spacing[0]), label)
        for z, plane in enumerate(array)
        for label in ((1, 2) if binary else (1,))
    ]
    shots = [shots[k] for k in rng.permutation(len(shots))]
    names = ["a", "b"] if binary else ["background", "a", "b"]
    kind = "BINARY" if binary else "LABELMAP"
    return dicom_build.seg(
        path.with_suffix(".dcm"), shots, names, type=kind, spacing=spacing[1:], gap=spacing[0]
    )


def as_picture(path, array, spacing, rng):
    """A picture of any format that keeps labels."""
    suffix, more = [
        (".png", {}), (".bmp", {}), (".gif", {}), (".tif", {}),
        (".tif", {"compression": "tiff_lzw"}), (".tif", {"compression": "tiff_deflate"}),
        (".tif", {"compression": "packbits"}),
    ][int(rng.integers(7))]  # fmt: skip
    wide = suffix in (".png", ".tif") and rng.integers(2)
    path = path.with_suffix(suffix)
    Image.fromarray(array.astype(np.uint16) if wide else array).save(path, **more)
    return path


def as_numpy(path, array, spacing, rng):
    made = np.asarray(array, rng.choice(TYPES[:4]), order=rng.choice(["C", "F"]))
    if rng.integers(2):
        return build.npy(path.with_suffix(".npy"), made)
    return build.npz(path.with_suffix(".npz"), made, "seg")


FORMS = {3: (as_nifti, as_turned_nifti, as_nrrd, as_segments, as_metaimage, as_mgz, as_seg),
         2: (as_picture, as_numpy)}  # fmt: skip


def faults_of_readers(seed, folder, metrics=METRICS, axes=3):
    """What the numbers of a case do that they must not, in every form against any other."""
    rng = np.random.default_rng([seed, axes])
    truth, pred, spacing = solids(seed, axes)
    found = []
    for number, form in enumerate((*FORMS[axes], *([as_numpy] if axes == 3 else []))):
        others = (as_numpy,) if form is as_numpy and axes == 3 else FORMS[axes]
        other = others[int(rng.integers(len(others)))]
        files = [
            one(folder / f"{seed}-{axes}-{number}-{side}", array, spacing, rng)
            for side, one, array in (("p", form, pred), ("g", other, truth))
        ]
        own = spacing if axes == 2 or form is as_numpy else None  # the others hold it
        card = segeval.score(
            *files, metrics, classes=CLASSES, instances="components",
            **({"spacing": own} if own else {}),
        )  # fmt: skip
        values = {(row.class_, row.metric): row.value for row in card.rows}
        turned = as_turned_nifti in (form, other)
        lines = differing(
            values_of(pred, truth, spacing, metrics), values, within=1e-6,
            skip=lambda n, t=turned: one_way(n) or (t and plain(n) in OF_SKELETONS | OF_PLANES),
        ) if len(values) > 5 else [f"{len(values)} values: {[c.error for c in card.cases]}"]  # fmt: skip # noqa: E501
        forms = f"{form.__name__} against {other.__name__}"
        found += [f"seed {seed}, {axes}-D, {forms}: {line}" for line in lines]
        for path in files:
            path.unlink()
    return found
