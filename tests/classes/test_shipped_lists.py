"""Class lists of the field by name (CLI-U7)."""

import tomllib
from pathlib import Path

import build
import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.classes.distinct import check_distinct_names
from segeval.classes.label_tables import shipped_tables
from segeval.classes.parse_classes import parse_classes
from segeval.classes.shipped_lists import FOLDER, shipped_list, shipped_list_names
from segeval.request.presets import preset_choices
from segeval.runtime.errors import CaseError, RequestError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
COUNTS = {
    "acdc": 3, "ade20k": 150, "ade20k-zero-based": 150, "amos": 15, "brats-2021": 3,
    "brats-2023": 3, "btcv": 13, "cityscapes": 19, "cityscapes-label-ids": 19, "coco-stuff": 171,
    "coco-stuff-train-ids": 171, "flare-2022": 13, "totalsegmentator": 117,
    "totalsegmentator-v1": 104, "voc": 21,
}  # fmt: skip


def labels(name):
    return {c.name: c.labels for c in parse_classes(name).classes}


def test_every_list_is_counted_here():
    assert set(COUNTS) == set(shipped_list_names())


@pytest.mark.parametrize("name", COUNTS)
def test_a_list_has_its_classes_its_source_and_its_licence(name):
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    assert content["source"]
    assert content["licence"]
    classes = parse_classes(name)
    assert classes.only
    assert len(classes.classes) == COUNTS[name]
    check_distinct_names([(c.name, str(c.labels[0])) for c in classes.classes])
    ignored = set(classes.ignored or [classes.ignore])
    assert not ignored & {value for c in classes.classes for value in c.labels}
    assert len({c.labels for c in classes.classes}) == COUNTS[name]


@pytest.mark.parametrize("word", ["Cityscapes", " voc ", "ADE20K", "cityscapes_label_ids"])
def test_a_name_is_read_without_case(word):
    assert parse_classes(word).classes


def test_the_two_lists_of_cityscapes_are_one_by_the_table_of_its_labels():
    table = dict(shipped_tables()["cityscapes-train-ids"])
    by_id = shipped_list("cityscapes-label-ids")
    assert {c.name: (table[c.labels[0]],) for c in by_id.classes} == labels("cityscapes")
    assert sorted(by_id.ignored) == sorted(old for old, new in table.items() if new == 255)
    assert labels("cityscapes")["road"] == (0,)
    assert labels("cityscapes-label-ids")["bicycle"] == (33,)
    assert by_id.colours == {c: v for c, v in by_id.colours.items() if c != (0, 0, 0)}


def test_the_lists_of_coco_stuff_have_one_order():
    by_id, dense = labels("coco-stuff"), labels("coco-stuff-train-ids")
    assert list(by_id) == list(dense)
    assert list(dense.values()) == [(k,) for k in range(171)]
    assert by_id["person"] == (0,)
    assert by_id["banner"] == (91,)
    assert by_id["wood"] == (181,)
    gone = {11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90}  # ids that no image has, minus 1
    assert {v for (v,) in by_id.values()} == set(range(182)) - gone


def test_the_lists_of_ade20k_differ_by_one():
    one, zero = labels("ade20k"), labels("ade20k-zero-based")
    assert {name: (value - 1,) for name, (value,) in one.items()} == zero
    assert (one["wall"], one["flag"], one["sky"]) == ((1,), (150,), (3,))


def test_the_colours_of_voc_are_those_of_its_colour_map():
    colours = {c.name: c.colour for c in shipped_list("voc").classes}
    assert colours["aeroplane"] == (128, 0, 0)
    assert colours["tvmonitor"] == (0, 64, 128)
    assert labels("voc")["background"] == (0,)


def test_the_regions_of_brats_are_those_of_its_presets():
    for name, preset in (("brats-2023", "brats-2023"), ("brats-2021", "brats")):
        of_preset = {c.name: c.labels for c in preset_choices(preset)["classes"].classes}
        assert labels(name) == of_preset
        assert parse_classes(name).regions


def test_organs_by_their_published_values():
    assert labels("totalsegmentator")["rib_right_12"] == (115,)
    assert labels("totalsegmentator")["vertebrae_C1"] == (50,)
    assert labels("totalsegmentator-v1")["urinary_bladder"] == (104,)
    assert labels("amos")["liver"] == labels("btcv")["liver"] == (6,)
    assert labels("flare-2022")["kidney_left"] == (13,)
    assert labels("btcv")["adrenal_gland_left"] == (13,)
    assert labels("amos")["prostate/uterus"] == (15,)


def test_totalsegmentator_is_what_its_files_say():
    path = DATA / "totalseg_ct" / "example_seg.nii.gz"
    if not path.exists():
        pytest.skip("../shared/data is not here")
    of_file = {c.name: c.labels for c in parse_classes(str(path)).classes}
    assert of_file == labels("totalsegmentator")


def test_a_file_of_that_name_is_never_a_list(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voc").write_text("no list")
    with pytest.raises(RequestError) as caught:
        parse_classes("voc")
    assert "no class list" in caught.value.message


def test_voc_from_pictures_with_its_palette(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, (12, 14)).astype(np.uint8)
    pred = np.where(rng.random(truth.shape) < 0.2, 0, truth).astype(np.uint8)
    truth[0] = 255
    palette = [0] * 768
    for c in shipped_list("voc").classes:
        palette[3 * c.labels[0] : 3 * c.labels[0] + 3] = c.colour
    for side, array in (("pred", pred), ("gt", truth)):
        (tmp_path / side).mkdir()
        image = Image.frombytes("P", array.shape[::-1], array.tobytes())
        image.putpalette(palette)
        image.save(tmp_path / side / "a.png")
    card = segeval.score(tmp_path / "pred", tmp_path / "gt", "iou", classes="voc")
    found = {row.class_: row.value for row in card.rows if row.value == row.value}
    valid = truth != 255
    for value, name in enumerate(["background", "aeroplane", "bicycle", "bird"]):
        one, two = (truth == value) & valid, (pred == value) & valid
        assert found[name] == (one & two).sum() / (one | two).sum()
    assert set(found) == {"background", "aeroplane", "bicycle", "bird"}


def test_cityscapes_by_id_leaves_out_what_its_evaluation_leaves_out():
    truth = np.array([[7, 7, 8, 0, 9], [11, 11, 24, 3, 30]])
    pred = np.array([[7, 8, 8, 7, 7], [11, 0, 24, 24, 26]])
    card = segeval.score(pred, truth, "iou", classes="cityscapes-label-ids")
    found = {row.class_: row.value for row in card.rows if row.value == row.value}
    assert found == {"road": 0.5, "sidewalk": 0.5, "building": 0.5, "person": 1.0}


@pytest.mark.parametrize(
    ("word", "near"), [("cityscape", "cityscapes"), ("brats2023", "brats-2023"), ("vocs", "voc")]
)
def test_a_misspelt_list_gets_its_name(word, near):
    one = build.blocks()
    with pytest.raises(CaseError) as caught:
        segeval.score(one, one, "dice", classes=word)
    said = f'classes="3={word}"; or a list that ships: classes="{near}"'
    assert said in caught.value.help


def test_a_class_of_the_data_that_is_none_gets_the_name_of_the_list():
    with pytest.raises(RequestError) as caught:
        parse_classes("1=road,2=sky").chosen(parse_classes("cityscape"))
    assert "did you mean cityscapes" in caught.value.help
