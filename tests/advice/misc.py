"""What is left: commands on folders, Python's face, odd pairs of inputs."""

import json
import os
import shutil

import build
import nrrd as nrrd_library
import numpy as np
from advice.command_line import results, rewrite
from advice.dicom import SEGMENTS, changed, dcm, patient, segments
from advice.driver import Situation, Way, add, drop, invoke, mend, put
from advice.files import both, folders, grid, organ, pair, text
from advice.readers import FLAT, SHAPE, SQUARE, instances, mha, nrrd, replaced
from advice.values import SCORES, SHARES, TWO, probabilities, sides
from PIL import Image
from regions_build import coco, rois

import segeval
from segeval.request.settings import Settings


def python(name, function, *ways, status=2):
    """A call of Python; a way hands it other words."""
    return Situation(f"Python: {name}", pair(), function, ways, status)


def word(said, value=None):
    """Gives the function the word that is printed."""
    return Way(said, lambda *_: [value or said])


class Broken:
    """An object that says that it is an array, and gives none."""

    def __array__(self, *_, **__):
        raise ValueError("no values")


def maps_beside_json(here):
    """Maps of labels, and a JSON that might say what an instance is."""
    folders(
        {"a": None}, {"a": None}, lambda path, _: build.png(path, np.eye(8, dtype=np.uint8)), ".png"
    )(here)
    (here / "gt/notes.json").write_text('{"1": "organ"}')


def overlapping(here):
    """Two detections of one class that overlap."""
    instances()(here)
    marks = [{**SQUARE, "score": score} for score in (0.9, 0.8)]
    (here / "p.json").write_text(json.dumps(marks))


def channels(path):
    """Two channels of a picture."""
    nrrd_library.write(
        str(path),
        np.stack([FLAT, FLAT]),
        {"kinds": ["domain", "domain", "vector"]},
        index_order="C",
    )


def given(said, value):
    """Gives the function a value."""
    return Way(said, lambda *_: [value])


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
    invoke(["score", "pred/a.npy", "gt/a.npy", "-m", "dice", "-o", "one.json", "-q"])
    invoke(["score", "pred", "gt", "-m", "dice", "-o", "all.json", "-q"])


def moved(here):
    apart(here)
    build.npy(here / "gt/a.npy", organ(1, 1))


def double(path):
    """Writes the first case of a result file twice."""
    content = json.loads(path.read_text())
    content["cases"] *= 2
    path.write_text(json.dumps(content))


MASKED = np.ma.masked_array(organ(1), organ(1) == 9)
MASKED[0, 0, 0] = np.ma.masked
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
                array = np.stack(
                    [organ(1).astype(np.uint8)]
                    * (channels if side == "pred" and name == "liver" else 1)
                )
                (here / side / "a").mkdir(parents=True, exist_ok=True)
                build.nifti(
                    here / side / "a" / f"{name}.nii", array if len(array) > 1 else array[0]
                )

    return make


STACKS = np.stack([organ(1) == n for n in range(2)]).astype(np.uint8)
OVERLAP = np.ones((2, 6, 8, 8), np.uint8)
OVERLAP[1, 0] = 0
BOTH = np.stack([1 - organ(1, 2) > 0, organ(1), organ(0, 1)]).astype(np.uint8)


def class_scores(here):
    """Scores of three channels, and a ground truth of one class file."""
    for case in "ab":
        build.npz(here / "pred" / f"{case}.npz", np.concatenate([SCORES, 0 * SCORES[:1]]))
        for name in ("liver", "heart"):
            build.npy(
                here / "gt" / case / f"{name}.npy", organ(1) if name == "liver" else organ(0, 1)
            )
    text(segeval_toml="[classes.liver]\nlabel = 1\n[classes.spleen]\nlabel = 2\n")(here)


def other_size(here):
    """COCO instances of two sizes."""
    coco(here / "g.json", SHAPE, [SQUARE])
    coco(here / "p.json", (16, 16), [{**SQUARE, "score": 0.9}])


def turn_axes(path):
    """Two axes of an NRRD file have no direction."""
    raw = path.read_bytes()
    line = next(one for one in raw.split(b"\n") if one.startswith(b"space directions"))
    vectors = line.partition(b": ")[2].split(b" ")
    path.write_bytes(raw.replace(line, b"space directions: none none " + vectors[2]))


def fewer_pixels(here):
    """A segmentation that has fewer pixels than its frames."""
    SEGMENTS(here)
    changed(here / "gt/P1.dcm", lambda data: setattr(data, "PixelData", data.PixelData[:20]))


