"""Frames, channels, twins and empty runs: what is in a file and stands for no number is said."""

import gzip
import json

import build
import numpy as np
import pytest
from PIL import Image

A = np.zeros((5, 8, 9), np.uint8)
A[1:3, 2:5, 2:6] = 1
A[3:, 5:7, 3:8] = 2


def folders(here, **sides):
    """Folders pred and gt of files: name -> what writes it."""
    for side, files in sides.items():
        (here / side).mkdir(exist_ok=True)
        for name, array in files.items():
            write(here / side / name, array)


def write(path, array):
    if path.name.endswith(".npy"):
        build.npy(path, array)
    elif path.suffix in (".png", ".tif", ".bmp"):
        Image.fromarray(array).save(path)
    elif array.ndim == 4:
        build.stack(path, array)
    else:
        build.nifti(path, array)


def inventory(here, kind):
    return json.loads((here / "o.json").read_text())["inputs"]["inventory"].get(kind, {})


# ACCOUNT-A16: frames.

SERIES = np.stack([A, A, np.roll(A, 1, 2)])


@pytest.mark.parametrize("ending", [".npy", ".nii.gz", ".png"])
def test_account_a16_frames_of_maps_that_are_no_series_are_refused(segeval, here, ending):
    folders(here, pred={f"c{ending}": A.max(0)}, gt={f"c{ending}": A.max(0)})
    done = segeval("score", "pred", "gt", "-m", "dice", "--frames")
    assert (done.status, "no file of the ground truth is a series" in done.err) == (2, True)
    assert "leave out --frames" in done.err
    assert segeval("score", "pred", "gt", "-m", "dice").status == 0


@pytest.mark.parametrize("series", ["pred", "gt"])
def test_account_a16_a_series_against_one_map_is_no_case(segeval, here, series):
    other = "gt" if series == "pred" else "pred"
    folders(here, **{series: {"c.nii.gz": SERIES, "d.nii.gz": SERIES},
                     other: {"c.nii.gz": A, "d.nii.gz": SERIES}})  # fmt: skip
    done = segeval("score", "pred", "gt", "-m", "dice", "--frames", "-o", "o.json", "--format",
                   "csv", "--gate", "*/dice=0")  # fmt: skip
    assert done.status == 3
    assert "3 frames" in done.err
    assert "1 frame" in done.err
    assert ",1,dice" not in "".join(line for line in done.out.splitlines() if line[0] == "c")
    assert "d@t02,1,dice,1.0" in done.out


def test_account_a1_frames_are_counted_and_those_beyond_the_truth_said(segeval, here):
    folders(here, pred={"c.nii.gz": SERIES}, gt={"c.nii.gz": SERIES[:2]})
    done = segeval("score", "pred", "gt", "-m", "dice", "--frames", "-o", "o.json")
    assert done.status == 0
    assert "1 frame of the prediction without ground truth (c.nii.gz@t02)" in done.err
    assert inventory(here, "gt frame") == {"found": 2, "scored": 2}
    assert inventory(here, "pred frame")["found"] == 3
    assert inventory(here, "pred frame")["scored"] == 2


def test_account_a1_lost_frames_are_errors(segeval, here):
    folders(here, pred={"c.nii.gz": SERIES[:2]}, gt={"c.nii.gz": SERIES})
    done = segeval("score", "pred", "gt", "-m", "dice", "--frames", "-o", "o.json", "--gate",
                   "*/dice=0")  # fmt: skip
    assert done.status == 3
    assert inventory(here, "gt frame")["unscored"] == {"unreadable": 1}


# ACCOUNT-A1: channels.


@pytest.mark.parametrize("values", [{"dtype": np.uint8}, {"dtype": np.int16}])
def test_account_a1_channels_of_masks_are_said_to_be_classes(segeval, here, values):
    stack = np.stack([A == 1, A == 2]).astype(values["dtype"])
    folders(here, pred={"c.nii.gz": stack}, gt={"c.nii.gz": stack.astype(np.uint8)})
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json")
    assert done.status == 0
    assert "the 2 channels of the ground truth hold 0 and 1" in done.err
    assert "W-channel-classes" in done.err
    for side in ("gt", "pred"):
        assert inventory(here, f"{side} channel") == {"found": 2, "scored": 2}
    named = segeval("score", "pred", "gt", "-m", "dice", "--classes", "1=liver,2=spleen")
    assert "W-channel-classes" not in named.err


