"""Nothing is lost between the files and the number: the sum over generated trees (ACCOUNT-A1, A34).

Trees of all layouts and kinds, with stray files, links, odd names and damaged files. What a tree
holds is counted here, by another walk; what became of it is read from the result file.
`SEGEVAL_TREES=100000` tries more of them.
"""

import json
import os
import random
from pathlib import Path

import build
import dicom_build
import numpy as np
import pytest
import regions_build

from segeval.cli.entry import run_command_line
from segeval.cli.log import LOG

TREES = int(os.environ.get("SEGEVAL_TREES", "2000"))
PART = 100  # trees of one test
SIDE_FILES = {"Thumbs.db", "plans.json", "DICOMDIR", "summary.json"}
ORGANS = ("liver", "heart", "Lens_L", "Lens-R", "my organ", "T1", "L2", "ct")
ODD = ("a b", "ä", "#1", "x%20y", "-v", "case.1", "日本", "A", "0", "p1_t1", "p1_t2", "img_0001")


class Tree:
    """One side as it is written.

    masks  paths of its true masks, relative to the root
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.masks: list[str] = []
        root.mkdir(parents=True)

    def write(self, name: str, array: np.ndarray, mask: bool = True) -> None:
        """Write an array in the form that the name says."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for ending, writer in WRITERS.items():
            if name.endswith(ending):
                writer(path, array)
        if mask:
            self.masks.append(name)

    def segments(self, name: str, segments: list[str]) -> None:
        """Write a segmentation of some segments, a plane each."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fields = {}
        array = np.zeros((max(3, len(segments)), 4, 5), np.uint8)
        for place, own in enumerate(segments):
            array[place, :2] = place + 1
            known = {"ID": f"s{place}", "Name": own, "LabelValue": place + 1, "Layer": 0}
            fields |= {f"Segment{place}_{key}": str(value) for key, value in known.items()}
        build.nrrd_file(path, array, **fields)
        self.masks.append(name)

    def stack(self, name: str, array: np.ndarray) -> None:
        """Write channels as NIfTI."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        build.stack(path, array)
        self.masks.append(name)

    def labelme(self, name: str, labels: list[str]) -> None:
        """Write a polygon of each label."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        box = [[0, 0], [3, 0], [3, 2], [0, 2]]
        shapes = [{"label": n, "points": box, "shape_type": "polygon"} for n in labels]
        content = {"shapes": shapes, "imageHeight": 4, "imageWidth": 5, "imagePath": "x.jpg"}
        path.write_text(json.dumps(content))
        self.masks.append(name)

    def put(self, name: str, content: bytes = b"stray") -> None:
        """Write a file that is no mask."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(content)

    def count(self) -> int:
        """The files that are neither hidden nor side files; links are followed."""
        return sum(1 for _ in walk(str(self.root), ()))


def walk(path, above):
    """Every file, by `os.listdir`."""
    real = os.path.realpath(path)
    if real in above:
        return
    for name in os.listdir(path):
        if name.startswith(".") or name == "__MACOSX":
            continue
        inside = os.path.join(path, name)
        if os.path.isdir(inside):
            yield from walk(inside, (*above, real))
        elif name not in SIDE_FILES and not name.endswith(".pkl"):
            yield inside


WRITERS = {
    ".nii.gz": build.nifti,
    ".nii": build.nifti,
    ".nrrd": build.nrrd_file,
    ".npy": build.npy,
    ".npz": build.npz,
    ".png": build.png,
    ".bmp": build.png,
}


def mask(r, flat):
    """A small mask of a few labels, sometimes empty."""
    shape = (4, 5) if flat else (3, 4, 5)
    a = np.zeros(shape, np.uint8)
    if r.random() < 0.85:
        a[..., 1:3] = 1
    return a


def flat_layout(r, pred, gt):
    """A label map a case, in folders or not."""
    ending = r.choice([".nii.gz", ".npy", ".npy", ".png", ".png", ".nrrd"])
    names = r.sample(ODD, r.randint(1, 3)) if r.random() < 0.4 else ["c1", "c2", "c3"]
    folder = r.choice(["", "", "sub/", "deep/er/"])
    end = r.choice(["", "_seg", "_gt", ".label"])
    for name in names:
        a = mask(r, ending == ".png")
        gt.write(f"{folder}{name}{end}{ending}", a)
        if r.random() < 0.9:
            pred.write(f"{name}{ending}", a)
        if end and r.random() < 0.3:  # the image beside it
            gt.write(f"{folder}{name}{ending}", a, mask=False)


