"""`segeval decode`: the label maps of published libraries, through the command line."""

import nibabel
import nrrd
import numpy as np
import pytest
from oracles.read import expected, ignored, inputs, records
from PIL import Image

ORACLES = [r for r in records() if r.case == "pspnet_main_aux" and r.convention.startswith("dec")]
ORACLES = [r for r in ORACLES if r.convention != "decode.dont_care"]
CASE = "pspnet_main_aux"


def choices(r):
    """The options of a record."""
    how = {"decode.flip_softmax_mean": "softmax_mean", "decode.flip_logit_sum": "logit_sum"}
    flip = how.get(r.convention)
    options = ["--upsample", r.params["upsample"]]
    return options + (["--flipped", "flipped", "--flip", flip] if flip else [])


def written(here):
    arrays = inputs(CASE)
    for name, key in (("pred", "main"), ("flipped", "main_flipped")):
        (here / name).mkdir()
        for number, logits in enumerate(arrays[key]):
            np.savez(here / name / f"c{number}.npz", logits=logits)
    (here / "gt").mkdir()
    for number, labels in enumerate(arrays["labels"]):
        Image.fromarray(labels).save(here / "gt" / f"c{number}.png")


@pytest.mark.parametrize("r", ORACLES, ids=lambda r: r.id)
def test_the_maps_of_the_libraries(segeval, here, r):
    written(here)
    ran = segeval("decode", "pred", "out", "--like", "gt", *choices(r))
    assert ran.status == 0, ran.err
    found = np.stack([np.array(Image.open(here / "out" / f"c{n}.png")) for n in range(2)])
    keep = ~ignored(r) if ignored(r) is not None else np.ones(found.shape, bool)
    assert keep.mean() > 0.9
    np.testing.assert_array_equal(found[keep], r.want[keep])
    assert sorted(p.name for p in (here / "out").iterdir()) == ["c0.png", "c1.png"]


def test_there_are_oracles():
    assert len(ORACLES) >= 8
    assert expected(CASE)


def test_channels_of_their_own_become_a_mask_each_that_score_reads(segeval, here):
    (here / "pred").mkdir()
    scores = np.zeros((2, 4, 5), np.float32)
    scores[0, :2] = 0.5  # at the threshold: inside
    scores[1, 1:, 2] = 0.9
    np.savez(here / "pred" / "a.npz", probabilities=scores)
    options = ["--activation", "none", "--classes", "1=liver,2=spleen"]
    ran = segeval("decode", "pred", "out", *options)
    assert ran.status == 0, ran.err
    masks = {p.name: np.array(Image.open(p)) for p in (here / "out" / "a").iterdir()}
    assert set(masks) == {"liver.png", "spleen.png"}
    assert ran.out.split() == ["out/a/liver.png", "out/a/spleen.png"]
    np.testing.assert_array_equal(masks["liver.png"], scores[0] >= 0.5)
    np.testing.assert_array_equal(masks["spleen.png"], scores[1] >= 0.5)


def test_nifti_keeps_its_grid(segeval, here):
    affine = np.array([[0, -2, 0, 5.0], [1.5, 0, 0, -7], [0, 0, 3, 11], [0, 0, 0, 1]])
    shares = np.random.default_rng(0).dirichlet((1, 1, 1), (4, 5, 6)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(shares, affine), here / "a.nii.gz")
    assert segeval("decode", "a.nii.gz", "out").status == 0
    image = nibabel.load(here / "out" / "a.nii.gz")
    np.testing.assert_allclose(image.affine, affine, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(image.dataobj), shares.argmax(-1))


def test_nrrd_keeps_its_grid(segeval, here):
    header = {
        "space": "left-posterior-superior",
        "space directions": np.array([[1.5, 0, 0], [0, 0, 2.0], [0, 3.0, 0]]),
        "space origin": np.array([4.0, 5, 6]),
    }
    values = np.random.default_rng(1).random((4, 5, 6), np.float32)
    nrrd.write(str(here / "a.nrrd"), values, header)
    assert segeval("decode", "a.nrrd", "out", "--threshold", "0.25").status == 0
    labels, kept = nrrd.read(str(here / "out" / "a.nrrd"))
    np.testing.assert_array_equal(labels, values >= 0.25)
    np.testing.assert_allclose(kept["space directions"], header["space directions"])
    np.testing.assert_allclose(kept["space origin"], header["space origin"])