def test_account_a1_the_background_channel_and_others_are_left_aside(segeval, here):
    scores = np.full((4, *A.shape), 0.1, np.float32)
    for label in (0, 1, 2):
        scores[label] += 0.6 * np.equal(A, label)
    folders(here, pred={"c.nii.gz": scores}, gt={"c.nii.gz": A})
    segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json")
    own = inventory(here, "pred channel")
    assert (own["found"], own["scored"]) == (4, 2)
    assert own["left_aside"] == {"of the background": 1, "of labels that no voxel has": 1}
    segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json", "--classes", "2=spleen")
    own = inventory(here, "pred channel")
    assert own["left_aside"] == {"of the background": 1, "that --classes does not select": 2}


# ACCOUNT-A10: two files of one name.

TWINS = [(".nii", ".nii.gz"), (".png", ".tif"), (".bmp", ".png")]


@pytest.mark.parametrize("endings", TWINS)
@pytest.mark.parametrize("side", ["pred", "gt", "both"])
def test_account_a10_one_name_in_two_formats_is_no_case(segeval, here, endings, side):
    array = A.max(0) if ".png" in endings else A
    for own in ("pred", "gt"):
        twice = side in (own, "both")
        files = {f"a{end}": array for end in endings[: 1 + twice]} | {f"b{endings[0]}": array}
        folders(here, **{own: files})
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json", "--gate", "*/dice=0")
    assert done.status == 3
    assert "2 files are the case 'a'" in done.err
    assert all(f"a{end}" in done.err for end in endings)
    for own in ("pred", "gt"):
        many = 3 if side in (own, "both") else 2
        assert inventory(here, f"{own} file")["found"] == many
    for own in ("pred", "gt"):  # as the help says: keep one of them
        (here / own / f"a{endings[1]}").unlink(missing_ok=True)
    assert segeval("score", "pred", "gt", "-m", "dice").status == 0


def test_account_a8_the_image_of_a_slicer_segmentation_is_no_twin(segeval, here):
    fields = {"Segment0_ID": "a", "Segment0_Name": "liver", "Segment0_LabelValue": "1",
              "Segment0_Layer": "0"}  # fmt: skip
    for side in ("pred", "gt"):
        (here / side).mkdir()
        build.nrrd_file(here / side / "a.seg.nrrd", (A == 1).astype(np.uint8), **fields)
    build.nrrd_file(here / "gt" / "a.nrrd", A.astype(np.int16))
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv", "--gate", "*/dice=1")
    assert (done.status, "a,liver,dice,1.0" in done.out) == (0, True), done.err
    assert "named as the image of a mask beside it (a.nrrd)" in done.err


# ACCOUNT-A4: a run in which everything is empty.


@pytest.mark.parametrize("ending", [".npy", ".nii.gz", ".png"])
def test_account_a4_a_run_of_empty_cases_is_warned_of_and_no_gate_passes(segeval, here, ending):
    empty = np.zeros((8, 9), np.uint8)
    folders(here, pred={f"{k}{ending}": empty for k in "ab"},
            gt={f"{k}{ending}": empty for k in "ab"})  # fmt: skip
    done = segeval("score", "pred", "gt", "-m", "dice")
    assert "W-no-class" in done.err
    assert "--classes 1=liver" in done.err
    for gate in ("dice=0", "*/dice=0", "overall/dice=0"):
        judged = segeval("score", "pred", "gt", "-m", "dice", "--gate", gate)
        assert judged.status != 0
    named = segeval("score", "pred", "gt", "-m", "dice", "--classes", "1=liver", "--format", "csv")
    assert (named.status, "W-no-class" in named.err) == (0, False)
    assert named.out.count("both_empty") == 2


def test_account_a4_merge_says_it_and_no_shard(segeval, here):
    empty = np.zeros((8, 9), np.uint8)
    folders(here, pred={f"{k}.npy": empty for k in "ab"}, gt={f"{k}.npy": empty for k in "ab"})
    for part in "12":
        done = segeval("score", "pred", "gt", "-m", "dice", "--shard", f"{part}/2", "-o",
                       f"{part}.json")  # fmt: skip
        assert "W-no-class" not in done.err
    assert "W-no-class" in segeval("merge", "1.json", "2.json").err


# A result file that lost a case.


