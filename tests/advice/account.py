"""What is in files and stands for no number: frames, twins, labels below 0, ids, other names."""

import build
import nibabel
import numpy as np
from advice.driver import Situation, Way, add, drop, invoke, mend, put
from advice.files import both, folders, organ, pair, text

TWO = organ(1, 3)
MASKS = np.stack([organ(1), organ(0)]).astype(np.uint8)
IDS = np.zeros((40, 40), np.uint16)
IDS[5:15, 5:15], IDS[20:30, 20:30], IDS[30:35, :10] = 1001, 1002, 2001
SCORE = "score pred gt -m dice"


def sloped(side):
    """A side whose labels are stored with a slope of -1."""

    def make(here):
        for name in "pg":
            image = nibabel.Nifti1Image(TWO.T.astype(np.int16), np.eye(4))
            if name == side:
                image.header.set_slope_inter(-1, 0)
            nibabel.save(image, here / f"{name}.nii")

    return make


def plain(here):
    """Write the file without the slope."""
    for name in "pg":
        nibabel.save(nibabel.Nifti1Image(TWO.T.astype(np.int16), np.eye(4)), here / f"{name}.nii")


def twins(here):
    """One mask in two formats, beside another."""
    for side in ("pred", "gt"):
        (here / side).mkdir()
        for name in ("a.nii", "a.nii.gz", "b.nii"):
            build.nifti(here / side / name, TWO.astype(np.uint8))


def one_left(here):
    """Keep one of them."""
    for side in ("pred", "gt"):
        (here / side / "a.nii").unlink()


def listed(here):
    """Name the files in a table."""
    (here / "pairs.csv").write_text("case,pred,gt\na,pred/a.nii,gt/a.nii.gz\n")


def names(pred, gt, write=build.npy, suffix=".npy"):
    """A folder a case with a file a class."""
    masks = {"artery": organ(0, 1)}
    side = [{f"{case}/{name}": mask for case in "cd"
             for name, mask in (masks | {own: organ(1)}).items()} for own in (pred, gt)]  # fmt: skip
    return folders(*side, write, suffix)


def scored(here):
    """A result file of three cases."""
    folders(dict.fromkeys("abc"), dict.fromkeys("abc"))(here)
    assert invoke(["score", "pred", "gt", "-m", "dice", "-o", "r.json", "-q"]).status == 0


def lost_case(here):
    """The same without one of them."""
    scored(here)
    lines = (here / "r.json").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith('{"case": "b"')]
    (here / "r.json").write_text("".join(kept))


SITUATIONS = (
    Situation("--frames of maps that are no series", pair(), "score p.npy g.npy -m dice --frames",
              (drop("leave out --frames", "--frames"),), 2),
    Situation("--frames of a prediction alone", lambda here: (build.stack(here / "p.nii", MASKS), build.nifti(here / "g.nii", organ(1))), "score p.nii g.nii -m dice --frames",
              (Way("keep the one frame", lambda command, here: build.nifti(here / "p.nii", organ(1)) and command[:-1]), drop("leave out --frames", "--frames")), 2),
    Situation("one name in two formats", twins, SCORE,
              (mend("keep one of them in the folder", one_left),
               Way("--pairs pairs.csv", lambda command, here: (
                   listed(here), ["score", "--pairs", "pairs.csv", "-m", "dice"])[1]))),
    Situation("a prediction stored with a slope of -1", sloped("p"), "score p.nii g.nii -m dice",
              (add("--remap-pred=-3=3,-1=1"), mend("write the file without the slope", plain))),
    Situation("a ground truth stored with a slope of -1", sloped("g"), "score p.nii g.nii -m dice",
              (add("--remap-gt=-3=3,-1=1"), mend("write the file without the slope", plain))),
    Situation("whole values below 0", pair((TWO - 4.0 * (TWO == 3)).astype(np.float32), organ(1)),
              "score p.npy g.npy -m dice",
              (add("--remap-pred=-1=0"), add("--kind logits")), only="labels from"),
    Situation("a result file that lost a case", lost_case, "show r.json",
              (mend("write it again with `segeval score -o`", scored),), 2),
    Situation("ids of instances in pictures",
              pair(IDS, IDS, build.png, ".png"), "score p.png g.png --preset panoptic",
              (add("--instances 1000"),), also=("--kind", "--gt-kind", "--classes")),
    Situation("a name that nobody mapped", names("Nodule_main", "nodule"), SCORE,
              (add('--alias "nodule=Nodule_main"'), add("--missing worst"))),
    Situation("one label under two names", pair(), "score p.npy g.npy -m dice --classes 1=a,1=b",
              (put("write one of them: 1=a", "1=a,1=b", "1=a"),), 2),
    Situation("one name picked twice", pair(), "score p.npy g.npy -m dice --classes 1,1",
              (put("write 1 once", "1,1", "1"),), 2),
    Situation("a key twice in a list of classes", both(pair(), text(l_json='{"a": 1, "a": 2}')),
              "score p.npy g.npy -m dice --classes l.json",
              (mend("leave one of the two out", text(l_json='{"a": 1}')),), 2),
    Situation("files called like labels", folders(dict.fromkeys("ab"), dict.fromkeys("ab")),
              f"{SCORE} --classes 1=a,2=b", (add("--layout one-case"), add("--layout flat")), 2),
)  # fmt: skip
