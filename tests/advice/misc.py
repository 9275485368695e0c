"""What is left: commands on folders, Python's face, odd pairs of inputs."""

import json
import os

import build
import numpy as np
from advice.command_line import results
from advice.driver import Situation, Way, add, drop, invoke, mend, put, run
from advice.files import both, folders, grid, nothing, organ, pair, text
from advice.readers import FLAT, SHAPE, SQUARE, instances, mha, nifti, nrrd, replaced
from advice.values import LOGITS, S, SCORES, SHARES, TWO, probabilities, scores, segmented, sides
from regions_build import annotation, coco, rois

import segeval
from segeval.request.settings import Settings


def python(name, function, *ways, status=2):
    """A call of Python; a way hands it other words."""
    return Situation(f"Python: {name}", pair(), function, ways, status)


def word(said, value=None):
    """Gives the function the word that is printed."""
    return Way(said, lambda *_: [value or said])


def scored(pred=None, gt=None, **more):
    here = {"pred": "p.npy" if pred is None else pred, "gt": "g.npy" if gt is None else gt}
    return segeval.score(here["pred"], here["gt"], more.pop("metrics", "dice"), **more)


def gone(here):
    """The working folder is removed."""
    os.rmdir(here)


def there(here):
    """A folder that exists."""
    here.mkdir()
    os.chdir(here)
    pair()(here)


def named_again(said, *names):
    """Folders of other names."""
    return mend(said, folders(dict.fromkeys(names), dict.fromkeys(names)))


def head(name, old, new, said, also=()):
    """A field of an NRRD header."""
    return nrrd(name, replaced(old, new), said)


def meta(name, old, new, said):
    from advice.readers import bad

    return bad(f"MetaImage: {name}", ".mha", mha, replaced(old, new), said)


def apart(here):
    """A baseline of other cases, and one of another truth."""
    folders({"a": None, "b": None}, {"a": None, "b": None})(here)
    invoke("score pred/a.npy gt/a.npy -m dice -o one.json -q".split())
    invoke("score pred gt -m dice -o all.json -q".split())


def moved(here):
    apart(here)
    build.npy(here / "gt/a.npy", organ(1, 1))


def double(path):
    """Writes the first case of a result file twice."""
    content = json.loads(path.read_text())
    content["cases"] *= 2
    path.write_text(json.dumps(content))


ROIS = np.array([[0, 0, 4, 4]])


def partners(index):
    """RoIs that say which instance of the map each is of."""

    def make(here):
        rois(here / "p.npz", ROIS, [1], gt_index=np.array([index]))
        build.png(here / "g.png", FLAT)
        (here / "g.json").write_text('{"1": 1}')

    return make


def two_images(here):
    """A COCO file of two images as one of the files of a table."""
    coco(here / "g.json", SHAPE, [SQUARE], images=("a.jpg", "b.jpg"))
    coco(here / "p.json", SHAPE, [SQUARE], images=("a.jpg", "b.jpg"))
    text(t_csv="case,pred,gt\na,p.json,g.json\n")(here)


def detections_of_map(here):
    """Detections against a label map, and the COCO file that they are of."""
    instances()(here)
    (here / "d").mkdir()
    (here / "d/a.json").write_text((here / "p.json").read_text())
    build.png(here / "g.png", FLAT)
    text(t_csv="case,pred,gt\na,g.png,d/a.json\n")(here)


def class_files(channels):
    def make(here):
        for side in ("pred", "gt"):
            for name in ("liver", "heart"):
                array = np.stack([organ(1).astype(np.uint8)] * (channels if side == "pred" and name == "liver" else 1))
                (here / side / "a").mkdir(parents=True, exist_ok=True)
                build.nifti(here / side / "a" / f"{name}.nii", array if len(array) > 1 else array[0])

    return make