def two_series(here, more=True):
    """Contours that name no series, and two of them."""
    patient(gt_set={"uid": "", "frame": ""}, pred_set={"uid": "", "frame": ""})(here)
    for side in ("pred", "gt"):
        if more:
            dcm.series(here / side / "P1/two", (8, 40, 40), (1.0, 0.5, 0.5), uid="1.2.3.99")


def one_series(here):
    """One of the two series is taken away."""
    for side in ("pred", "gt"):
        shutil.rmtree(here / side / "P1/two")


def turned(here, directions=((0, 0, -1), (0, 1, 0), (1, 0, 0)), origin=(0.0, 0.0, 10.0)):
    """Scores whose first axis runs the other way."""
    for name in "pf":
        build.stack(
            here / f"{name}.nii", SCORES, grid((6, 8, 8), origin=origin, directions=directions)
        )
    build.nifti(here / "g.nii", organ(1), grid((6, 8, 8)))


def straight(here):
    """Scores on the grid of the ground truth."""
    turned(here, None, (0.0, 0.0, 0.0))


SITUATIONS = [
    Situation("the working folder is gone", gone, "score p.npy g.npy -m dice", (mend("run segeval in a folder that exists", there),), 2),
    Situation("the root of a system", folders({"a": None}, {"a": None}, build.npy), "score / gt -m dice", (put("give the folder that holds the files", "/", "pred"),), 2),
    Situation("decode into the predictions", folders({"a": SHARES}, {}, build.npy), "decode pred pred", (Way("name another folder", lambda c, _: ["decode", "pred", "out"]),), 2),
    Situation("decode two files of a name", both(folders({"a": None}, {}), lambda here: build.nifti(here / "pred/a.nii", organ(1))), "decode pred out", (mend("decode them from two folders", lambda here: (here / "pred/a.nii").unlink()),), 2),
    Situation("decode with half of --flip", folders({"a": SCORES}, {"a": SCORES}, build.npz, ".npz"), "decode pred out --flipped gt", (add("--flip softmax_mean"), Way("--flip logit_sum", lambda c, _: [*c, "--kind", "logits", "--flip", "logit_sum"])), 2, also=("--flipped",)),
    Situation("a gate of a number that is one", pair(), "score p.npy g.npy -m dice --gate ap.worst=0.3", (put("ap=0.3", "ap.worst=0.3", gives=1),), 2),
    Situation("a quantity of another unit", pair(), "score p.npy g.npy -m nsd@2ml --spacing 1,1,1", (put("nsd@2mm", "nsd@2ml"),), 2),
    Situation("a window that is none", results("r.json", "-m dice"), "report r.json -o x.html --window x", (put("soft", "x"), put("400,40", "x")), 2, also=()),
    Situation("a case twice in a result file", both(results("r.json", "-m dice"), lambda here: double(here / "r.json")), "show r.json", (mend("write it again with `segeval score -o`", lambda here: invoke(["score", "p.npy", "g.npy", "-m", "dice", "-o", "r.json", "-q"])),), 2),
    Situation("a number of a result file is another", both(results("r.json", "-m dice"), rewrite("r.json", '"gt_voxels": {"1": ', '"gt_voxels": {"1": 9')), "show r.json", (mend("write it again with `segeval score -o`", lambda here: invoke(["score", "p.npy", "g.npy", "-m", "dice", "-o", "r.json", "-q"])),), 2),
    Situation("a baseline of more cases", apart, "score pred/a.npy gt/a.npy -m dice --baseline all.json", (add("--allow-different-cases"),)),
    Situation("a baseline of another truth", moved, "score pred gt -m dice --baseline all.json", (add("--allow-different-truth"), mend("score the baseline again", lambda here: invoke(["score", "pred", "gt", "-m", "dice", "-o", "all.json", "-q"]))), only="truth"),
    # Python
    python("no such preset", lambda preset="xyz": scored(settings=Settings(preset=preset), metrics=None), word("nnunet")),
    python("a number that is too large", lambda digits=99: scored(settings=Settings(digits=digits)), Way("write 17 or less", lambda *_: [17])),
    python("no such word", lambda kind="lables": scored(settings=Settings(kind=kind)), word("labels")),
    python("no metric", lambda metric="": scored(metrics=[m for m in [metric] if m]), word("add -m dice", "dice")),
    python("a path and an array", lambda gt=None: scored(gt=organ(1) if gt is None else gt), word("give two of a kind", "g.npy")),
    python("an output of several", lambda metric="deep_supervision": scored(organ(1), organ(1), metrics=metric), word("give paths", "dice")),
    python("four axes", lambda gt=None: scored(organ(1), np.stack([organ(1)] * 2) if gt is None else gt), Way("give a label map (z, y, x)", lambda *_: [organ(1)])),
    python("None", lambda gt=None, of=scored: segeval.score(organ(1), gt, "dice") if gt is None else of(gt=gt, pred=organ(1)), given("give both", organ(1))),
    python("text among arrays", lambda gt={"a": 1}: scored(organ(1), gt), given("give an array", organ(1))),
    python("no array", lambda gt=None: scored(organ(1), Broken() if gt is None else gt), given("give an array of NumPy", organ(1))),
    python("a picture of colours", lambda gt=None: scored(FLAT, Image.new("RGB", (8, 8)) if gt is None else gt), given("a label map", FLAT)),
    python("a masked array", lambda gt=None, **more: scored(organ(1), MASKED if gt is None else gt, **more), given("gt.filled(255) with ignore_label=255", MASKED.filled(255))),
    python("a spacing that is one number", lambda spacing=2: scored(organ(1), organ(1), spacing=spacing), given("(3, 1, 1)", (3, 1, 1))),
    python("an axis of cases and one of channels", lambda gt=None: scored(organ(1), organ(1)[None, None] if gt is None else gt), given("gt[0, 0]", organ(1))),
    python("an axis of channels", lambda gt=None: scored(organ(1), organ(1)[None] if gt is None else gt), given("gt[0]", organ(1))),
    python("axes of another number", lambda pred=None: scored(organ(1)[0] if pred is None else pred, organ(1)), given("give a label map of gt's axes", organ(1))),
    python("a table and a side", lambda gt="g.npy": segeval.score("p.npy", gt, "dice", pairs="t.csv") if gt == "g.npy" else scored(), word("give one of both", "")),
    python("a list that is empty", lambda classes=(): scored(organ(1), organ(1), classes=classes), word('write ["liver"], or leave it out', "1=liver")),
    python("a mapping that is empty", lambda classes=None: scored(organ(1), organ(1), classes={} if classes is None else classes), given('write {1: "liver"}', {1: "liver"})),
    python("no name of a class", lambda classes=(1.5,): scored(organ(1), organ(1), classes=classes), given("write names: ['liver']", {1: "liver"})),
    python("no such choice", lambda kind=3: scored(organ(1), organ(1), kind=kind), word("labels")),
    python("a word of the grammar", lambda charge="x": scored(organ(1), organ(1), charges=charge), word("hd95.pred_empty=374mm", "dice.pred_empty=0")),
    # headers
    head("two names of a segment", b"encoding: raw", b"Segment0_ID:=a\nSegment1_ID:=a\nencoding: raw", "rename one of them"),
    head("values in several files", b"encoding: raw", b"data file: LIST\nencoding: raw", "write it into one file"),
    nrrd("bzip2 of very much", replaced(b"encoding: raw\n", b"encoding: bzip2\nbyte skip: 600000000\n"), "pack it by gzip"),
    head("no byte order", b"type: uint8", b"type: uint16", "add the field `endian`"),
    head("no size", b"space directions: (1,0,0)", b"space directions: (0,0,0)", "write it again"),
    meta("no data file", b"LOCAL", b"x.raw", "put it beside the header"),
    meta("values in several files", b"LOCAL", b"LIST", "write it into one file"),
    meta("no size", b"ElementSpacing = 1 1 2", b"ElementSpacing = 0 1 2", "write it again"),
    meta("frames of several values", b"NDims = 3\nDimSize = 8 8 6", b"ElementNumberOfChannels = 2\nNDims = 4\nDimSize = 8 8 3 2", "write a file a frame"),
    # sides
    sides("no such axis", SCORES, organ(1), (put("--channel-axis", "7", "0"),), "--channel-axis 7"),
    sides("no axis that fits", SCORES[:, :, ::2, ::2], organ(1), (add("--upsample", "--upsample half_pixel"),), also=("--channel-axis",)),
    sides("frames of the ground truth alone", organ(1), np.stack([TWO, TWO]).astype(np.uint8), (mend("both sides of a case must have the same frames", lambda here: build.npy(here / "p.npy", np.stack([TWO, TWO]).astype(np.uint8))),), "--frames --channel-axis 0"),
    Situation("RoIs and partners", partners(7), "score p.npz g.png -m maskrcnn --instances beside", (mend("instances are counted from 0", partners(0)),)),
    Situation("one image of several", two_images, "score --pairs t.csv -m dice", (Way("give the file itself as PRED or GT", lambda *_: ["score", "p.json", "g.json", "-m", "dice"]),)),
    Situation("detections as the ground truth", detections_of_map, "score --pairs t.csv -m dice", (Way("score them as PRED against a COCO file of instances as GT", lambda *_: ["score", "p.json", "g.json", "-m", "dice"]),)),
    Situation("a class file of several channels", class_files(2), "score pred gt -m dice --layout case-folders", (mend("a file a class holds one mask", class_files(1)),)),
    Situation("masks that are no label map", both(probabilities(SCORES, organ(1)), lambda here: np.savez(here / "g.npz", probabilities=OVERLAP)), "score p.npz g.npz -m dice -m ce", (add("--activation none or sigmoid", "--activation sigmoid"), add("--activation none")), 3),
    # what remains
    Situation("an alias of two files", folders({"a/x1": None, "a/x2": None, "b/x1": None}, {"a/y": None, "b/y": None}, build.nifti, ".nii"),
              "score pred gt -m dice --layout case-folders --alias y=x1 --alias y=x2", (
              mend("remove one of them", lambda here: (here / "pred/a/x2.nii").unlink()),), also=("--classes",)),
    Situation("stacks of other classes", lambda here: (build.npz(here / "p.npz", np.concatenate([SCORES, 0 * SCORES[:1]])), build.npz(here / "g.npz", np.stack([organ(1), organ(1, 1), organ(0, 1)]).astype(np.uint8))),
              "score p.npz g.npz -m dice", (mend("write both with the background as channel 0", lambda here: build.npz(here / "g.npz", BOTH)), mend("or both without it", lambda here: [build.npz(here / f"{n}.npz", np.stack([organ(1), organ(0, 1), organ(0, 1)]).astype(np.uint8)) for n in "pg"]))),
    Situation("a union of channels", lambda here: (build.npy(here / "p.npy", organ(1)), build.npz(here / "g.npz", np.stack([1 - organ(1), organ(1)]).astype(np.uint8))),
              "score p.npy g.npz -m dice --classes 0+1=x", (mend("write a label map", lambda here: build.npz(here / "g.npz", organ(1).astype(np.uint8))),)),
    Situation("a channel without a class", class_scores, "score pred gt -m dice -m ce --layout case-folders", (add("--classes 1=liver,2=spleen", "--classes 1=liver,2=heart"), Way("leave out losses", lambda c, _: [w for i, w in enumerate(c) if not (w == "ce" or c[i : i + 2] == ["-m", "ce"])]))),
    Situation("instances of two sizes", other_size, "score p.json g.json -m ap --resample gt", (mend("give both sides of one size", lambda here: coco(here / "p.json", SHAPE, [{**SQUARE, "score": 0.9}])),)),
    Situation("instances of maps beside a JSON", maps_beside_json, "score pred gt -m pq", (add("--instances ids"), add("--instances components"), add("--instances 1000")), also=("--instances",)),
    Situation("parts that overlap", overlapping, "score p.json g.json -m pq:as=panoptica:match=many", (
              put("match=greedy", "pq:as=panoptica:match=many", "pq:as=panoptica:match=greedy"), put("match=optimal", "pq:as=panoptica:match=many", "pq:as=panoptica:match=optimal"), add("--instances components"))),
    Situation("SEG: probabilities as instances", segments(type="FRACTIONAL", fraction="PROBABILITY"), "score pred/P1.dcm gt/P1.dcm -m pq --instances ids", (Way("leave out --instances", lambda *_: ["score", "pred/P1.dcm", "gt/P1.dcm", "-m", "dice"]),)),
    Situation("RoIs against channels", lambda here: (partners(0)(here), channels(here / "g.nrrd")), "score p.npz g.nrrd -m dice --classes 1=a --instances beside", (drop("leave out --instances", "--instances", "beside"),)),
    Situation("scores beside a label map", lambda here: (build.nifti(here / "p.nii", organ(1)), build.npz(here / "p.npz", SCORES[:, :, :4]), build.nifti(here / "g.nii", organ(1))), "score p.nii g.nii -m dice -m ce", (mend("both must come from one run", lambda here: build.npz(here / "p.npz", SCORES)),)),
    nrrd("axes of no direction", turn_axes, "two or three axes of space and at most one of channels"),
    Situation("SEG: fewer pixels than frames", fewer_pixels, "score pred/P1.dcm gt/P1.dcm -m dice", (mend("copy or write it again", SEGMENTS),)),
    Situation("which series", two_series, "score pred gt -m dice", (mend("keep only its own series in the case", one_series),)),
    Situation("enlarged scores, turned", turned, "score p.nii g.nii -m dice --flipped f.nii --flip softmax_mean", (mend("write them in the order of the ground truth", straight),)),
    Situation("an address without a port", pair(), "score p.npy g.npy -m dice --scheduler x", (put("tcp://10.0.0.5:8786", "x", "tcp://127.0.0.1:9", gives=2),), 2),
    Situation("an address that is none", pair(), "score p.npy g.npy -m dice --scheduler tcp://h:x", (put("tcp://10.0.0.5:8786", "tcp://h:x", "tcp://127.0.0.1:9", gives=2),), 2),
]  # fmt: skip