def test_scoring_the_decoded_maps_is_scoring_the_scores(segeval, here):
    written(here)
    rule = ["--upsample", "half_pixel"]
    assert segeval("decode", "pred", "out", "--like", "gt", *rule).status == 0
    asked = ["gt", "-m", "dice", "--ignore-label", "255", "--format", "csv"]
    from_scores = segeval("score", "pred", *asked, *rule).out
    assert from_scores == segeval("score", "out", *asked).out
    assert from_scores.count("\n") == 9  # a head, and two cases of four classes


def test_a_file_that_cannot_be_decoded_does_not_stop_the_others(segeval, here):
    (here / "pred").mkdir()
    np.save(here / "pred" / "a.npy", np.full((3, 4), 7.5))
    np.save(here / "pred" / "b.npy", np.ones((3, 4), np.uint8))
    ran = segeval("decode", "pred", "out")
    assert ran.status == 3
    assert "error: " in ran.err
    assert "decoded 1 of 2 cases" in ran.err
    assert [p.name for p in (here / "out").iterdir()] == ["b.png"]


def test_wrong_requests(segeval, here):
    (here / "pred").mkdir()
    assert segeval("decode", "pred", "out").status == 4
    assert segeval("decode", "nothing", "out").status == 2
    np.save(here / "pred" / "a.npy", np.ones((3, 4), np.uint8))
    assert segeval("decode", "pred", "pred").status == 2
    assert segeval("decode", "pred", "out", "--flipped", "pred").status == 2
    (here / "file").touch()
    assert segeval("decode", "pred", "file").status == 2


def test_another_shape_without_upsample_is_a_geometry_error(segeval, here):
    written(here)
    ran = segeval("decode", "pred", "out", "--like", "gt")
    assert ran.status == 3
    assert "--upsample" in ran.err


PASTED = {"detectron2": "d2", "torchvision": "tv", "matterport": "mt"}


@pytest.mark.parametrize("rule", PASTED)
def test_rois_are_pasted_by_the_rule_of_a_library(segeval, here, rule):
    """Each RoI is a case of its own, since the masks of a class are united."""
    x = inputs("maskrcnn_infer_k3")
    boxes = x["boxes_int_yxyx"][:, [1, 0, 3, 2]] if rule == "matterport" else x["boxes"]
    for name in ("pred", "like"):
        (here / name).mkdir()
    every = zip(x["logits_q"] / 8, boxes, x["labels"], strict=True)
    for number, (maps, box, label) in enumerate(every):
        one = {"masks": maps[None], "boxes": box[None], "labels": label[None]}
        np.savez(here / f"pred/r{number}.npz", **one)
        Image.new("L", tuple(x["image_size"].tolist()[::-1])).save(here / f"like/r{number}.png")
    ran = segeval("decode", "pred", "out", "--like", "like", "--paste", rule, "--roi-offset", "1")
    assert ran.status == 0, ran.err
    (r,) = (
        r for r in records() if r.case == "maskrcnn_infer_k3" and r.id == f"{PASTED[rule]}_mask"
    )
    want, keep = np.unpackbits(r.want, axis=-1, count=r.params["count"]), ~ignored(r)
    for number, label in enumerate(x["labels"].tolist()):
        found = np.array(Image.open(here / f"out/r{number}/{label + 1}.png"))
        np.testing.assert_array_equal(found[keep[number]], want[number][keep[number]])


def test_rois_below_a_score_are_left_out(segeval, here):
    maps = np.full((2, 1, 7, 7), 5.0)
    boxes = np.array([[0.0, 0, 4, 4], [4, 4, 8, 8]])
    np.savez(here / "a.npz", masks=maps, boxes=boxes, labels=[0, 0], scores=[0.9, 0.2])
    Image.new("L", (8, 8)).save(here / "like.png")
    asked = ["--like", "like.png", "--roi-offset", "1", "--min-score", "0.5"]
    assert segeval("decode", "a.npz", "out", *asked, "--classes", "1=cell").status == 0
    mask = np.array(Image.open(here / "out/a/cell.png"))
    assert mask[:4, :4].all()
    assert not mask[4:, 4:].any()
