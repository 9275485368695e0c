"""Segmentation objects: three types, frames in any order, bits that run on, missing frames."""

import io
import struct
from types import SimpleNamespace

import dicom_build as build
import numpy as np
import pydicom
import pytest
from paths import SHARED, needs_data
from PIL import Image
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from segeval.grid.geometry import Reorder
from segeval.grid.slices import Frame, arrange_slices
from segeval.readers import dicom_seg, packed_frames
from segeval.readers.codestreams import stated_size
from segeval.readers.packed_frames import transfer_syntax_name
from segeval.readers.registry import open_file
from segeval.runtime.errors import CaseError, ReadError
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

RNG = np.random.default_rng(3)
MASKS = RNG.integers(0, 2, (4, 3, 5)).astype(np.uint8)  # 15 bits a frame: not whole bytes


def shots(masks, heights=None, segment=1):
    heights = range(len(masks)) if heights is None else heights
    return [build.Shot(m, (7, 8, z), segment) for m, z in zip(masks, heights, strict=True)]


def values(volume, chunk=7):
    found = []
    with open_channels(volume.channels, chunk) as opened:
        for stream, voxels in zip(opened, volume.channels, strict=True):
            parts = [stream.read(min(chunk, voxels.count - at)).copy()
                     for at in range(0, voxels.count, chunk)]  # fmt: skip
            found.append(np.concatenate(parts).reshape(volume.geometry.shape))
    return found


def read(path, slices=None):
    return dicom_seg.read(path, ReadOptions(slices=slices))


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_bits_run_on_from_frame_to_frame(tmp_path, syntax, undefined):
    path = build.seg(tmp_path / "a", shots(MASKS), ["Heart"], gap=1.0, syntax=syntax,
                     undefined=undefined)  # fmt: skip
    volume = read(path)
    assert volume.segments == {"Heart": (0, 1)}
    assert (values(volume)[0] == MASKS).all()


@pytest.mark.parametrize("vr", ["OB", "OW"])
@pytest.mark.parametrize("type", ["BINARY", "LABELMAP"])
def test_bytes_of_big_words_are_swapped(tmp_path, vr, type):
    #    PS3.5 7.3: OW is words of two bytes, the second of which stands first in big endian
    path = build.seg(
        tmp_path / "a", shots(MASKS), ["A", "B"], type=type, syntax=ExplicitVRBigEndian
    )
    raw = path.read_bytes()
    tag = b"\x7f\xe0\x00\x10"
    at = raw.index(tag) + 12
    pixels = np.frombuffer(raw[at:], np.uint16)
    pixels = pixels.byteswap() if vr == "OW" else pixels
    path.write_bytes(raw[: at - 8] + vr.encode() + raw[at - 6 : at] + pixels.tobytes())
    assert (values(read(path))[0] == MASKS).all()


@pytest.mark.parametrize(("frames", "table"), [(4, True), (1, True), (1, False), (4, False)])
def test_a_packed_frame_in_several_pieces(tmp_path, frames, table):
    masks = RNG.integers(0, 255, (frames, 40, 50)).astype(np.uint8)
    path = build.seg(tmp_path / "a", shots(masks), ["A"], type="FRACTIONAL", most=255,
                     fraction="PROBABILITY", syntax=RLELossless)  # fmt: skip
    data = pydicom.dcmread(path)
    whole = list(generate_frames(data.PixelData, number_of_frames=frames))
    pieces = [[w[:600], w[600:]] for w in whole]
    offsets = np.cumsum([0, *(sum(8 + len(p) for p in parts) for parts in pieces)])[:-1]
    index = struct.pack(f"<{frames}L", *offsets.tolist()) if table else b""
    parts = [index, *(piece for pair in pieces for piece in pair)]
    items = b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<L", len(p)) + p for p in parts)
    data.PixelData = items + b"\xfe\xff\xdd\xe0\0\0\0\0"
    data.save_as(path)
    if frames > 1 and not table:
        with pytest.raises(ReadError, match="8 packed parts for 4 frames"):
            read(path)
        return
    assert np.rint(values(read(path))[0] * 255).astype(int).tolist() == masks.tolist()


