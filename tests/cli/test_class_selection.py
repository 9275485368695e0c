"""Narrowing is asked for: what selects classes, and what only speaks of them (ACCOUNT-A5)."""

import json

import build
import numpy as np
import pytest

NII = (build.nifti, ".nii.gz")
REMARKS = ['aliases = ["x"]', 'tolerance = "2mm"', 'color = "#56b4e9"', "gates = { dice = 0.1 }"]


def two(*labels):
    """A label map with a cube of each label."""
    a = np.zeros((12, 12, 12), np.uint8)
    for place, label in enumerate(labels):
        a[1 + 4 * place : 4 + 4 * place, 2:6, 2:6] = label
    return a


def classes_of(done):
    return sorted({line.split(",")[1] for line in done.out.splitlines()[1:]})


@pytest.fixture
def organs(here):
    """A folder a case with a file an organ, the spleen missed."""
    for side in ("pred", "gt"):
        for case in ("c1", "c2"):
            files = {"Heart": two(1), "spleen": two(1) if side == "gt" else two(1) * 0}
            build.folder(here / side / case, NII, **files)
    return here


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize("name", ["Heart", "heart", "Kidney_L"])
def test_account_a5_a_table_of_one_organ_keeps_the_others(segeval, organs, remark, name):
    (organs / "segeval.toml").write_text(f"[gates]\n'*/dice' = 0.5\n[classes.{name}]\n{remark}\n")
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert done.status == 1
    assert classes_of(done) == sorted(["heart" if name == "heart" else "Heart", "spleen"])


@pytest.mark.parametrize("remark", [*REMARKS, "label = 1"])
def test_account_a5_a_table_beside_label_maps_keeps_the_other_labels(segeval, here, remark):
    for side in ("pred", "gt"):
        build.folder(here / side, NII, a=two(1, 2), b=two(1, 2, 3))
    (here / "segeval.toml").write_text(f"[classes.liver]\n{remark}\n")
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    names = ["2", "3", "liver"] if remark == "label = 1" else ["1", "2", "3"]
    missed = "gates" in remark  # a rule of a class that there is not is no pass
    assert (done.status, classes_of(done)) == (int(missed), names)


def test_account_a5_an_alias_names_a_file_and_selects_nothing(segeval, organs):
    for side in ("pred", "gt"):
        (organs / side / "c2" / "Heart.nii.gz").rename(organs / side / "c2" / "Cor.nii.gz")
    (organs / "segeval.toml").write_text('[classes.Heart]\naliases = ["Cor"]\n')
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "json")
    assert json.loads(done.out)["summary"][""]["Heart"]["dice"]["n"] == 2


def test_account_a5_what_nothing_stands_for_is_an_error_with_the_nearest_name(segeval, organs):
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "Hart,spleen", "--gate",
                   "spleen/dice=0")  # fmt: skip
    assert done.status == 3
    assert "Hart" in done.err
    assert "did you mean Heart" in done.err


def test_account_a5_merge_says_it_and_no_shard(segeval, organs):
    for part in ("1/2", "2/2"):
        name = f"{part[0]}.json"
        done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "Hart,Heart", "--shard",
                       part, "-o", name)  # fmt: skip
        assert (done.status, "Hart" in done.err) == (0, False)
    done = segeval("merge", "1.json", "2.json")
    assert (done.status, "did you mean Heart" in done.err) == (3, True)


def test_account_a5_a_listed_label_without_voxels_is_absent(segeval, here):
    for side in ("pred", "gt"):
        build.folder(here / side, NII, a=two(1))
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "1=liver,9=spleen")
    assert (done.status, "spleen" in done.out) == (0, True)


def test_account_a5_the_selected_classes_are_the_only_ones(segeval, here):
    for side in ("pred", "gt"):
        build.folder(here / side, NII, a=two(1, 2))
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "1=liver", "--format", "csv")
    assert classes_of(done) == ["liver"]
    assert "that no listed class stands for (2: 48 voxels) [W-unknown-label]" in done.err


CVAT = "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncar:1,2,3::\ntree:4,5,6::\n"
SNAP = '0 0 0 0 0 0 0 "Clear Label"\n1 255 0 0 1 1 1 "car"\n2 0 255 0 1 1 1 "tree"\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_classes.csv", "Pixel Value, Class\n0, background\n1, car\n2, tree\n"),
        ("c.csv", "name;index\ncar;1\ntree;2\n"),
        ("dseg.tsv", "index\tname\tcolor\n1\tcar\t#ff0000\n2\ttree\t#00ff00\n"),
        ("labelmap.txt", CVAT),
        ("snap.txt", SNAP),
        ("lut.txt", "# FreeSurfer\n0 Unknown 0 0 0 0\n1 car 70 130 180 0\n2 tree 245 245 245 0\n"),
    ],
)
def test_cli_u7_class_lists_of_tools(segeval, here, name, text):
    for side in ("pred", "gt"):
        build.folder(here / side, NII, a=two(1, 2))
    (here / name).write_text(text)
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", name, "--format", "csv")
    assert (done.status, classes_of(done)) == (0, ["car", "tree"])


def test_cli_u7_a_file_that_is_no_list_is_refused_and_never_a_name(segeval, here):
    for side in ("pred", "gt"):
        build.folder(here / side, NII, a=two(1, 2))
    (here / "notes").write_text("nothing")
    done = segeval("score", "pred", "gt", "--classes", "notes")
    assert (done.status, "no class list" in done.err) == (2, True)