@pytest.mark.parametrize("change", ["lost", "added"])
def test_a_result_file_with_other_cases_than_it_counts_is_damaged(segeval, here, change):
    folders(here, pred={f"{k}.npy": A for k in "abc"}, gt={f"{k}.npy": A for k in "abc"})
    segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json")
    assert segeval("gate", "o.json", "--gate", "*/dice=0.5").status == 0
    lines = (here / "o.json").read_text().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.startswith('{"case": "b"'))
    if change == "lost":
        del lines[place]
    else:
        lines.insert(place, lines[place].replace('"case": "b"', '"case": "bb"'))
    (here / "o.json").write_text("".join(lines))
    for command in (("gate", "o.json", "--gate", "*/dice=0.5"), ("show", "o.json"),
                    ("score", "pred", "gt", "-m", "dice", "--baseline", "o.json")):  # fmt: skip
        done = segeval(*command)
        assert (done.status, "its inventory counts 3" in done.err) == (2, True)
    whole = json.loads("".join(lines))
    (here / "o.json").write_text(json.dumps(whole))  # not a case a line
    assert segeval("gate", "o.json", "--gate", "*/dice=0.5").status == 2


# ACCOUNT-A17: ids of instances that stand for their classes.

IDS = np.zeros((40, 40), np.int32)
IDS[5:15, 5:15], IDS[20:30, 20:30], IDS[30:35, :10], IDS[:3, 30:] = 1001, 1002, 2001, 7


@pytest.mark.parametrize("ending", [".npy", ".png"])
def test_account_a17_ids_of_a_thousand_name_the_option(segeval, here, ending):
    array = IDS if ending == ".npy" else IDS.astype(np.uint16)
    folders(here, pred={f"c{ending}": array}, gt={f"c{ending}": array})
    done = segeval("score", "pred", "gt", "--preset", "panoptic")
    assert "--instances 1000" in done.err
    right = segeval("score", "pred", "gt", "--preset", "panoptic", "--instances", "1000",
                    "--format", "csv")  # fmt: skip
    assert (right.status, "c,2,pq,1.0" in right.out) == (0, True)
    assert "W-instance-ids" not in right.err


def test_account_a17_labels_of_a_volume_may_be_in_the_thousands(segeval, here):
    """FreeSurfer's `aparc` calls the cortex 1001 to 1035 and 2001 to 2035."""
    volume = A.astype(np.int32) * 1000 + (A > 0)
    folders(here, pred={"c.nii.gz": volume}, gt={"c.nii.gz": volume})
    assert "W-instance-ids" not in segeval("score", "pred", "gt", "-m", "dice").err


# ACCOUNT-A15: a slope of -1.


@pytest.mark.parametrize("side", ["pred", "gt"])
@pytest.mark.parametrize("kind", [(), ("--kind", "labels"), ("--kind", "prob")])
def test_account_a15_whole_values_below_0_are_no_logits(segeval, here, side, kind):
    import nibabel

    folders(here, pred={"c.nii": A}, gt={"c.nii": A})
    image = nibabel.Nifti1Image(A.T, np.eye(4))
    image.header.set_slope_inter(-1, 0)
    nibabel.save(image, here / side / "c.nii")
    plain = nibabel.Nifti1Image(A.T, np.eye(4))
    nibabel.save(plain, here / {"pred": "gt", "gt": "pred"}[side] / "c.nii")
    done = segeval("score", "pred", "gt", "-m", "dice", *kind)
    assert done.status == 3
    assert "logits" not in done.err
    assert "not all whole" not in done.err


def test_packed_names_alone_do_not_hide_a_file(segeval, here):
    """A file that is called packed and is not is an error of its case, not a twin."""
    folders(here, pred={"a.nii.gz": A}, gt={"a.nii.gz": A})
    content = gzip.decompress((here / "pred" / "a.nii.gz").read_bytes())
    (here / "pred" / "a.nii.gz").write_bytes(content)
    assert segeval("score", "pred", "gt", "-m", "dice").status == 3


# ACCOUNT-A34: a damaged file of polygons among others is a case that was not judged.


def labelme(path, *labels):
    box = [[0, 0], [3, 0], [3, 2], [0, 2]]
    shapes = [{"label": n, "points": box, "shape_type": "polygon"} for n in labels]
    content = {"shapes": shapes, "imageHeight": 4, "imageWidth": 5, "imagePath": "x.jpg"}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("content", ["", '{"sha', "no JSON", "[" * 10_000])