def test_the_grid_is_that_of_the_frames(tmp_path):
    path = build.seg(tmp_path / "a", shots(MASKS, [0, 2, 4, 6]), ["A"], spacing=(0.5, 0.75))
    grid = read(path).geometry
    assert (grid.shape, grid.spacing, grid.origin) == ((4, 3, 5), (2.0, 0.5, 0.75), (7, 8, 0))
    assert grid.directions == ((0, 0, 1), (0, 1, 0), (1, 0, 0))


def test_frames_lie_where_they_say_and_missing_ones_are_empty(tmp_path):
    #    planes 0 to 5, written 4 0 3, of another segment 1 4: overlap on plane 4
    path = build.seg(
        tmp_path / "a",
        shots(MASKS[:3], [4, 0, 3], 1) + shots(MASKS[2:], [1, 5], 2),
        ["A", "B"],
    )
    a, b = values(read(path))
    assert [int(p.sum()) for p in a] == [MASKS[1].sum(), 0, 0, MASKS[2].sum(), MASKS[0].sum(), 0]
    assert (b[1] == MASKS[2]).all()
    assert (b[5] == MASKS[3]).all()


@pytest.mark.parametrize(("gap", "planes"), [(2.5, 3), (None, 2)])
def test_the_gap_that_is_said_tells_how_many_are_missing(tmp_path, gap, planes):
    path = build.seg(tmp_path / "a", shots(MASKS[:2], [0, 5]), ["A"], gap=gap)
    assert read(path).geometry.shape[0] == planes


def test_a_gap_that_does_not_fit_is_not_believed(tmp_path):
    path = build.seg(tmp_path / "a", shots(MASKS[:2], [0, 5]), ["A"], gap=3.0)
    assert read(path).geometry.spacing[0] == 5


def test_frames_take_the_slices_of_the_other_side(tmp_path):
    frame = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0), (3, 5))
    slices = arrange_slices(frame, np.array([[7, 8, z] for z in range(-3, 7)], float))
    path = build.seg(tmp_path / "a", shots(MASKS[:2], [2, 5]), ["A"])
    volume = read(path, slices)
    assert volume.geometry == slices.geometry
    assert values(volume)[0].sum(axis=(1, 2)).nonzero()[0].tolist() == [5, 8]
    beside = arrange_slices(frame, np.array([[7, 8, z + 0.5] for z in range(-3, 7)], float))
    assert read(path, beside).geometry.shape[0] == 2  # its own grid


def test_frames_on_uneven_slices_of_the_other_side(tmp_path):
    frame = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0), (3, 5))
    slices = arrange_slices(frame, np.array([[7, 8, z] for z in (0, 2, 4, 8)], float))
    path = build.seg(tmp_path / "a", shots(MASKS[:3], [0, 4, 8]), ["A"])
    found = values(read(path, slices))[0]
    assert [(p == m).all() for p, m in zip(found, MASKS[[0, 0, 1, 1, 2]], strict=True)] == [
        True, False, True, True, True,
    ]  # fmt: skip


def test_the_same_voxels_of_a_sagittal_segmentation(tmp_path):
    where = [build.Shot(m, (-2.0 * i, 8, 9), 1) for i, m in enumerate(MASKS)]
    path = build.seg(tmp_path / "a", where, ["A"], orientation=build.SAGITTAL)
    volume = read(path)
    assert volume.geometry.directions[0] == (-1, 0, 0)
    assert (values(volume)[0] == MASKS).all()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_probabilities_are_shares_of_the_most(tmp_path, syntax):
    levels = RNG.integers(0, 201, (2, 3, 5))
    path = build.seg(tmp_path / "a", shots(levels), ["A"], type="FRACTIONAL",
                     fraction="PROBABILITY", most=200, syntax=syntax)  # fmt: skip
    assert values(read(path))[0] == pytest.approx(levels / 200)


def test_occupancy_becomes_a_mask_at_one_half(tmp_path):
    levels = np.array([[[0, 1, 127], [128, 200, 255]]] * 2)
    path = build.seg(tmp_path / "a", shots(levels), ["A"], type="FRACTIONAL",
                     fraction="OCCUPANCY")  # fmt: skip
    volume = read(path)
    assert values(volume)[0][0].tolist() == [[0, 0, 0], [1, 1, 1]]
    assert [n.code for n in volume.notes] == ["N-occupancy"]


