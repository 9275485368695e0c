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


# A list in which a name or a value would be lost behind another.

PAIRS_OF = ["l.json", "l.csv", "l.tsv", "l.txt"]


def listed(here, name, *pairs):
    """A class list as a file; each pair is a label value and a name."""
    lines = {
        ".json": "{" + ", ".join(f'"{name}": {value}' for value, name in pairs) + "}",
        ".csv": "value,name\n" + "".join(f"{value},{name}\n" for value, name in pairs),
        ".tsv": "index\tname\n" + "".join(f"{value}\t{name}\n" for value, name in pairs),
        ".txt": "".join(f'{value} 1 2 3 1 1 1 "{name}"\n' for value, name in pairs),
    }
    (here / name).write_text(lines[name[-5:] if name.endswith(".json") else name[-4:]])
    return name


@pytest.fixture
def maps(here):
    for side in ("pred", "gt"):
        build.folder(here / side, NII, x1=two(1, 2), x2=two(1, 2))
    return here


@pytest.mark.parametrize("name", PAIRS_OF)
@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (((1, "liver"), (2, "liver")), "liver"),
        (((1, "Lens_L"), (2, "lens left")), "two names of one structure"),
        (((1, "liver"), (1, "spleen")), "stand for the same label value"),
    ],
)
def test_account_a6_no_entry_of_a_list_hides_another(segeval, maps, name, pairs, said):
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", listed(maps, name, *pairs))
    assert (done.status, said in done.err) == (2, True), done.err


@pytest.mark.parametrize("words", ["a,a", "Liver,liver", "Lens_L,left lens", "1,1", "x,y,x"])
def test_account_a6_a_selection_names_each_class_once(segeval, organs, words):
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", words)
    assert (done.status, "--classes: the list names" in done.err) == (2, True)
    assert segeval("score", "pred", "gt", "-m", "dice", "--classes", "Heart,spleen").status == 0


@pytest.mark.parametrize("words", ["1=a,1=b", "1+2=a,2+1=b"])
def test_account_a6_one_label_is_one_class(segeval, maps, words):
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", words)
    assert (done.status, "the same label value" in done.err) == (2, True)
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "1+2=all of it,2=part")
    assert done.status == 0  # regions share labels


@pytest.mark.parametrize("content", ['{"": 1}', '{"liver": -1}', '{"liver": 70000}'])
def test_a_label_that_is_none_is_refused(segeval, maps, content):
    (maps / "l.json").write_text(content)
    assert segeval("score", "pred", "gt", "-m", "dice", "--classes", "l.json").status == 2


@pytest.mark.parametrize("ending", [NII, (build.npy, ".npy")])
@pytest.mark.parametrize("classes", ["1=a,2=b", "1=b,2=a,3=c"])
def test_class_names_that_are_case_names_flip_no_layout(segeval, here, ending, classes):
    for side in ("pred", "gt"):
        build.folder(here / side, ending, a=two(1, 2), b=two(1, 2))
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", classes)
    assert (done.status, "--layout" in done.err) == (2, True)
    words = ("--classes", classes, "--format", "csv")
    done = segeval("score", "pred", "gt", "-m", "dice", "--layout", "flat", *words)
    assert done.status == 0
    assert {"a", "b"} == {line.split(",")[0] for line in done.out.splitlines()[1:]}