@pytest.mark.parametrize("side", ["pred", "gt"])
def test_account_a34_damaged_polygons_are_a_case(segeval, here, content, side):
    for own in ("pred", "gt"):
        for name in "abc":
            labelme(here / own / f"{name}.json", "cat")
    (here / side / "b.json").write_text(content)
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json", "--gate", "*/dice=1")
    assert (done.status, "error: b:" in done.err) == (3, True), done.err
    assert inventory(here, f"{side} file")["found"] == 3


def test_account_a34_other_json_beside_polygons_is_no_case(segeval, here):
    for own in ("pred", "gt"):
        labelme(here / own / "a.json", "cat")
        (here / own / "meta.json").write_text('{"version": 3}')
    done = segeval("score", "pred", "gt", "-m", "dice", "--gate", "*/dice=1")
    assert (done.status, "2 files of a format without masks" in done.err) == (0, True), done.err


# ACCOUNT-A16: the axis of channels, in every format and on either side.

PICTURE = A.max(0)
CLASS_MASKS = np.stack([k == PICTURE for k in range(3)]).astype(np.uint8)


def pages(path, array):
    """A TIFF that says nothing of its pages."""
    first, *rest = map(Image.fromarray, array)
    first.save(path, save_all=True, append_images=rest)


def metaimage(path, array):
    """An .mha of four axes whose fastest is the last of the array; other axes have other sizes."""
    sizes = " ".join(map(str, array.shape[::-1]))
    path.write_bytes(
        f"ObjectType = Image\nNDims = {array.ndim}\nBinaryData = True\n"
        f"DimSize = {sizes}\nElementSpacing = 1 1 1 1\nElementType = MET_UCHAR\n"
        "ElementDataFile = LOCAL\n".encode()
        + array.tobytes()
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_account_a16_pages_of_a_tiff_are_channels_on_request(segeval, here, swapped):
    pages(here / "p.tif", CLASS_MASKS)
    Image.fromarray(PICTURE).save(here / "g.tif")
    sides = ("g.tif", "p.tif") if swapped else ("p.tif", "g.tif")
    done = segeval("score", *sides, "-m", "dice")
    assert (done.status, "--channel-axis 0 takes each as a channel" in done.err) == (3, True)
    done = segeval("score", *sides, "-m", "dice", "--channel-axis", "0", "--format", "csv")
    assert (done.status, done.out.count(",dice,1.0")) == (0, 2)


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("sides", ["sm", "ms", "ss"])
def test_account_a16_pictures_of_several_masks_on_either_side(segeval, here, axis, sides):
    build.npy(here / "s.npy", np.moveaxis(CLASS_MASKS, 0, axis))
    build.npy(here / "m.npy", PICTURE)
    pred, gt = (f"{side}.npy" for side in sides)
    listed = ("--classes", "1=a,2=b") if sides == "ss" else ()  # else two volumes, as well as not
    done = segeval("score", pred, gt, "-m", "dice", "--channel-axis", str(axis), "--format", "csv",
                   *listed)  # fmt: skip
    assert (done.status, done.out.count(",dice,1.0")) == (0, 2)
    assert "W-no-effect" not in done.err


@pytest.mark.parametrize("sides", ["sm", "ms", "ss"])
def test_account_a16_channels_in_front_of_a_metaimage(segeval, here, sides):
    masks = np.stack([k == A for k in range(3)], axis=-1).astype(np.uint8)
    metaimage(here / "s.mha", masks)  # the fastest axis of the file: channels
    metaimage(here / "m.mha", A)
    pred, gt = (f"{side}.mha" for side in sides)
    if sides != "ss":
        done = segeval("score", pred, gt, "-m", "dice")
        who = "prediction" if sides == "sm" else "ground truth"
        assert (done.status, f"the {who} has its channels in front" in done.err) == (3, True)
        assert "help: --channel-axis 0\n" in done.err
    done = segeval("score", pred, gt, "-m", "dice", "--channel-axis", "0", "--format", "csv")
    assert (done.status, done.out.count(",dice,1.0")) == (0, 2)
    done = segeval("score", "s.mha", "s.mha", "-m", "dice", "--channel-axis", "4")
    assert (done.status, "a file of 4 axes" in done.err) == (3, True)


@pytest.mark.parametrize("side", ["pred", "gt"])
def test_shades_of_16_bits_are_shares_of_65535(segeval, tmp_path, side):
    mask = np.zeros((20, 24), np.uint8)
    mask[5:9, 3:15] = 1
    Image.fromarray(mask).save(tmp_path / "mask.tif")
    shades = mask.astype(np.uint16)
    for name, high, words in (("white", 65535, f"--remap-{side} 65535=1"),
                              ("ramp", 40000, "shares of 65535")):  # fmt: skip
        Image.fromarray(shades * high).save(tmp_path / f"{name}.tif")
        sides = [tmp_path / f"{name}.tif", tmp_path / "mask.tif"]
        sides = sides if side == "pred" else sides[::-1]
        done = segeval("score", *map(str, sides), "-m", "dice")
        assert (done.status, words in done.err, "--instances 1000" in done.err) == (
            3,
            True,
            high < 65535,
        )
    done = segeval(
        "score",
        *map(str, sides),
        "-m",
        "dice",
        *("--kind prob" if side == "pred" else "--gt-kind prob").split(),
        "--format",
        "csv",
    )
    assert (done.status, ",1,dice,1.0" in done.out) == (0, True)


# ACCOUNT-A1: colours, parts of the request and rules of gates, in their own units.


def sums_up(own):
    ends = sum(sum(v.values()) if isinstance(v, dict) else v
               for k, v in own.items() if k != "found")  # fmt: skip
    return own["found"] == ends


def coloured(*rows):
    """A picture of 8 pixels a row, each row of one colour."""
    return np.repeat(np.array(rows, np.uint8)[:, None], 8, axis=1)


RED, GREEN, BLUE, BLACK, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (9, 9, 9)
COLOURS = (
    '[classes.a]\nlabel = 1\ncolor = "#ff0000"\n[classes.b]\nlabel = 2\ncolor = "#00ff00"\n'
    '[classes.c]\nlabel = 3\ncolor = "#0000ff"\n'
)


@pytest.mark.parametrize("ending", [".png", ".bmp"])
@pytest.mark.parametrize("swapped", [False, True])
def test_account_a1_colours_are_counted_picture_by_picture(segeval, here, ending, swapped):
    (here / "segeval.toml").write_text(COLOURS)
    full, some = coloured(RED, GREEN, BLUE, BLACK), coloured(RED, GREEN, (1, 2, 3), (4, 5, 6))
    one, two = ("pred", "gt") if swapped else ("gt", "pred")
    folders(here, **{one: {f"x{ending}": full, f"y{ending}": full},
                     two: {f"x{ending}": full, f"y{ending}": some}})  # fmt: skip
    done = segeval("score", "pred", "gt", "-m", "dice", "--unlisted", "ignore", "-o", "o.json")
    assert done.status == 0, done.err
    assert inventory(here, f"{one} colour") == {"found": 8, "scored": 8}
    own = inventory(here, f"{two} colour")
    assert (own["found"], own["scored"]) == (8, 6)
    assert own["left_aside"] == {"that no class has": 2}
    whose = "prediction" if two == "pred" else "ground truth"
    assert f"2 colours of the {whose} that no class has" in done.err


def test_account_a1_greys_without_a_table_are_no_colours(segeval, here):
    folders(here, pred={"x.png": coloured(GREY, BLACK)}, gt={"x.png": coloured(GREY, GREY)})
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json")
    assert (done.status, inventory(here, "gt colour")) == (0, {})


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_account_a1_parts_of_the_request_end_as_used_or_without_effect(segeval, here, jobs):
    (here / "segeval.toml").write_text('[classes.Niere]\ntolerance = "1mm"\n')
    folders(here, pred={"c.nii.gz": A, "d.nii.gz": A}, gt={"c.nii.gz": A, "d.nii.gz": A})
    done = segeval("score", "pred", "gt", "-m", "dice", "--remap-gt", "2=1,7=3", "--remap-pred",
                   "2=1", "--rt-grid", "2", "-j", jobs, "-o", "o.json")  # fmt: skip
    assert done.status == 0, done.err
    own = inventory(here, "setting")  # 2=1 of both sides are used; 7=3, the grid, the table are not
    assert own == {"found": 5, "scored": 2, "left_aside": {"without effect": 3}}
    assert done.err.count("[W-no-effect]") == 3
    for part in ("1", "2"):
        segeval("score", "pred", "gt", "-m", "dice", "--remap-gt", "2=1,7=3", "--remap-pred", "2=1",
                "--rt-grid", "2", "--shard", f"{part}/2", "-o", f"{part}.json")  # fmt: skip
    segeval("merge", "1.json", "2.json", "-o", "o.json")
    assert inventory(here, "setting") == own


def test_account_a1_parts_of_a_request_that_scored_nothing(segeval, here):
    folders(here, pred={"c.nii.gz": A}, gt={"c.nii.gz": A[:3]})
    done = segeval("score", "pred", "gt", "-m", "dice", "--remap-gt", "7=3", "-o", "o.json")
    assert done.status == 3
    assert inventory(here, "setting") == {"found": 1, "unscored": {"no_case_scored": 1}}


@pytest.mark.parametrize("rule", ["ap=0.1", "all/ap=0.1", "cell/ap@50%=0.1", "dsc=0.1"])
def test_account_a1_a_rule_is_judged_however_it_is_spelled(segeval, here, rule):
    square = {"image_id": 1, "category_id": 3, "segmentation": [[0, 0, 9, 0, 9, 9, 0, 9]]}
    truth = {
        "images": [{"id": 1, "height": 20, "width": 20, "file_name": "a.png"}],
        "annotations": [square | {"id": 1}], "categories": [{"id": 3, "name": "cell"}],
    }  # fmt: skip
    (here / "g.json").write_text(json.dumps(truth))
    (here / "p.json").write_text(json.dumps([square | {"score": 0.9}]))
    asked = ("-m", "ap,ap@50%,dice", "--gate", rule, "-o", "o.json")
    assert segeval("score", "p.json", "g.json", *asked).status == 0
    assert inventory(here, "gate") == {"found": 1, "scored": 1}


@pytest.mark.parametrize("command", ["score", "gate"])
def test_account_a1_rules_are_judged_idle_or_left_out(segeval, here, command):
    (here / "segeval.toml").write_text('[gates]\n"dice" = 0.5\n"1/iou" = 0.5\n')
    folders(here, pred={"c.nii.gz": A}, gt={"c.nii.gz": A})
    score = ("score", "pred", "gt", "-m", "dice,iou", "-o", "o.json")
    if command == "gate":
        segeval(*score, "--isolated")
        score = ("gate", "o.json", "-o", "o.json")
    rules = ("--gate", "2/dice=0.1", "--gate", "9/dice=0.1")
    done = segeval(*score, *rules)
    assert done.status == 1
    own = inventory(here, "gate")
    assert own == {"found": 4, "scored": 3, "unscored": {"nothing_to_judge": 1}}
    done = segeval(*score, *rules[:2], "--only-gates")
    assert (done.status, "2 of segeval.toml left out by --only-gates" in done.err + done.out) == (
        0,
        True,
    )
    own = inventory(here, "gate")
    assert own == {"found": 3, "scored": 1, "left_aside": {"left out by --only-gates": 2}}
    content = json.loads((here / "o.json").read_text())
    assert all(sums_up(each) for each in content["inputs"]["inventory"].values())
    (item,) = [i for i in content["inputs"]["left_aside"] if i["kind"] == "gate"]
    assert item["names"] == ["dice=0.5", "1/iou=0.5"]


# ACCOUNT-A15: labels that are read as probabilities.


@pytest.mark.parametrize("ending", [".png", ".npy", ".nii.gz", ".tif"])
@pytest.mark.parametrize("top", [2, 5, 200])
def test_account_a15_labels_as_probabilities_are_warned_of(segeval, here, ending, top):
    map_ = (A.max(0) if ending in (".png", ".tif") else A).astype(np.uint8)
    folders(here, pred={f"c{ending}": np.where(map_ == 2, top, map_).astype(np.uint8)},
            gt={f"c{ending}": (map_ > 0).astype(np.uint8)})  # fmt: skip
    done = segeval("score", "pred", "gt", "-m", "dice", "--kind", "prob", "--classes", "1=a",
                   "--format", "csv")  # fmt: skip
    assert done.status == 0, done.err
    assert ("[W-few-shades]" in done.err) == (top < 200)
    assert (f"the largest value is {top} of 255" in done.err) == (top < 200)
    done = segeval("score", "pred", "gt", "-m", "dice", "--kind", "prob", "--error", "W-few-shades")
    assert done.status == (3 if top < 200 else 0)
