"""Folders that do not pair, or pair in two ways; tables of pairs; outputs beside the predictions."""

import build
import numpy as np
from advice.driver import Situation, Way, add, drop, mend, put
from advice.files import both, folders, nothing, organ, pair, text
from advice.readers import SQUARE
from advice.values import SCORES
from regions_build import coco

S = "score pred gt -m dice"


def lists(
    name,
    pred,
    gt,
    ways,
    options="",
    status=2,
    also=(),
    more=nothing,
    write=build.nifti,
    suffix=".nii",
):
    """Two folders of files of the same content, by name."""
    made = folders(dict.fromkeys(pred.split()), dict.fromkeys(gt.split()), write, suffix)
    return Situation(f"folders: {name}", both(made, more), f"{S} {options}", ways, status, also)


def by_table(said, *rows):
    """Names the files in a table in place of the two folders."""
    return Way(
        said,
        lambda command, here: (
            text(t_csv="\n".join(["case,pred,gt", *rows]))(here)
            or ["score", "--pairs", "t.csv", "-m", "dice"]
        ),
    )


def table(name, content, right, said, status=2):
    """A table of pairs with a fault, and the right one."""
    return Situation(
        f"table: {name}",
        both(pair(), text(t_csv=content)),
        "score --pairs t.csv -m dice",
        (mend(said, text(t_csv=right)),),
        status,
    )


def gone(*names):
    """Removes files."""
    return lambda here: [(here / name).unlink() for name in names]


GOOD = "case,pred,gt\na,p.npy,g.npy\n"
NAMES = '{{"labels": {{"background": 0, "{}": 1}}}}'


def coco_inside(here):
    """Folders that hold a COCO file each, beside other JSON."""
    for name, more in (("pred/found.json", {"score": 0.9}), ("gt/instances.json", {})):
        (here / name).parent.mkdir()
        coco(here / name, (8, 8), [{**SQUARE, **more}])
    (here / "pred/metrics.json").write_text('{"dice": 0.9}')


def data_set(here):
    """Predictions and the two label folders of a data set."""
    for folder in ("pred", "gt/labelsTr", "gt/labelsTs"):
        (here / folder).mkdir(parents=True)
        build.nifti(here / folder / "c1.nii", organ(1))


def outputs(complete=True):
    """Scores of two cases in pred/, aux/ and flip/, one of which may lack a case; gt/."""

    def make(here):
        for name in ("a", "b"):
            build.npy(here / "gt" / f"{name}.npy", organ(1))
            build.npz(here / "pred" / f"{name}.npz", SCORES)
            for folder in ("aux", "flip"):
                if complete or name == "a":
                    build.npz(here / folder / f"{name}.npz", SCORES)

    return make


MAP = organ(1).shape
WEIGHTED = "score pred gt -m weighted_ce --weight-maps w"


def weighted(maps):
    """The same with maps of weights by the name of their case."""

    def make(here):
        outputs()(here)
        for name, weights in maps.items():
            build.npy(here / "w" / f"{name}.npy", weights)

    return make


def counted(here):
    """The table of two cases with scores."""
    text(t_csv="case,pred,gt\na,pred/a.npz,gt/a.npy\n")(here)


