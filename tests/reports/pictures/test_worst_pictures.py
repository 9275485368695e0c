"""Pictures from files: found again, unchanged, each plane once, with or without image (T22-24)."""

import base64
import io
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from segeval.api.run import score_paths
from segeval.reports.html.page import draw_pictures, render_page
from segeval.reports.pictures import image_planes as planes_module
from segeval.reports.pictures.case_images import CaseImages
from segeval.reports.pictures.draw_tints import FALSE, HIT, MISSED, error_picture, tinted
from segeval.reports.pictures.grey_levels import grey_levels, grey_range, parse_window
from segeval.reports.pictures.worst_pictures import draw_worst
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError

ROOT = Path(__file__).resolve().parents[3]
CT = ROOT / "sample_data" / "ct"
SHAPE = (30, 24, 16)  # x, y, z


def write_nifti(path, array, affine=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    sides = np.diag([1.0, 1.0, 3.0, 1.0]) if affine is None else affine
    nibabel.save(nibabel.Nifti1Image(array, sides), path)


@pytest.fixture
def tree(tmp_path):
    """Two cases of one class with images whose values say where they are."""
    for k, name in enumerate(("a", "b")):
        truth = np.zeros(SHAPE, np.uint8)
        truth[8:20, 8:16, 4:12] = 1
        pred = np.roll(truth, 1 + k, axis=0)
        pred[10:14, 18:20, 9] = 1
        write_nifti(tmp_path / "gt" / f"{name}.nii.gz", truth)
        write_nifti(tmp_path / "pred" / f"{name}.nii.gz", pred)
        x, y, z = np.indices(SHAPE)
        image = (x + 40 * y + 1000 * z).astype(np.float32)
        write_nifti(tmp_path / "images" / f"{name}_0000.nii.gz", image)
    return tmp_path


def drawn(tree, wanted=(("a", "1"),), known=None, **choices):
    return draw_worst(list(wanted), known or {}, tree / "pred", tree / "gt", Settings(**choices))


def test_report_t23_without_images_the_masks_stand_alone(tree):
    found = drawn(tree)
    assert found.notes == {}
    assert "<image" not in found.drawn["a", "1"]
    assert found.drawn["a", "1"].count("<svg") == 3
    assert 'class="truth"' in found.drawn["a", "1"]


@pytest.mark.parametrize("flip", [False, True])
def test_report_t23_the_planes_of_the_image_are_those_of_the_masks(tree, monkeypatch, flip):
    if flip:  # the same image, stored the other way round
        image = nibabel.load(tree / "images" / "a_0000.nii.gz")
        array = np.asarray(image.dataobj)[::-1, ::-1]
        turned = image.affine @ np.diag([-1.0, -1.0, 1.0, 1.0])
        turned[:2, 3] += (image.affine @ [SHAPE[0] - 1, SHAPE[1] - 1, 0, 0])[:2]
        write_nifti(tree / "images" / "a_0000.nii.gz", np.ascontiguousarray(array), turned)
    kept = []
    plain = planes_module.collect_planes
    monkeypatch.setattr(
        planes_module,
        "collect_planes",
        lambda planes, views: kept.append((views, plain(planes, views))) or kept[-1][1],
    )
    found = drawn(tree, images=str(tree / "images"))
    assert found.notes == {}
    assert found.drawn["a", "1"].count("<image") == 3
    ((views, made),) = kept
    (view,), ((axial, coronal, sagittal),) = views, made
    (z0, z1), (y0, y1), (x0, x1) = view.window
    z, y, x = np.ogrid[z0:z1, y0:y1, x0:x1]
    # the file is RAS and the grid of it stays: its own indices
    whole = x + 40 * y + 1000 * z
    assert (axial == whole[view.at[0] - z0]).all()
    assert (coronal == whole[:, view.at[1] - y0]).all()
    assert (sagittal == whole[:, :, view.at[2] - x0]).all()


def test_report_t24_each_plane_is_read_once_for_all_classes(tree, monkeypatch):
    truth = np.zeros(SHAPE, np.uint8)
    truth[2:8, 4:10, 2:10] = 1
    truth[18:26, 10:20, 5:14] = 2
    write_nifti(tree / "gt" / "a.nii.gz", truth)
    write_nifti(tree / "pred" / "a.nii.gz", np.roll(truth, 1, axis=1))
    read = []
    plain = planes_module.read_planes

    def counted(volume, shape, wanted):
        for z, plane in plain(volume, shape, wanted):
            read.append(z)
            yield z, plane

    monkeypatch.setattr(planes_module, "read_planes", counted)
    monkeypatch.setattr(planes_module, "AT_A_TIME", SHAPE[0] * SHAPE[1])
    found = drawn(tree, [("a", "1"), ("a", "2")], images=str(tree / "images"))
    assert len(found.drawn) == 2
    assert read == sorted(set(read))


def test_report_t24_a_file_that_changed_has_no_picture(tree):
    card = score_paths(tree / "pred", tree / "gt", Settings(metrics=(parse_metric("dice"),)))
    known = {case.case: case for case in card.cases}
    assert len(drawn(tree, [("a", "1"), ("b", "1")], known).drawn) == 2
    content = np.zeros(SHAPE, np.uint8)
    content[8:20, 8:16, 4:12] = 1
    write_nifti(tree / "pred" / "b.nii.gz", content)
    found = drawn(tree, [("a", "1"), ("b", "1")], known)
    assert list(found.drawn) == [("a", "1")]
    assert found.notes == {"the prediction changed since it was scored": 1}
    assert found.of_note == {"the prediction changed since it was scored": ["b"]}


def test_what_cannot_be_drawn_is_said(tree):
    found = drawn(tree, [("gone", "1"), ("a", "7")])
    assert found.drawn == {}
    assert found.notes == {
        "the files no longer have the class": 1,
        "the case is not in the folders any more": 1,
    }


def test_an_image_on_another_grid_is_left_out_and_said(tree):
    write_nifti(tree / "images" / "a_0000.nii.gz", np.zeros((8, 8, 8), np.float32))
    found = drawn(tree, images=str(tree / "images"))
    assert "<image" not in found.drawn["a", "1"]
    assert any(note.startswith("masks without the image: ") for note in found.notes)


def test_an_image_that_is_not_there_is_said(tree):
    (tree / "images" / "a_0000.nii.gz").unlink()
    found = drawn(tree, images=str(tree / "images"))
    assert found.notes == {"--images has no image of the case, so its masks stand alone": 1}


@pytest.mark.parametrize(
    ("case", "file"),
    [
        ("a", "a.nii.gz"),
        ("a", "a_0000.nii.gz"),
        ("a", "a_ct.nrrd"),
        ("a_gt", "a_img.nii.gz"),
        ("frankfurt_01_gtFine_labelIds", "frankfurt_01_leftImg8bit.png"),
        ("p1", "p1/ct.nii.gz"),
        ("p1/seg", "p1/ct.nii.gz"),
    ],
)
def test_report_t23_images_are_found_beside_the_masks(tmp_path, case, file):
    from segeval.pairing.cases import Case, CaseFiles

    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    (tmp_path / "other_0000.nii.gz").write_bytes(b"x")
    side = CaseFiles(tmp_path / "gt", {"": tmp_path / "gt" / f"{case}.nii.gz"})
    assert CaseImages(tmp_path).find(Case(case, side, side)) == path


def test_report_t22_areas_are_tints_of_the_image_and_words():
    truth = np.array([[True, True, False, False]])
    pred = np.array([[True, False, True, False]])
    image = np.full((1, 4), 100.0)
    made = tinted(image, truth, pred)
    for k, colour in enumerate((HIT, MISSED, FALSE)):
        assert made[0, k].tolist() == [int(50 + c / 2) for c in colour]
    assert made[0, 3].tolist() == [100, 100, 100]
    assert [tuple(pixel) for pixel in error_picture(truth, pred)[0, :3].tolist()] == [
        HIT, MISSED, FALSE,
    ]  # fmt: skip


def test_report_t22_a_picture_has_its_areas_counted(tmp_path):
    truth = np.zeros((60, 80), np.uint8)
    truth[20:40, 20:40] = 1
    pred = np.roll(truth, 5, axis=1)
    for side, array in (("gt", truth), ("pred", pred)):
        (tmp_path / side).mkdir()
        Image.fromarray(array).save(tmp_path / side / "x.png")
    (tmp_path / "images").mkdir()
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(tmp_path / "images" / "x.jpg")
    found = drawn(tmp_path, [("x", "1")], images=str(tmp_path / "images"))
    assert found.notes == {}
    text = found.drawn["x", "1"]
    assert "300 px hit, 100 px missed, 100 px false" in text
    first = base64.b64decode(re.search(r"base64,([^\"]+)", text)[1])
    with Image.open(io.BytesIO(first)) as picture:
        assert max(picture.size) <= 256


@pytest.mark.parametrize(
    ("word", "class_", "ends"),
    [
        ("soft", "x", (-160, 240)),
        ("lung", "x", (-1350, 150)),
        ("auto", "Lung_L", (-1350, 150)),
        ("auto", "Brainstem", (0, 80)),
        ("auto", "Liver", (-160, 240)),
        ("350,50", "x", (-125, 225)),
    ],
)
def test_report_t21_windows_by_preset_and_by_class(word, class_, ends):
    assert grey_range(np.array([-1000.0, 500.0]), word, class_, False) == ends


def test_without_hounsfield_units_the_image_says_its_range():
    values = np.linspace(0, 1000, 1001)
    low, high = grey_range(values, "auto", "Lung_L", False)
    assert (low, high) == (5.0, 995.0)
    (plane,) = grey_levels([np.array([[0.0, 500.0, np.nan, 1000.0]])], "1000,500", "x")
    assert plane.tolist() == [[0, 127, 0, 255]]


@pytest.mark.parametrize("word", ["soft tissue", "1", "0,5", "a,b"])
def test_a_wrong_window_is_refused(word):
    with pytest.raises(RequestError):
        parse_window(word)


def test_the_page_of_a_run_has_the_pictures_of_its_worst_values():
    metrics = tuple(map(parse_metric, ("dice", "hd")))
    card = score_paths(CT / "pred", CT / "gt", Settings(metrics=metrics))
    found = draw_pictures(card, Settings(pictures=4))
    assert len(found.drawn) == 4
    assert ("case_03", "pancreas") in found.drawn
    hd = {(r.case, r.class_): r.value for c in card.cases for r in c.rows if r.metric == "hd"}
    for key, text in found.drawn.items():
        lengths = {float(v) for v in re.findall(r'data-length="([^"]+)"', text)}
        wanted = [] if np.isnan(hd[key]) else [hd[key]]
        assert sorted(lengths) == pytest.approx(wanted, rel=1e-9)
    page = render_page(card, Settings(pictures=4), found)
    assert page.count('<figure class="picture">') == 4
    assert draw_pictures(card, Settings(pictures=0)) is None


def flat_tree(folder, image, name):
    """A case of pictures with an image."""
    truth = np.zeros((60, 80), np.uint8)
    truth[20:40, 20:40] = 1
    for side, array in (("gt", truth), ("pred", np.roll(truth, 5, axis=1))):
        (folder / side).mkdir()
        Image.fromarray(array).save(folder / side / "x.png")
    (folder / "images").mkdir()
    Image.fromarray(image).save(folder / "images" / name)


@pytest.mark.parametrize(
    ("name", "kind", "low", "high"),
    [
        ("x.png", np.uint16, 1000, 1300),
        ("x.tif", np.uint16, 0, 60000),
        ("x.tiff", np.float32, -0.4, 0.6),
        ("x_0000.tif", np.int32, -200, 90000),
    ],
)
def test_report_t22_an_image_of_more_than_8_bits_is_shown_by_what_it_spans(
    tmp_path, name, kind, low, high
):
    ramp = np.linspace(low, high, 80)[None, :].repeat(60, axis=0).astype(kind)
    flat_tree(tmp_path, ramp, name)
    found = drawn(tmp_path, [("x", "1")], images=str(tmp_path / "images"))
    assert found.notes == {}
    content = base64.b64decode(re.search(r"base64,([^\"]+)", found.drawn["x", "1"])[1])
    with Image.open(io.BytesIO(content)) as picture:
        shown = np.asarray(picture.convert("L"), float)
    assert shown[:5, :5].mean() < 30
    assert shown[:5, -5:].mean() > 225


def test_report_t22_an_image_of_8_bits_is_shown_as_it_is(tmp_path):
    flat_tree(tmp_path, np.full((60, 80), 77, np.uint8), "x.png")
    found = drawn(tmp_path, [("x", "1")], images=str(tmp_path / "images"))
    content = base64.b64decode(re.search(r"base64,([^\"]+)", found.drawn["x", "1"])[1])
    with Image.open(io.BytesIO(content)) as picture:
        assert abs(int(picture.convert("L").getpixel((2, 2))) - 77) <= 3


def test_report_t22_a_photograph_that_was_held_upright_is_turned(tmp_path):
    ramp = np.linspace(0, 255, 80)[None, :].repeat(60, axis=0).astype(np.uint8)
    flat_tree(tmp_path, ramp, "x.png")
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(ramp)))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it to the right to see it upright
    turned.save(tmp_path / "images" / "x.jpg", exif=exif)
    (tmp_path / "images" / "x.png").unlink()
    found = drawn(tmp_path, [("x", "1")], images=str(tmp_path / "images"))
    assert found.notes == {}
    content = base64.b64decode(re.search(r"base64,([^\"]+)", found.drawn["x", "1"])[1])
    with Image.open(io.BytesIO(content)) as picture:
        shown = np.asarray(picture.convert("L"), float)
    assert shown[:5, :5].mean() < 30
    assert shown[:5, -5:].mean() > 180


def test_a_flat_image_of_nan_stands_nowhere(tmp_path):
    flat_tree(tmp_path, np.full((60, 80), np.nan, np.float32), "x.tif")
    found = drawn(tmp_path, [("x", "1")], images=str(tmp_path / "images"))
    assert found.drawn["x", "1"].count("<img") == 2
    (said,) = found.notes
    assert "the image holds no number where the structure lies" in said