def test_a_label_map(tmp_path):
    labels = RNG.integers(0, 3, (4, 3, 5))
    path = build.seg(tmp_path / "a", shots(labels[[2, 0]], [3, 0]), ["Background", "A", "B"],
                     type="LABELMAP", gap=1.0)  # fmt: skip
    volume = read(path)
    assert volume.names == {1: "A", 2: "B"}
    found = values(volume)[0]
    assert (found[0] == labels[0]).all()
    assert (found[3] == labels[2]).all()
    assert found[1:3].sum() == 0


def test_names_of_segments(tmp_path):
    path = build.seg(tmp_path / "a", shots(MASKS), ["A", "A", ""])
    assert list(read(path).segments) == ["A#1", "A#2", "meaning 3"]


def test_a_segment_without_frames_is_empty(tmp_path):
    path = build.seg(tmp_path / "a", shots(MASKS), ["A", "B"])
    assert values(read(path))[1].sum() == 0


def test_a_projection_has_no_place(tmp_path):
    path = build.seg(tmp_path / "a", [build.Shot(MASKS[0], None)], ["A"])
    volume = read(path)
    assert volume.geometry.shape == (3, 5)
    assert not volume.geometry.placed
    assert (values(volume)[0] == MASKS[0]).all()


def test_frames_without_a_place_are_refused(tmp_path):
    path = build.seg(tmp_path / "a", [build.Shot(m, None) for m in MASKS], ["A"])
    with pytest.raises(ReadError, match="do not say where"):
        read(path)


def test_two_frames_on_one_plane_are_refused(tmp_path):
    path = build.seg(tmp_path / "a", shots(MASKS[:3], [0, 1, 1]), ["Heart"])
    with pytest.raises(ReadError, match="Heart: two frames"):
        read(path)


def test_a_transfer_syntax_that_cannot_be_decoded_is_named(tmp_path):
    path = build.seg(tmp_path / "a", shots(MASKS), ["A"], type="FRACTIONAL",
                     fraction="PROBABILITY", syntax=RLELossless)  # fmt: skip
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.77"))
    with pytest.raises(ReadError, match=r"transfer syntax 1\S+77 cannot be decoded"):
        read(path)
    assert transfer_syntax_name("1.2.840.10008.1.2.4.80") == "JPEG-LS Lossless Image Compression"


def packed_seg(path, masks, encode, syntax, type="LABELMAP"):
    """A segmentation whose frames are packed by something other than the library."""
    labels = [str(k) for k in range(5)] if type == "LABELMAP" else ["A"]
    more = {"fraction": "PROBABILITY"} if type == "FRACTIONAL" else {}
    build.seg(path, shots(masks), labels, type=type, **more)
    data = pydicom.dcmread(path)
    data.PixelData = encapsulate([encode(mask) for mask in masks])
    data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
    data.file_meta.TransferSyntaxUID = syntax
    data.save_as(path, enforce_file_format=True)
    return path


def jpeg_2000(mask, **more):
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "JPEG2000", no_jp2=True, **more)
    return file.getvalue()


def jpeg(mask):
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.mark.parametrize("type", ["LABELMAP", "BINARY", "FRACTIONAL"])
def test_lossless_jpeg_2000_has_the_values_that_were_packed(tmp_path, type):
    most = {"LABELMAP": 4, "BINARY": 1, "FRACTIONAL": 255}[type]
    masks = RNG.integers(0, most + 1, (3, 40, 50)).astype(np.uint8)
    path = packed_seg(tmp_path / "a", masks, jpeg_2000, JPEG2000Lossless, type)
    (found, *_) = values(read(path))
    want = masks / np.float32(255) if type == "FRACTIONAL" else masks
    assert np.allclose(found, want, atol=1e-6)


