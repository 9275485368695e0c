"""A name that nothing matched, in every kind of input that names its classes (ACCOUNT-A30)."""

import csv
import io
import json
import re
import shlex

import build
import numpy as np
import pytest

CUBE = np.zeros((6, 6, 6), np.uint8)
CUBE[1:4, 1:4, 1:4] = 1
OTHER = np.zeros((6, 6, 6), np.uint8)
OTHER[4:, 4:, 4:] = 1


def case_folders(root, case, names):
    (root / case).mkdir(parents=True, exist_ok=True)
    for name, mask in names.items():
        build.nifti(root / case / f"{name}.nii.gz", mask)


def array_folders(root, case, names):
    for name, mask in names.items():
        build.npy(root / case / "masks" / f"{name}.npy", mask)


def class_folders(root, case, names):
    for name, mask in names.items():
        build.png(root / name / f"{case}.png", mask.max(0))


def slicer(root, case, names):
    root.mkdir(parents=True, exist_ok=True)
    fields = {}
    for place, name in enumerate(names):
        known = {"ID": f"s{place}", "Name": name, "LabelValue": place + 1, "Layer": 0}
        fields |= {f"Segment{place}_{key}": str(value) for key, value in known.items()}
    array = sum((place + 1) * mask for place, mask in enumerate(names.values()))
    build.nrrd_file(root / f"{case}.seg.nrrd", array.astype(np.uint8), **fields)


def labelme(root, case, names):
    root.mkdir(parents=True, exist_ok=True)
    shapes = []
    for name, mask in names.items():
        low, high = (4, 6) if mask is OTHER else (1, 4)
        points = [[low, low], [high, low], [high, high], [low, high]]
        shapes.append({"label": name, "points": points, "shape_type": "polygon"})
    content = {"shapes": shapes, "imageHeight": 8, "imageWidth": 8, "imagePath": "x.jpg"}
    (root / f"{case}.json").write_text(json.dumps(content))


FORMS = [case_folders, array_folders, class_folders, slicer, labelme]


@pytest.fixture(params=FORMS, ids=lambda form: form.__name__)
def write(request, here):
    for side in ("pred", "gt"):
        (here / side).mkdir()
    return request.param


def fill(here, write, case, gt, pred):
    """Both sides of a case; masks by name."""
    write(here / "gt", case, gt)
    write(here / "pred", case, pred)


def rows(segeval, *words):
    """The answer, and the row of each case and class."""
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv", *words)
    lines = csv.DictReader(io.StringIO(done.out))
    return done, {(row["case"].split(".")[0], row["class"]): row for row in lines}


GT = {"nodule": CUBE, "artery": OTHER}
PRED = {"Nodule_main": CUBE, "artery": OTHER}


def test_account_a30_a_name_that_stands_for_nothing_may_be_the_class(segeval, here, write):
    for case in ("c1", "c2"):
        fill(here, write, case, GT, PRED)
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "json", "--gate", "*/dice=0")
    assert done.status == 3
    _, found = rows(segeval)
    assert found["c1", "nodule"]["status"] == "name_not_found"
    assert found["c1", "artery"]["status"] == "ok"
    summary = json.loads(done.out)["summary"][""]
    assert summary["artery"]["dice"]["mean"] == 1
    assert summary["overall"]["dice"]["mean"] == 1  # it is in no mean
    advice = re.search(r"help: (--alias \S+) maps it", done.err)[1]
    mapped = segeval("score", "pred", "gt", "-m", "dice", "--format", "json", *shlex.split(advice))
    assert mapped.status == 0
    assert json.loads(mapped.out)["summary"][""]["nodule"]["dice"]["mean"] == 1


def test_account_a30_missed_or_left_out_when_the_user_says_so(segeval, here, write):
    fill(here, write, "c1", GT, PRED)
    fill(here, write, "c2", GT, GT)
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "json", "--missing", "worst")
    summary = json.loads(done.out)["summary"][""]
    assert (done.status, summary["nodule"]["dice"]["mean"]) == (0, 0.5)
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "json", "--missing", "skip")
    summary = json.loads(done.out)["summary"][""]
    assert (done.status, summary["nodule"]["dice"]["mean"]) == (0, 1)


@pytest.mark.parametrize("extra", ["liver", "couch top", "rib"])
def test_account_a30_organs_supports_and_classes_of_the_run_stand_for_something(
    segeval, here, write, extra
):
    """The prediction of c1 has an organ, a support structure or what c2 is annotated for."""
    fill(here, write, "c1", GT, {"artery": OTHER, extra: CUBE})
    fill(here, write, "c2", {**GT, "rib": CUBE} if write is not slicer else
         {"artery": OTHER, "rib": CUBE}, {"artery": OTHER, "rib": CUBE})  # fmt: skip
    done, found = rows(segeval)
    nodule = found["c1", "nodule"]
    assert (done.status, nodule["status"], nodule["value"]) == (0, "ok", "0.0"), done.err


def test_account_a30_a_selection_sees_the_names_that_it_leaves_out(segeval, here, write):
    fill(here, write, "c1", GT, PRED)
    fill(here, write, "c2", GT, PRED)
    done, found = rows(segeval, "--classes", "nodule")
    assert (done.status, found["c1", "nodule"]["status"]) == (3, "name_not_found")
    done, found = rows(segeval, "--classes", "NODULE")
    assert (done.status, found["c1", "NODULE"]["status"]) == (3, "name_not_found")
    _, found = rows(segeval, "--classes", "nodule,Nodule_main")
    assert found["c1", "nodule"]["status"] == "ok"  # a class of the run is no other's name