STACKS = np.stack([organ(1) == n for n in range(2)]).astype(np.uint8)
OVERLAP = np.ones((2, 6, 8, 8), np.uint8)
OVERLAP[1, 0] = 0
SITUATIONS = [
    Situation("the working folder is gone", gone, "score p.npy g.npy -m dice", (mend("run segeval in a folder that exists", there),), 2),
    Situation("decode into the predictions", folders({"a": SCORES}, {}, build.npy), "decode pred pred", (Way("name another folder", lambda c, _: ["decode", "pred", "out"]),), 2),
    Situation("decode two files of a name", both(folders({"a": None}, {}), lambda here: build.nifti(here / "pred/a.nii", organ(1))), "decode pred out", (mend("decode them from two folders", lambda here: (here / "pred/a.nii").unlink()),), 2),
    Situation("decode with half of --flip", folders({"a": SCORES}, {"a": SCORES}, build.npz, ".npz"), "decode pred out --flipped gt", (add("--flip softmax_mean"), Way("--flip logit_sum", lambda c, _: [*c, "--kind", "logits", "--flip", "logit_sum"])), 2, also=("--flipped",)),
    Situation("a gate of a number that is one", pair(), "score p.npy g.npy -m dice --gate ap.worst=0.3", (put("all/ap=0.3", "ap.worst=0.3", "dice=0.3"),), 2),
    Situation("a quantity of another unit", pair(), "score p.npy g.npy -m nsd@2ml --spacing 1,1,1", (put("nsd@2mm", "nsd@2ml"),), 2),
    Situation("a window that is none", results("r.json", "-m dice"), "report r.json -o x.html --window x", (put("soft", "x"), put("400,40", "x")), 2, also=()),
    Situation("a case twice in a result file", both(results("r.json", "-m dice"), lambda here: double(here / "r.json")), "show r.json", (mend("write it again with `segeval score -o`", lambda here: invoke("score p.npy g.npy -m dice -o r.json -q".split())),), 2),
    Situation("a baseline of more cases", apart, "score pred/a.npy gt/a.npy -m dice --baseline all.json", (add("--allow-different-cases"),)),
    Situation("a baseline of another truth", moved, "score pred gt -m dice --baseline all.json", (add("--allow-different-truth"), mend("score the baseline again", lambda here: invoke("score pred gt -m dice -o all.json -q".split()))), only="truth"),
    # Python
    python("no such preset", lambda preset="xyz": scored(settings=Settings(preset=preset), metrics=None), word("nnunet")),
    python("no such word", lambda kind="lables": scored(settings=Settings(kind=kind)), word("labels")),
    python("no metric", lambda metric="": scored(metrics=[m for m in [metric] if m]), word("add -m dice", "dice")),
    python("a path and an array", lambda gt=None: scored(gt=organ(1) if gt is None else gt), word("give two of a kind", "g.npy")),
    python("an output of several", lambda metric="deep_supervision": scored(organ(1), organ(1), metrics=metric), word("give paths", "dice")),
    python("four axes", lambda gt=None: scored(organ(1), np.stack([organ(1)] * 2) if gt is None else gt), Way("give a label map (z, y, x)", lambda *_: [organ(1)])),
    # headers
    head("two names of a segment", b"encoding: raw", b"Segment0_ID:=a\nSegment1_ID:=a\nencoding: raw", "rename one of them"),
    head("values in several files", b"encoding: raw", b"data file: LIST\nencoding: raw", "write it into one file"),
    head("no byte order", b"type: uint8", b"type: uint16", "add the field `endian`"),
    head("no size", b"space directions: (1,0,0)", b"space directions: (0,0,0)", "write it again"),
    meta("no data file", b"LOCAL", b"x.raw", "put it beside the header"),
    meta("values in several files", b"LOCAL", b"LIST", "write it into one file"),
    meta("no size", b"ElementSpacing = 1 1 2", b"ElementSpacing = 0 1 2", "write it again"),
    meta("frames of several values", b"NDims = 3\nDimSize = 8 8 6", b"ElementNumberOfChannels = 2\nNDims = 4\nDimSize = 8 8 3 2", "write a file a frame"),
    # sides
    sides("no such axis", SCORES, organ(1), (put("--channel-axis", "7", "0"),), "--channel-axis 7"),
    sides("no axis that fits", SCORES[:, :, ::2, ::2], organ(1), (add("--upsample", "--upsample half_pixel"),), also=("--channel-axis",)),
    sides("frames of the ground truth alone", organ(1), np.stack([TWO, TWO]).astype(np.uint8), (), "--frames --channel-axis 0"),
    scores("labels beside scores", SCORES, organ(1), (), "-m ce", also=()),
    Situation("a union of channels", probabilities(STACKS, organ(1)), "score p.npz g.npy -m dice --classes 0+1=x", (), 3),
    scores("stacks of other classes", SCORES, organ(1), (), "-m dice"),
    Situation("RoIs and partners", partners(7), "score p.npz g.png -m maskrcnn --instances beside", (mend("instances are counted from 0", partners(0)),)),
    Situation("one image of several", two_images, "score --pairs t.csv -m dice", (Way("give the file itself as PRED or GT", lambda *_: "score p.json g.json -m dice".split()),)),
    Situation("detections as the ground truth", detections_of_map, "score --pairs t.csv -m dice", (Way("score them as PRED against a COCO file of instances as GT", lambda *_: "score p.json g.json -m dice".split()),)),
    Situation("a class file of several channels", class_files(2), "score pred gt -m dice --layout case-folders", (mend("a file a class holds one mask", class_files(1)),)),
    Situation("masks that are no label map", both(probabilities(SCORES, organ(1)), lambda here: np.savez(here / "g.npz", probabilities=OVERLAP)), "score p.npz g.npz -m dice -m ce", (add("--activation none or sigmoid", "--activation sigmoid"), add("--activation none")), 3),
]  # fmt: skip