@pytest.mark.parametrize("type", ["LABELMAP", "BINARY", "FRACTIONAL"])
@pytest.mark.parametrize(("encode", "syntax"), [(jpeg, JPEGBaseline8Bit), (jpeg_2000, JPEG2000)])
def test_labels_that_packing_may_have_changed_are_refused(tmp_path, encode, syntax, type):
    masks = RNG.integers(0, 2, (3, 40, 50)).astype(np.uint8)
    path = packed_seg(tmp_path / "a", masks, encode, syntax, type)
    with pytest.raises(ReadError, match="may have changed the labels") as told:
        read(path)
    assert "RLE Lossless" in told.value.help


@pytest.mark.parametrize(("syntax", "install"), [
    (JPEGLSLossless, "pyjpegls"), (HTJ2KLossless, "pylibjpeg-openjpeg"),
    (JPEGLosslessSV1, "python-gdcm"),
])  # fmt: skip
def test_a_syntax_that_nothing_here_decodes_says_what_does(tmp_path, monkeypatch, syntax, install):
    decoder = SimpleNamespace(is_available=False)
    monkeypatch.setattr(packed_frames, "frame_decoder", lambda _: decoder)
    path = packed_seg(tmp_path / "a", MASKS, lambda _: b"\xff\xd8ab", syntax)
    with pytest.raises(ReadError, match="cannot be decoded") as told:
        read(path)
    assert install in told.value.help
    assert "pip install" in told.value.help
    assert "RLE Lossless" in told.value.help


@pytest.mark.parametrize("other", [(50, 40), (20, 25), (80, 100)])
def test_a_packed_frame_of_another_size_is_refused(tmp_path, other):
    masks = RNG.integers(0, 5, (3, 40, 50)).astype(np.uint8)
    turned = lambda mask: jpeg_2000(np.resize(mask, other))  # noqa: E731
    path = packed_seg(tmp_path / "a", masks, turned, JPEG2000Lossless)
    with pytest.raises(ReadError, match=f"it is {other[0]} x {other[1]}, the file says 40 x 50"):
        values(read(path))


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_a_packed_frame_that_is_cut_is_refused(tmp_path, keep):
    masks = RNG.integers(0, 5, (3, 40, 50)).astype(np.uint8)
    cut = lambda mask: jpeg_2000(mask)[: int(len(jpeg_2000(mask)) * keep)]  # noqa: E731
    path = packed_seg(tmp_path / "a", masks, cut, JPEG2000Lossless)
    with pytest.raises(ReadError, match="does not decode"):
        values(read(path))


@pytest.mark.parametrize(("name", "more"), [("JPEG", {}), ("JPEG2000", {"no_jp2": True})])
def test_the_size_that_a_frame_says(name, more):
    file = io.BytesIO()
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(file, name, **more)
    assert stated_size(file.getvalue()) == (40, 50)
    assert stated_size(file.getvalue()[:8]) is None
    assert stated_size(b"\xff\xd8\xff\xf7\0\x0b\x08\0\x28\0\x32\1\1\x11\0") == (40, 50)  # JPEG-LS


@pytest.mark.parametrize("keep", np.linspace(0.02, 0.99, 12))
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_a_file_that_is_cut_never_passes(tmp_path, keep, syntax):
    path = build.seg(tmp_path / "a", shots(MASKS * 9), ["A"], type="FRACTIONAL",
                     fraction="PROBABILITY", syntax=syntax)  # fmt: skip
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(CaseError):
        values(read(path))


def test_one_that_begins_as_a_tiff_is_still_dicom(tmp_path):
    """What stands in the first 128 bytes is free: some writers put the head of a TIFF there."""
    path = build.seg(tmp_path / "a", shots(MASKS), ["A"])
    plain = values(open_file(path, ReadOptions()))
    content = path.read_bytes()
    path.write_bytes(b"II*\0" + bytes(124) + content[128:])
    assert np.array_equal(values(open_file(path, ReadOptions())), plain)


def test_it_is_claimed_by_its_content(tmp_path):
    path = build.seg(tmp_path / "no_suffix", shots(MASKS), ["A"])
    assert dicom_seg.claims(path, path.read_bytes()[:512])
    other = build.rtstruct(tmp_path / "RS", [])
    assert not dicom_seg.claims(other, other.read_bytes()[:512])
    with pytest.raises(ReadError, match="not a segmentation"):
        read(other)