DEEP = "-m deep_supervision"
SITUATIONS = [
    lists("no name in common", "c1_v7 c2_v7", "c1 c2", (
        add("--pair-regex-pred '(?P<case>.+)_seg'", "--pair-regex-pred '(?P<case>.+)_v7'"), by_table("--pairs TABLE in place of PRED and GT", "c1,pred/c1_v7.nii,gt/c1.nii")), status=4),
    lists("no group", "c1_v7", "c1", (put("(?P<case>.+)_seg", "(.+)", "'(?P<case>.+)_v7'"),), "--pair-regex-pred (.+)"),
    lists("a pattern that joins two", "c1_v7 c1_v8", "c1", (put("make the group `case` of the pattern tell them apart", "(?P<case>c1)_v.", "(?P<case>.+)_v7"),), "--pair-regex-pred (?P<case>c1)_v."),
    lists("two folders of one name", "p1a/x p2a/x", "p1b/x p2b/x", (
        add("--pair-regex-pred REGEX and --pair-regex-gt REGEX", "--pair-regex-pred '(?P<case>p.)a' --pair-regex-gt '(?P<case>p.)b'"),
        by_table("--pairs TABLE", "a,pred/p1a/x.nii,gt/p1b/x.nii")), also=("--layout",)),
    Situation("folders: nothing there", folders({}, {"c1": None}, build.nifti, ".nii"), S, (mend("masks are", lambda here: build.nifti(here / "pred/c1.nii", organ(1))),), 4),
    Situation("folders: a COCO file in each", coco_inside, S, (Way("pred/found.json, gt/instances.json", lambda *_: ["score", "pred/found.json", "gt/instances.json", "-m", "dice"]),), 4),
    Situation("folders: two label folders", data_set, S, (put("give one of them as GT", "gt", "gt/labelsTr"),), 2),
    Situation("folders: two lists of labels", both(folders({"c1": None}, {"c1": None}, build.nifti, ".nii"), text(pred__dataset_json=NAMES.format("liver"), gt__dataset_json=NAMES.format("spleen"))),
              S, (add("--classes gt/dataset.json"), add("--classes pred/dataset.json")), 2),
    lists("more predictions", "a b", "a", (drop("leave out --strict", "--strict"),), "--strict", 3),
    lists("a missing prediction", "a", "a b", (add("--missing worst"), add("--missing skip")), status=3),
    lists("class files without names", "a_road b_road", "a_road b_road", (add("--classes road,sky", "--classes road"),), "--layout class-files"),
    lists("a layout that does not fit", "a b", "a b", (drop("leave it out", "--layout", "case-folders"), put("--layout flat", "case-folders", "flat")), "--layout case-folders"),
    lists("a label map beside class files", "a/seg a/liver b/seg b/liver", "a/seg a/liver b/seg b/liver", (
        mend("remove one of them from the folder", gone(*(f"{s}/{c}/seg.nii" for s in ("pred", "gt") for c in "ab"))),
        by_table("--pairs TABLE", "a,pred/a/liver.nii,gt/a/liver.nii")), status=3),
    lists("two files of a class", "a/liver a/heart b/liver b/heart", "a/liver a/heart b/liver b/heart", (
        mend("keep one of them in the folder", gone("pred/a/liver.nrrd")), by_table("--pairs TABLE", "a,pred/a/liver.nii,gt/a/liver.nii")),
        status=3, more=lambda here: build.nrrd_file(here / "pred/a/liver.nrrd", organ(1))),
    lists("an image in place of a mask", "a b c", "a/a_seg a/a_t1 b/b_seg b/b_t1 c/c_t1", (
        mend("remove it, if it is an image", gone("gt/c/c_t1.nii")), by_table("--pairs TABLE", "a,pred/a.nii,gt/a/a_seg.nii", "c,pred/c.nii,gt/c/c_t1.nii")), status=3),
    lists("three readings", "p1/scan1 p1/scan2 p2/scan1 p2/scan2", "p1/scan1 p1/scan2 p2/scan1 p2/scan2", (add("--layout case-folders"), add("--layout class-folders"), add("--layout flat"))),
    Situation("folders: a case, or classes", both(folders(dict.fromkeys(["liver", "x1", "x2", "x3"]), dict.fromkeys(["liver", "heart"]), build.nifti, ".nii")), S, (add("--layout one-case", gives=3), add("--layout flat", gives=3)), 2),
    # tables
    table("a misspelt column", "case,pred,gtt\na,p.npy,g.npy\n", GOOD, "did you mean gt?"),
    table("a column that is none", "case,pred,xyzzy\na,p.npy,g.npy\n", GOOD, "columns are"),
    table("a column that lacks", "case,gt\na,g.npy\n", GOOD, "columns are"),
    table("a case twice", "case,pred,gt\na,p.npy,g.npy\na,p.npy,g.npy\n", GOOD, "a case has one row"),
    table("a class here and none there", "case,class,pred,gt\na,x,p.npy,g.npy\na,,p.npy,g.npy\n", GOOD, "a case has one row without class"),
    table("no spacing", "case,pred,gt,spacing\na,p.npy,g.npy,x\n", 'case,pred,gt,spacing\na,p.npy,g.npy,"0.98,0.98,3"\n', 'write "0.98,0.98,3"'),
    Situation("table: a remote one", nothing, "score --pairs s3://b/t.csv -m dice", (Way("copy it here", lambda c, here: both(pair(), text(t_csv=GOOD))(here) or ["score", "--pairs", "t.csv", "-m", "dice"]),), 2),
    # outputs
    Situation("outputs: a table and --aux", both(outputs(), counted), f"score --pairs t.csv {DEEP} --aux aux", (
        Way("give PRED and GT as folders instead of --pairs", lambda c, _: f"score pred gt {DEEP} --aux aux".split()),), 2),
    Situation("outputs: an incomplete --aux", outputs(False), f"score pred gt {DEEP} --aux aux", (mend("every folder of --aux needs a file of every case", lambda here: build.npz(here / "aux/b.npz", SCORES)),), also=("--aux",)),
    Situation("outputs: an incomplete --flipped", outputs(False), "score pred gt -m dice --flipped flip --flip softmax_mean", (mend("the folder of --flipped needs a file of every case", lambda here: build.npz(here / "flip/b.npz", SCORES)),), also=("--flipped",)),
    Situation("outputs: an incomplete --weight-maps", weighted({"a": np.ones(MAP)}), WEIGHTED, (mend("the folder of --weight-maps needs a file of every case", lambda here: build.npy(here / "w/b.npy", np.ones(MAP))),), also=("--weight-maps",)),
    Situation("outputs: a map of several channels", both(weighted({"a": np.ones(MAP)}), lambda here: build.nifti(here / "w/b.nii.gz", np.ones((2, *MAP)))), WEIGHTED, (mend("write one weight for each voxel", lambda here: build.nifti(here / "w/b.nii.gz", np.ones(MAP))),)),
    Situation("outputs: weights of other outputs", outputs(), f"score pred gt {DEEP}:weights=1+2+3 --aux aux", (
        add("each --aux another one", "--aux aux"),)),
    Situation("outputs: other channels", both(outputs(), lambda here: build.npz(here / "aux/a.npz", SCORES[[0, 0, 1]] / [[[[2]]], [[[2]]], [[[1]]]])), f"score pred gt {DEEP} --aux aux", (mend("with the same classes", outputs()),), also=("--aux",)),
]  # fmt: skip