def case_layout(r, pred, gt):
    """A folder a case with a file an organ."""
    ending = r.choice([".nii.gz", ".npy", ".npy", ".nrrd"])
    inside = r.choice(["", "segmentations/"])
    organs = r.sample(ORGANS, r.randint(1, 3))
    for case in ("case1", "case2", "case10")[: r.randint(1, 3)]:
        a = mask(r, False)
        for organ in organs:
            gt.write(f"{case}/{inside}{organ}{ending}", a)
            if r.random() < 0.9:
                pred.write(f"{case}/{organ}{ending}", a)


def class_layout(r, pred, gt):
    """A folder a class with a picture a case."""
    for organ in ("road", "sky", "car")[: r.randint(1, 3)]:
        for n in range(r.randint(1, 3)):
            a = mask(r, True)
            gt.write(f"{organ}/img_{n}.png", a)
            if r.random() < 0.9:
                pred.write(f"{organ}/img_{n}.png", a)


def one_case_layout(r, pred, gt):
    """A folder that is one case."""
    for organ in r.sample(["liver", "heart", "spleen", "Lens_L"], r.randint(1, 4)):
        a = mask(r, False)
        gt.write(f"{organ}.nii.gz", a)
        if r.random() < 0.9:
            pred.write(f"{organ}.nii.gz", a)


def image_layout(r, pred, gt):
    """Masks with the images that the field keeps beside them."""
    image, name = r.choice([("imaging", "segmentation"), ("SUV", "SEG"), ("img", "mask")])
    for case in ("p1", "p2", "p3")[: r.randint(1, 3)]:
        a = mask(r, False)
        gt.write(f"{case}/{name}.nii.gz", a)
        gt.write(f"{case}/{image}.nii.gz", a, mask=False)
        pred.write(f"{case}.nii.gz", a)


RINGS = [dicom_build.square(1.5, 5.5, z) for z in (0, 1, 2)]


def patient_layout(r, pred, gt):
    """Structure sets, with images or without; one patient may have masks instead."""
    for number in range(1, r.randint(2, 4)):
        patient, masks = f"PAT{number}", r.random() < 0.2
        for tree in (gt, pred):
            if tree is pred and r.random() < 0.1:
                continue
            if masks:
                tree.write(f"{patient}/Heart.nii.gz", mask(r, False))
                continue
            folder = tree.root / patient
            organs = [dicom_build.Organ(name, RINGS) for name in ("Heart", "Cord")]
            dicom_build.rtstruct(folder / "RS.dcm", organs, patient=f"ID{number}",
                                 uid=f"1.2.{number}.{tree is gt:d}")  # fmt: skip
            tree.masks.append(f"{patient}/RS.dcm")
    if r.random() < 0.5 and (gt.root / "PAT1").is_dir():
        dicom_build.series(gt.root / "PAT1", (3, 8, 8), patient="ID1")


def slicer_layout(r, pred, gt):
    """Segmentations of 3D Slicer, with the images that it keeps beside them."""
    for name in r.sample(["c1", "c2", "my case"], r.randint(1, 3)):
        segments = r.sample(ORGANS, r.randint(1, 3))
        gt.segments(f"{name}.seg.nrrd", segments)
        if r.random() < 0.9:
            kept = [n for n in segments if r.random() < 0.9] or segments
            extra = ["thing"] if r.random() < 0.2 else []
            pred.segments(f"{name}.seg.nrrd", kept + extra)
        if r.random() < 0.4:
            gt.write(f"{name}.nrrd", mask(r, False), mask=False)


def scores_layout(r, pred, gt):
    """Probabilities or logits of a network against label maps, alone or beside their argmax."""
    form = r.choice([".npz", ".npy", "both"])
    for name in ("c1", "c2", "c3")[: r.randint(1, 3)]:
        a = mask(r, False)
        a[0, 0, 0] = r.choice([0, 0, 1, 2])
        gt.write(f"{name}.npy", a)
        scores = np.full((3, *a.shape), 0.1, np.float32)
        for label in range(3):
            scores[label] += 0.7 * np.equal(a, label)
        if r.random() < 0.1:
            scores *= r.choice([2, -1])
        if form != ".npy":
            pred.write(f"{name}.npz", scores)
        if form == ".npy":
            pred.write(f"{name}.npy", scores)
        elif form == "both":
            pred.write(f"{name}.npy", a)


