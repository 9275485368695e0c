"""What is named as a file is called what it is, and a COCO file in a folder is found (ACCOUNT-A29,
A31)."""

import json

import build
import numpy as np
import pytest
import regions_build

MASK = np.zeros((8, 8), np.uint8)
MASK[2:5, 2:6] = 1


@pytest.mark.parametrize("side", ["pred", "gt"])
def test_account_a29_a_folder_in_a_table_of_pairs_is_a_folder(segeval, here, side):
    build.png(here / "a.png", MASK)
    (here / "b").mkdir()
    row = {"pred": "a.png", "gt": "a.png"} | {side: "b"}
    (here / "t.csv").write_text(f"case,pred,gt\nx,{row['pred']},{row['gt']}\n")
    done = segeval("score", "--pairs", "t.csv", "-m", "dice")
    assert (done.status, "a folder, no file" in done.err) == (3, True), done.err


@pytest.mark.parametrize("masks", ["pred", "gt"])
def test_account_a31_a_coco_file_in_a_folder_is_named(segeval, here, masks):
    other = "gt" if masks == "pred" else "pred"
    (here / masks).mkdir()
    (here / other).mkdir()
    build.png(here / masks / "image.png", MASK)
    regions_build.coco(here / other / "x.json", MASK.shape, [], images=("image.png",))
    (here / other / "summary.json").write_text(json.dumps({"images": 1}))  # a side file
    done = segeval("score", "pred", "gt", "-m", "dice")
    assert done.status == 4
    assert f"name the file itself in place of its folder: {other}/x.json" in done.err
    found = {masks: masks, other: f"{other}/x.json"}
    assert segeval(
        "score", found["pred"], found["gt"], "-m", "dice", "--classes", "1=a"
    ).status in (0, 3)


@pytest.mark.parametrize("content", ["{}", '{"dice": 1}', "not json"])
def test_other_json_is_no_coco_file(segeval, here, content):
    for side in ("pred", "gt"):
        (here / side).mkdir()
        (here / side / "x.json").write_text(content)
    done = segeval("score", "pred", "gt", "-m", "dice")
    assert (done.status, "COCO" in done.err) == (4, False)