@pytest.mark.parametrize("how", [{}, {"type": "FRACTIONAL", "fraction": "OCCUPANCY"},
                                 {"type": "FRACTIONAL", "fraction": "PROBABILITY"}])  # fmt: skip
def test_another_order_of_axes(tmp_path, how):
    path = build.seg(tmp_path / "a", shots(MASKS * (255 if how else 1)), ["A"], **how)
    volume = read(path)
    (straight,) = values(volume)
    channel = volume.channels[0].turned(Reorder((2, 0, 1), (0, 2)))
    with open_channels([channel], 100) as (stream,):
        found = stream.read(60).reshape(5, 4, 3).copy()
    assert (found == np.flip(straight.transpose(2, 0, 1), (0, 2))).all()


# Real files.

SEGS = SHARED / "data" / "dicom_seg"
COUNTS = {
    "highdicom/seg_image_ct_binary.dcm": [638],
    "highdicom/seg_image_ct_binary_overlap.dcm": [64, 16],
    "highdicom/seg_image_ct_binary_fractional.dcm": [638],
    "highdicom/seg_image_ct_true_fractional.dcm": [661],
    "highdicom/seg_image_ct_binary_single_frame.dcm": [1832],
    "highdicom/seg_image_cr_binary.dcm": [151],
    "dcmqi/liver.dcm": [107098],
    "dcmqi/partial_overlaps.dcm": [9602, 11888, 10743, 6693, 4713],
    "dcmqi/sparse-labelmap-ppv5.dcm": [630],
    "dcmqi/24x38x3/label.seg": [315],
    "breast_mr/UCSF-BR-06_seg.dcm": [82527],
}


@needs_data
@pytest.mark.parametrize("name", COUNTS)
def test_real_voxels(name):
    volume = read(SEGS / name)
    assert [int(np.count_nonzero(v)) for v in values(volume, 60_000)] == COUNTS[name]


@needs_data
def test_real_tiles_of_a_microscope():
    volume = read(SEGS / "highdicom/seg_image_sm_control_labelmap.dcm")
    assert volume.geometry.shape == (50, 50)
    assert sorted(set(values(volume, 500)[0].reshape(-1).tolist())) == [0, 1, *range(3, 21)]
    assert len(volume.names) == 20


@needs_data
@pytest.mark.parametrize(
    ("name", "z", "planes"),
    [("sparse-labelmap-ppv5.dcm", -177.75, 3), ("24x38x3/label.seg", -177.75, 3)],
)
def test_real_missing_slices(name, z, planes):
    grid = read(SEGS / "dcmqi" / name).geometry
    assert (grid.origin[2], grid.shape[0], grid.spacing[0]) == (pytest.approx(z), planes, 2.5)


# Numbers with a tolerance, and sizes without a sign (ACCOUNT-A25).


def per_frame(path, of):
    """Every frame says itself how it lies: `of` gives the cosines of each."""
    data = pydicom.dcmread(path)
    shared = data.SharedFunctionalGroupsSequence[0]
    del shared.PlaneOrientationSequence
    for number, frame in enumerate(data.PerFrameFunctionalGroupsSequence):
        frame.PlaneOrientationSequence = [build.item(ImageOrientationPatient=of(number))]
    data.save_as(path)
    return path


@pytest.mark.parametrize("size", [1e-7, 9e-5])
def test_account_a25_cosines_of_frames_may_be_rounded(tmp_path, size):
    exact = read(build.seg(tmp_path / "a.dcm", shots(MASKS), ["Heart"], gap=1.0))
    path = build.seg(tmp_path / "b.dcm", shots(MASKS), ["Heart"], gap=1.0)
    near = read(per_frame(path, lambda n: [1, size * (n % 2), 0, 0, 1, 0]))
    assert near.geometry.shape == exact.geometry.shape
    assert not list(near.geometry.differences(exact.geometry))
    assert (values(near)[0] == values(exact)[0]).all()