def frames_layout(r, pred, gt):
    """Masks in channels of one file, as arrays with the channels last."""
    for name in ("c1", "c2")[: r.randint(1, 2)]:
        stack = np.stack([mask(r, False), mask(r, False)]).astype(np.uint8)
        if r.random() < 0.2:
            stack[1] *= 3
        gt.stack(f"{name}.nii.gz", stack)
        if r.random() < 0.9:
            pred.stack(f"{name}.nii.gz", stack if r.random() < 0.8 else stack[:1])


def twin_layout(r, pred, gt):
    """One name in two formats, on a side or on both."""
    endings = r.choice([(".nii", ".nii.gz"), (".png", ".bmp")])
    for name in ("c1", "c2"):
        for tree in (pred, gt):
            for ending in endings[: r.randint(1, 2)]:
                tree.write(f"{name}{ending}", mask(r, endings[0] == ".png"))


def polygon_layout(r, pred, gt):
    """LabelMe files, with the pictures that they were drawn on."""
    for name in ("c1", "c2", "c3")[: r.randint(1, 3)]:
        labels = r.sample(["cat", "dog", "liver", "T1"], r.randint(0, 3))
        gt.labelme(f"{name}.json", labels)
        if r.random() < 0.9:
            pred.labelme(f"{name}.json", [n for n in labels if r.random() < 0.9])
        if r.random() < 0.4:
            gt.write(f"{name}.png", mask(r, True), mask=False)


LAYOUTS = [
    slicer_layout,
    scores_layout,
    frames_layout,
    twin_layout,
    polygon_layout,
    flat_layout,
    case_layout,
    class_layout,
    one_case_layout,
    image_layout,
]


def link(tree, folder, name, target):
    """A link in a folder, once."""
    if not os.path.lexists(tree.root / folder / name):
        os.symlink(target, tree.root / folder / name)


def link_elsewhere(r, tree, folder):
    """A link to a folder of another disk with one more mask."""
    store = tree.root.parent / f"store_{tree.root.name}" / "in"
    store.mkdir(parents=True, exist_ok=True)
    build.npy(store / "more.npy", mask(r, False))
    link(tree, folder, "linked", store)


