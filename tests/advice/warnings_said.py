"""Warnings that say what to do: done as printed, the warning is gone."""

import json

import build
import dicom_build as dcm
import numpy as np
from advice.dicom import LIES, patient
from advice.driver import Situation, Way, add, mend, put
from advice.files import organ, pair
from advice.readers import SQUARE, instances


def warned(name, make, command, ways, code, also=()):
    return Situation(name, make, command, ways, 0, also, only=code)


def low(here):
    """Detections that nobody would show."""
    instances()(here)
    (here / "p.json").write_text(
        json.dumps([{**SQUARE, "score": 0.9}, {**SQUARE, "id": 2, "score": 0.1}])
    )


def named(pred="gtFine"):
    """Two folders, of which one is called as the other side is."""

    def make(here):
        for side in (pred, "predictions"):
            build.npy(here / side / "a.npy", organ(1))

    return make


def many(shift):
    """Fourteen small blocks with a number each, unlike on the other side."""
    made = np.zeros((4, 16, 16), np.int32)
    for n in range(14):
        made[1:3, n // 4 * 4 : n // 4 * 4 + 3, n % 4 * 4 : n % 4 * 4 + 3] = 1 + (n + shift) % 14
    return made


MASKS = np.stack([organ(1), organ(2) > 0]).astype(np.uint8)
SUPPORT = [dcm.Organ("Couch top", list(LIES)), dcm.Organ("External", list(LIES))]
WHITE = (organ(1) * 255).astype(np.uint8)
SITUATIONS = [
    warned("no common label", pair(organ(3), organ(1)), "score p.npy g.npy -m dice", (add("--remap-pred OLD=NEW", "--remap-pred 3=1"),), "W-no-common-label"),
    warned("no common label, of 255", pair(organ(2).astype(np.uint8), WHITE), "score p.npy g.npy -m dice", (add("--remap-pred OLD=NEW", "--remap-pred 2=255"),), "W-no-common-label"),
    warned("no common label, of a prediction of 255", pair(WHITE, organ(2).astype(np.uint8)), "score p.npy g.npy -m dice", (Way("pred 255; gt 2; --remap-pred OLD=NEW", lambda c, _: [*c, "--remap-pred", "255=2"]),), "W-no-common-label"),
    warned("low scores", low, "score p.json g.json -m dice", (add("--min-score 0.5"),), "W-low-scores"),
    warned("every case is empty", pair(organ(0), organ(0)), "score p.npy g.npy -m dice", (add("--classes 1=liver"),), "W-no-class"),
    warned("vertices on voxel centres", patient(), "score pred gt -m dice", (add("--rt-boundary inclusive"),), "W-vertices-on-voxel-centres"),
    warned("the prediction holds the ignored value", pair(organ(1, 9), organ(1)), "score p.npy g.npy -m dice --ignore-label 9",
           (Way("--pred P --gt G", lambda *_: ["score", "--pred", "g.npy", "--gt", "p.npy", "-m", "dice", "--ignore-label", "9"]),), "W-swapped-sides"),
    warned("channels of masks", pair(MASKS, MASKS, build.stack, ".nii"), "score p.nii g.nii -m dice",
           (add("--classes", "--classes 1=a,2=b"), add("--frames")), "W-channel-classes"),
    warned("channels of masks against one map", lambda here: (build.stack(here / "p.nii", MASKS), build.nifti(here / "g.nii", organ(1))), "score p.nii g.nii -m dice",
           (add("--classes", "--classes 1=a,2=b"), mend("keep the one frame", lambda here: build.nifti(here / "p.nii", organ(1)))), "W-channel-classes"),
    warned("only support structures", patient(SUPPORT, SUPPORT), "score pred gt -m dice", (add("--classes 'Couch top'"),), "W-no-class"),
    warned("ids of class * 1000 + i", pair(organ(1001)[0], organ(1001)[0]), "score p.npy g.npy -m dice", (add("--instances 1000"),), "W-instance-ids"),
    warned("few shades", pair(organ(1, 2).astype(np.uint8), organ(1)), "score p.npy g.npy -m dice --kind prob", (put("--kind labels", "prob", "labels"),), "W-few-shades"),
    warned("few shades of the ground truth", pair(organ(1) * 0.5, organ(1, 2).astype(np.uint8)), "score p.npy g.npy -m dice --gt-kind prob", (put("--gt-kind labels", "prob", "labels"),), "W-few-shades"),
    warned("ids of instances", pair(many(0), many(3)), "score p.npy g.npy -m dice", (add("--instances ids"),), "W-instance-ids"),
    warned("swapped sides", named(), "score gtFine predictions -m dice", (Way("--pred P --gt G", lambda *_: ["score", "--pred", "predictions", "--gt", "gtFine", "-m", "dice"]),), "W-swapped-sides"),
]  # fmt: skip