def test_account_a25_frames_of_two_orientations_say_by_how_much(tmp_path):
    path = build.seg(tmp_path / "b.dcm", shots(MASKS), ["Heart"], gap=1.0)
    with pytest.raises(ReadError, match="orientation") as caught:
        read(per_frame(path, lambda n: [1, 0.01 * (n == 2), 0, 0, 1, 0]))
    assert "by up to 0.01" in caught.value.facts[0]


@pytest.mark.parametrize("cosines", [(0, 0, 0, 0, 1, 0), (1, 0, 0, 1, 0, 0), (2, 0, 0, 0, 1, 0)])
def test_directions_that_are_those_of_no_grid_are_none(tmp_path, cosines):
    path = build.seg(tmp_path / "b.dcm", shots(MASKS), ["Heart"], gap=1.0)
    with pytest.raises(ReadError, match="do not say how they lie"):
        read(per_frame(path, lambda n: list(cosines)))


def test_a_place_that_no_patient_has_is_none(tmp_path):
    path = build.seg(tmp_path / "b.dcm", shots(MASKS, [0, 1, 2, 1e300]), ["Heart"], gap=1.0)
    with pytest.raises(ReadError, match="do not say where"):
        read(path)


@pytest.mark.parametrize("gap", [-1.0, 0.0, 511.0])
def test_account_a25_the_spacing_between_slices_has_no_sign_and_positions_decide(tmp_path, gap):
    path = build.seg(tmp_path / "a.dcm", shots(MASKS)[::-1], ["Heart"])
    data = pydicom.dcmread(path)
    shared = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    shared.SpacingBetweenSlices = gap
    data.save_as(path)
    found = read(path)
    assert found.geometry.spacing == (1.0, 1.0, 1.0)
    assert (values(found)[0].reshape(MASKS.shape) == MASKS).all()


@pytest.mark.parametrize("gap", [3.5, 511.0, 0.1, 1e-9])
@pytest.mark.parametrize("thickness", [1.0, 0.7])
def test_account_a25_frames_nearer_than_the_spacing_of_slices(tmp_path, gap, thickness):
    """Slices are left out between the frames: their thickness tells, where they lie on such."""
    kept = [0, 3]
    heights = [float(z) for z in kept]
    path = build.seg(tmp_path / "a.dcm", shots(MASKS[kept], heights), ["Heart"])
    data = pydicom.dcmread(path)
    shared = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    shared.SpacingBetweenSlices, shared.SliceThickness = gap, thickness
    data.save_as(path)
    found = read(path)
    assert found.geometry.spacing[0] == (1.0 if thickness == 1 else 3.0)
    (note,) = [note for note in found.notes if note.code == "W-slice-spacing"]
    assert f"3 mm apart, and the file says {gap:g} mm" in note.text


def test_one_frame_without_a_thickness_is_an_error_with_a_reason(tmp_path):
    path = build.seg(tmp_path / "a.dcm", shots(MASKS[:1]), ["Heart"])
    data = pydicom.dcmread(path)
    data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness = 0
    data.save_as(path)
    with pytest.raises(CaseError, match="thickness"):
        read(path)


def test_a_position_of_one_number_is_an_error(tmp_path):
    path = build.seg(tmp_path / "a.dcm", shots(MASKS), ["Heart"])
    data = pydicom.dcmread(path)
    where = data.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    where.ImagePositionPatient = [256.0]
    data.save_as(path)
    with pytest.raises(ReadError, match="1 of 4 frames"):
        read(path)


def test_a_tiled_picture_keeps_the_spacing_that_all_tiles_share(tmp_path):
    #    2 x 2 tiles of 3 x 5 pixels, complete: no frame is described by itself
    path = build.seg(tmp_path / "a.dcm", shots(MASKS), ["Heart"], spacing=(0.25, 0.5))
    data = pydicom.dcmread(path)
    del data.PerFrameFunctionalGroupsSequence
    data.TotalPixelMatrixRows, data.TotalPixelMatrixColumns = 6, 10
    data.DimensionOrganizationType = "TILED_FULL"
    data.save_as(path)
    found = read(path)
    assert (found.geometry.shape, found.geometry.spacing) == ((6, 10), (0.25, 0.5))
