"""What holds for every entry of READERS: it knows its own files, and speaks of a damaged one."""

import json

import build
import dicom_build
import nibabel
import numpy as np
import pytest
import regions_build

from segeval.grid.geometry import Geometry
from segeval.readers import READERS, registry
from segeval.readers.registry import open_file
from segeval.runtime.errors import ReadError
from segeval.runtime.packed_streams import read_head
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

SIZE = (20, 30)
READ = ReadOptions(grid=SIZE)
LABELS = np.random.default_rng(0).integers(0, 4, build.GRID.shape).astype(np.uint8)
RING = [[3, 4], [9, 4], [9, 9], [3, 9]]
SHAPE = {"label": "cat", "points": RING, "shape_type": "polygon"}
FEATURE = {
    "type": "Feature",
    "properties": {"classification": {"name": "cat"}},
    "geometry": {"type": "Polygon", "coordinates": [[*RING, RING[0]]]},
}


def text(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def listed_masks(path):
    build.png(path.parent / "m.png", np.eye(6, 8, dtype=np.uint8) * 255)
    return text(path, "m.png 26 0.5\n")


def labelme(path):
    head = {"version": "5.4", "shapes": [SHAPE], "imagePath": "a.jpg"}
    return text(path, {**head, "imageHeight": SIZE[0], "imageWidth": SIZE[1]})


def segmentation(path):
    shot = dicom_build.Shot(np.eye(8, dtype=np.uint8), (0.0, 0.0, 0.0))
    return dicom_build.seg(path, [shot], ["cat"])


def structure_set(path):
    rings = [dicom_build.square(4, 9, z) for z in (1, 2)]
    return dicom_build.rtstruct(path, [dicom_build.Organ("Heart", rings)])


SAMPLES = {
    "nifti": (".nii", lambda path: build.nifti(path, LABELS)),
    "png": (".png", lambda path: build.png(path, LABELS[0])),
    "nrrd": (".nrrd", lambda path: build.nrrd_file(path, LABELS)),
    "mha": (".mha", lambda path: build.mha(path, LABELS)),
    "mgz": (".mgz", lambda path: build.mgh(path, LABELS)),
    "dicom_seg": (".dcm", segmentation),
    "rtstruct": (".dcm", structure_set),
    "rois": (".npz", lambda path: regions_build.rois(path, [[2, 3, 10, 11]], [1])),
    "labelme": (".json", labelme),
    "geojson": (
        ".geojson",
        lambda p: text(p, {"type": "FeatureCollection", "features": [FEATURE]}),
    ),
    "coco": (".json", lambda p: regions_build.coco(p, SIZE, [])),
    "mask_list": (".txt", listed_masks),
    "yolo": (".txt", lambda path: text(path, "0 0.1 0.1 0.5 0.1 0.5 0.5\n")),
    "npy": (".npy", lambda path: build.npy(path, LABELS[0])),
    "points": (".csv", lambda path: text(path, "seriesuid,coordX,coordY,coordZ\na,1,2,3\n")),
}
EVERY = pytest.mark.parametrize("name", SAMPLES)


def sample(tmp_path, name):
    suffix, write = SAMPLES[name]
    return write(tmp_path / f"case{suffix}") or tmp_path / f"case{suffix}"


def reader_of(path):
    """The first reader that claims a file."""
    start = read_head(path)
    return next((name for name in READERS if registry.reader_named(name).claims(path, start)), "")


def read_through(path):
    """Open a file and read all its values."""
    found = open_file(path, READ)
    if isinstance(found, Volume):
        for channel in found.channels:
            with open_channels([channel], channel.count) as (stream,):
                stream.read(channel.count)
    return found


def test_every_reader_has_a_sample():
    assert SAMPLES.keys() == READERS.keys()


@EVERY
def test_the_first_that_claims_a_file_is_its_reader(tmp_path, name):
    assert reader_of(sample(tmp_path, name)) == name


@pytest.mark.parametrize(("name", "suffix"), [(n, s) for n, own in READERS.items() for s in own])
def test_a_suffix_of_a_reader_is_claimed_by_it_alone(tmp_path, name, suffix):
    path = tmp_path / f"case{suffix.upper()}"
    path.write_bytes(b"no mark of any format")
    assert reader_of(path) == name


@EVERY
def test_a_file_that_breaks_off_after_its_mark_is_a_read_error_of_the_file(tmp_path, name):
    path = sample(tmp_path, name)
    raw = path.read_bytes()
    path.write_bytes(raw[: min(140, len(raw) // 2)] + b"\xff\xfe\x00" * 9)
    with pytest.raises(ReadError) as caught:
        read_through(path)
    assert str(caught.value.where).startswith(str(path))
    assert caught.value.message


@EVERY
def test_a_whole_file_opens_and_says_what_it_is_of(tmp_path, name):
    if name == "points":
        pytest.skip("a table holds many cases: tests/test_points.py")
    found = read_through(sample(tmp_path, name))
    assert str(found.path) == str(tmp_path / f"case{SAMPLES[name][0]}")
    assert not isinstance(found, Volume) or isinstance(found.geometry, Geometry)


@pytest.mark.parametrize("side", [1e-300, 1e-10, 1e10, 1e154])
@pytest.mark.parametrize("form", ["nrrd", "mha"])
def test_a_grid_that_cannot_be_measured_is_refused(tmp_path, side, form):
    head = {
        "nrrd": f"NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: 2 2 2\nspace directions: ({side:g},0,0) (0,1,0) (0,0,1)\n"
        "space origin: (0,0,0)\nencoding: raw\n\n",
        "mha": f"ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
        f"ElementSpacing = {side:g} 1 1\nElementDataFile = LOCAL\n",
    }[form]
    path = tmp_path / f"a.{form}"
    path.write_bytes(head.encode() + bytes(8))
    with pytest.raises(ReadError, match=r"no grid that can be measured|voxels without size"):
        open_file(path, READ)


def test_a_grid_at_a_place_beyond_all_lengths_is_refused(tmp_path):
    path = tmp_path / "a.nii"
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[0, 3] = 1e30
    nibabel.save(nibabel.Nifti1Image(LABELS.T, affine), path)
    with pytest.raises(ReadError, match="no grid that can be measured: voxels of 1 x 1 x 1 mm at"):
        open_file(path, READ)