def damage(r, tree, folder):
    """Half of a mask, or none of it."""
    if tree.masks:
        victim = tree.root / r.choice(tree.masks)
        content = victim.read_bytes()
        victim.write_bytes(content[: len(content) // 2] if r.random() < 0.5 else b"")


def add_plot(r, tree, folder):
    """A picture that people look at."""
    if not (tree.root / folder / "preview.png").exists():
        tree.write(f"{folder}/preview.png", mask(r, True), mask=False)


HIDDEN = (".hidden.png", "._c1.nii.gz", ".DS_Store")
STRAYS = {
    "text": lambda r, tree, folder: tree.put(f"{folder}/readme.txt"),
    "hidden": lambda r, tree, folder: tree.put(f"{folder}/{r.choice(HIDDEN)}"),
    "side": lambda r, tree, folder: tree.put(f"{folder}/{r.choice(sorted(SIDE_FILES))}", b"{}"),
    "plot": add_plot,
    "lossy": lambda r, tree, folder: tree.put(f"{folder}/photo.jpg"),
    "dicom": lambda r, tree, folder: tree.put(f"{folder}/broken.dcm"),
    "bare": lambda r, tree, folder: tree.put(f"{folder}/LICENSE"),
    "archive": lambda r, tree, folder: tree.put(f"{folder}/c1.npz", b"PK no archive"),
    "pickle": lambda r, tree, folder: tree.put(f"{folder}/c1.pkl"),
    "broken": lambda r, tree, folder: link(tree, folder, "gone.nii.gz", "nowhere"),
    "loop": lambda r, tree, folder: link(tree, folder, "loop", ".."),
    "linked": link_elsewhere,
    "damaged": damage,
}


def add_strays(r, tree):
    """Files that are no masks, links, and damage."""
    folders = [d for d, _, _ in os.walk(tree.root)]
    for _ in range(r.choice([0, 0, 1, 2, 4])):
        folder = os.path.relpath(r.choice(folders), tree.root)
        STRAYS[r.choice(list(STRAYS))](r, tree, folder)


def score(root, capsys, *words):
    """Score the two sides; gives the status and the result file, if there is one."""
    out = root / ".results.json"  # hidden: a link may lead to it
    arguments = ["score", root / "pred", root / "gt", "-m", "dice", "--gate", "*/dice=0",
                 "--isolated", "-o", out, "--format", "none", *words]  # fmt: skip
    status = run_command_line([str(word) for word in arguments])
    LOG.close()
    err = capsys.readouterr().err
    return status, json.loads(out.read_text()) if out.exists() else None, err


def check(seed, root, capsys):
    """One tree."""
    r = random.Random(seed)
    pred, gt = Tree(root / "pred"), Tree(root / "gt")
    layout = patient_layout if seed % 20 == 0 else r.choice(LAYOUTS)
    layout(r, pred, gt)
    for tree in (pred, gt):
        add_strays(r, tree)
    missing = r.choice(["error", "worst", "skip"])
    status, result, err = score(root, capsys, "--missing", missing)
    said = f"seed {seed}, {layout.__name__}, exit {status}\n{err}"
    assert status in (0, 1, 2, 3, 4), said
    if result is None:
        assert status in (2, 4), said
        return status
    inventory = result["inputs"]["inventory"]
    for kind, own in inventory.items():
        ends = sum(own.get("unscored", {}).values()) + sum(own.get("left_aside", {}).values())
        assert own.get("found", 0) == own.get("scored", 0) + ends, (kind, own, said)
    left = result["inputs"]["left_aside"]
    assert not any(item.get("code") == "W-unaccounted" for item in left), (left, said)
    for side, tree in (("gt", gt), ("pred", pred)):
        found = inventory.get(f"{side} file", {}).get("found", 0)
        assert found == tree.count(), (side, found, tree.count(), said)
    assert inventory["case"]["found"] == len(result["cases"]), said
    if status == 0:
        own = {name for item in left if item.get("side") == "gt" for name in item["names"]}
        assert own.isdisjoint(gt.masks), (own & set(gt.masks), said)
        lost = inventory["gt file"].get("unscored", {})
        assert not lost or (missing == "skip" and set(lost) == {"missing_prediction"}), said
    return status


@pytest.mark.parametrize("start", range(0, TREES, PART))
def test_account_a1_found_is_scored_unscored_and_left_aside(start, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = [check(seed, tmp_path / str(seed), capsys) for seed in range(start, start + PART)]
    assert {0, 3} <= set(seen)  # the trees are neither all sound nor all refused
    assert sum(status in (2, 4) for status in seen) < PART / 2


# Files that hold a whole side, and tables of files.


def check_sums(result, said):
    """Found is the sum of every end, for every kind; nothing became of nothing."""
    inventory = result["inputs"]["inventory"]
    for kind, own in inventory.items():
        ends = sum(own.get("unscored", {}).values()) + sum(own.get("left_aside", {}).values())
        assert own.get("found", 0) == own.get("scored", 0) + ends, (kind, own, said)
    left = result["inputs"]["left_aside"]
    assert not any(item.get("code") == "W-unaccounted" for item in left), (left, said)
    return inventory


SHAPE = (6, 8)


def coco_file(r, path, detections=False):
    """COCO instances with annotations of unknown images and categories, without masks, doubled
    names and odd sizes; gives how many marks there are."""
    images = [{"id": i, "file_name": f"i{i}.jpg", "height": 6, "width": 8} for i in (1, 2, 3)]
    marks = []
    sound = r.random() < 0.4
    shapes = [[[0, 0, 4, 0, 4, 3, 0, 3]], [[1, 1, 3, 1, 3, 4]]]
    for number in range(1, r.randint(2, 9)):
        mark = regions_build.annotation(
            number,
            r.choice([1, 2, 3] if sound else [1, 2, 3, 3, 99]),
            r.choice([1, 2] if sound else [1, 2, 2, 77]),
            r.choice(shapes if sound else [*shapes, [], [[50, 50, 60, 50, 60, 60]]]),
            bbox=[0, 0, 4, 3],
            area=12,
        )
        if detections:
            mark["score"] = r.choice([0.01, 0.4, 0.9])
            del mark["iscrowd"], mark["id"]
        elif r.random() < 0.2:
            mark["iscrowd"] = 1
        marks.append(mark)
    if detections:
        path.write_text(json.dumps(marks))
        return len(marks)
    names = [{"id": 1, "name": "car"}, {"id": 2, "name": "dog"}, {"id": 3, "name": "group"}]
    content = {"images": images, "annotations": marks, "categories": names[: 2 if sound else 3]}
    path.write_text(json.dumps(content))
    return len(marks)


@pytest.mark.parametrize("start", range(0, max(200, TREES // 10), PART))
def test_account_a1_annotations_and_detections(start, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = set()
    for seed in range(start, start + PART):
        r, root = random.Random(seed), tmp_path / str(seed)
        root.mkdir()
        truths = coco_file(r, root / "gt.json")
        dets = r.random() < 0.7
        guesses = coco_file(r, root / "pred.json", dets)
        out = root / "o.json"
        words = ["score", root / "pred.json", root / "gt.json", "-m", "dice", "--gate", "*/dice=0",
                 "--isolated", "-o", out, "--format", "none"]  # fmt: skip
        if r.random() < 0.3:
            words += ["--min-score", "0.3"]
        status = run_command_line([str(word) for word in words])
        LOG.close()
        err = capsys.readouterr().err
        said = f"seed {seed}, exit {status}\n{err}"
        seen.add(status)
        assert status in (0, 1, 2, 3, 4), said
        if not out.exists():
            assert status in (2, 4), said
            continue
        inventory = check_sums(json.loads(out.read_text()), said)
        assert inventory.get("gt annotation", {}).get("found", 0) == truths, said
        kind = "pred detection" if dets else "pred annotation"
        found = sum(
            inventory.get(k, {}).get("found", 0) for k in ("pred detection", "pred annotation")
        )
        assert found == guesses, (kind, inventory, said)
        if status == 0:
            own = inventory["gt annotation"]
            assert not own.get("left_aside"), said
    assert {0, 3} <= seen


def write_table(r, root, cases):
    """A table of pairs, whose rows may name files that are not there; gives the files named."""
    named = {"pred": 0, "gt": 0}
    lines = ["case,pred,gt,class"]
    for case, organs in cases.items():
        for organ in organs:
            cells = []
            for side in ("pred", "gt"):
                cell = f"{side}/{case}_{organ}.npy"
                if side == "pred" and r.random() < 0.15:
                    cell = ""
                named[side] += bool(cell)
                cells.append(cell)
            lines.append(",".join([case, *cells, organ]))
    (root / "pairs.csv").write_text("\n".join(lines) + "\n")
    return named


@pytest.mark.parametrize("start", range(0, max(200, TREES // 10), PART))
def test_account_a1_tables_of_pairs(start, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = set()
    for seed in range(start, start + PART):
        r, root = random.Random(seed), tmp_path / str(seed)
        root.mkdir()
        cases = {f"c{n}": r.sample(ORGANS, r.randint(1, 3)) for n in range(r.randint(1, 3))}
        for case, organs in cases.items():
            for organ in organs:
                for side in ("pred", "gt"):
                    path = root / side / f"{case}_{organ}.npy"
                    build.npy(path, mask(r, False))
                    if r.random() < 0.05:
                        r.choice([path.unlink, lambda path=path: path.write_bytes(b"")])()
        named = write_table(r, root, cases)
        out = root / "o.json"
        words = ["score", "--pairs", root / "pairs.csv", "-m", "dice", "--gate", "*/dice=0",
                 "--isolated", "-o", out, "--format", "none"]  # fmt: skip
        status = run_command_line([str(word) for word in words])
        LOG.close()
        said = f"seed {seed}, exit {status}\n{capsys.readouterr().err}"
        seen.add(status)
        assert status in (0, 1, 2, 3), said
        if not out.exists():
            assert status == 2, said
            continue
        inventory = check_sums(json.loads(out.read_text()), said)
        for side, count in named.items():
            assert inventory.get(f"{side} file", {}).get("found", 0) == count, (side, said)
    assert {0, 3} <= seen
