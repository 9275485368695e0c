"""Structure sets, segmentations and the image series that they lie on."""

import build
import dicom_build as dcm
import numpy as np
import pydicom
from advice.driver import Situation, Way, add, drop, mend, put
from advice.files import grid, pair, text
from pydicom.encaps import encapsulate, generate_fragments
from pydicom.uid import JPEGBaseline8Bit, RLELossless

S = "score pred gt -m dice"
LIES = dcm.square(4, 12, 3.0), dcm.square(4, 12, 4.0)


def heart(name="Heart", rings=LIES, **more):
    return dcm.Organ(name, list(rings), **more)


def patient(pred=None, gt=None, images=True, series=None, pred_set=None, gt_set=None):
    """A patient with a series and a structure set on both sides."""

    def make(here):
        for side, organs, how in (("pred", pred, pred_set), ("gt", gt, gt_set)):
            folder = here / side / "P1"
            if images:
                dcm.series(folder / "ct", **(series or {}))
            dcm.rtstruct(folder / "rs.dcm", organs or [heart()], **(how or {}))

    return make


def contours(name, broken, ways, options="", status=3, also=()):
    return Situation(f"contours: {name}", broken, f"{S} {options}", ways, status, also)


def again(said, make=None):
    """The files are written again."""

    def change(here):
        import shutil

        for side in ("pred", "gt"):
            shutil.rmtree(here / side)
        (make or patient())(here)

    return mend(said, change)


def with_file(make, path):
    """A file more."""
    return lambda here: (patient()(here), make(here / path))


def segments(*shots, names=("Heart",), **more):
    """A segmentation as the ground truth, and one as the prediction."""

    def make(here):
        for side in ("pred", "gt"):
            shown = shots or [dcm.Shot(FRAME, (0, 0, float(z))) for z in range(3)]
            (here / side).mkdir(exist_ok=True)
            dcm.seg(here / side / "P1.dcm", shown, names, **more)

    return make


FRAME = np.pad(np.ones((4, 4), np.uint8), 4)
SEGMENTS = segments()


def cut(side="gt", size=-100):
    """Cuts a segmentation off."""

    def change(here):
        SEGMENTS(here)
        path = here / side / "P1.dcm"
        path.write_bytes(path.read_bytes()[:size])

    return change


def segmentation(name, broken, said, options="", good=SEGMENTS, ways=None, status=3, also=()):
    return Situation(
        f"SEG: {name}",
        broken,
        f"score pred/P1.dcm gt/P1.dcm -m dice {options}",
        ways or (again(said, good),),
        status,
        also,
    )


def two_sets(here, same=True):
    """Two structure sets on the ground truth's side."""
    patient()(here)
    dcm.rtstruct(here / "gt/P1/rs2.dcm", [heart()], label="other")


BAD = dcm.Ring("1\\2\\x\\4\\5\\6\\7\\8\\9\\1\\1\\1", count=4)
UPRIGHT = dcm.Ring([(1, 5, 2), (9, 5, 2), (9, 5, 8), (1, 5, 8)])
FAR = [dcm.square(4, 12, 300.0), dcm.square(4, 12, 301.0)]
TWO = [heart(), heart("Lung", [dcm.square(2, 6, 3.0)])]
GRIDS = [dcm.square(0, 900, float(z)) for z in range(9)]


def mask_and_set(here):
    """A mask as the prediction, contours as the ground truth."""
    patient()(here)
    import shutil

    shutil.rmtree(here / "pred")
    made = np.zeros((10, 20, 20), np.uint8)
    made[3:5, 4:12, 4:12] = 1
    build.nifti(
        (here / "pred").mkdir() or here / "pred/P1.nii", made, grid((10, 20, 20), (1.0, 1.0, 1.0))
    )


RLE = RLELossless


def changed(path, change):
    """Rewrites a file with a change."""
    data = pydicom.dcmread(path)
    change(data)
    data.save_as(path)


def relabel(path):
    """Says that the pixels are packed in a way that nothing unpacks."""
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.77", 1))


def lose_labels(path):
    """Packs the pixels as a photograph is packed."""

    def change(data):
        data.PixelData = encapsulate([b"\xff\xd8"])
        data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
        data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit

    changed(path, change)


def respace(path):
    """Gives one frame another pixel spacing."""

    def change(data):
        shared = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
        del data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
        for number, group in enumerate(data.PerFrameFunctionalGroupsSequence):
            measures = dcm.item(SliceThickness=9.0, PixelSpacing=[1.0 + number, 1.0])
            group.PixelMeasuresSequence = [measures]
        assert shared

    changed(path, change)


def lose_offsets(path):
    """Splits the first packed frame, and says no offsets."""

    def change(data):
        parts = list(generate_fragments(data.PixelData))[1:]
        half = len(parts[0]) // 4 * 2
        data.PixelData = encapsulate([parts[0][:half], parts[0][half:], *parts[1:]], has_bot=False)

    changed(path, change)


def cut_file(path, size):
    """Cuts the end off."""
    path.write_bytes(path.read_bytes()[:-size])


def with_series(**more):
    """A patient whose series has more slices."""

    def make(here):
        patient()(here)
        for side in ("pred", "gt"):
            dcm.series(here / side / "P1/ct", first=50, **more)

    return make


def no_grid(name, **more):
    return Situation(
        f"series: {name}",
        with_series(**more),
        S,
        (again("the images are no grid"),),
        0,
        only="W-series-no-grid",
    )


SITUATIONS = [
    no_grid("slices of two kinds", shape=(3, 10, 10)),
    no_grid("slices at one place", shape=(3, 20, 20), origin=(0.0, 0.0, 2.0)),
    no_grid("slices beside the line", shape=(3, 20, 20), origin=(7.0, 7.0, 20.0)),
    Situation("SEG: cut off, the only file of a folder", cut(), S, (again("copy or write it again", SEGMENTS),)),
    contours("numbers that cannot be read", patient(gt=[heart(rings=[*LIES, BAD])]), (add("--rt-bad-contour skip"),)),
    contours("one number for two", patient(gt=[heart(number=1), heart("Lung", number=1)], pred=TWO),
             (again("give each structure of the file a number of its own", patient(gt=TWO, pred=TWO)),), also=("--classes",)),
    contours("upright", patient(gt=[heart(rings=[UPRIGHT]), TWO[1]], pred=TWO), (again("keep the series that it was drawn on", patient(gt=TWO, pred=TWO)), add("--classes NAMES", "--classes Lung"))),
    contours("outside", patient(gt=[heart(rings=FAR), TWO[1]], pred=TWO), (again("keep the series that it was drawn on", patient(gt=TWO, pred=TWO)), add("--classes NAMES", "--classes Lung"))),
    contours("names that nobody mapped", patient(gt=[heart("Parotid_L")], pred=[heart("Parotis li")]), (add('--alias "Parotid_L=Parotis li"'), add("--missing worst"))),
    contours("two structures of one name", patient(gt=[heart(), heart()], pred=[heart()]), (add("--classes 'Heart#1'"),)),
    contours("no structure of that number", patient(gt=[heart(), heart()], pred=[heart()]), (put("--classes 'Heart#1'", "Heart#7", "Heart#1"),), "--classes Heart#7"),
    contours("two structure sets", two_sets, (add("--gt-select 'rs2.dcm'"), Way("--pairs TABLE", lambda c, here: text(t_csv="case,pred,gt\na,pred/P1/rs.dcm,gt/P1/rs.dcm\n")(here) or ["score", "--pairs", "t.csv", "-m", "dice", "--images", "gt/P1/ct"])), also=()),
    contours("a selector that selects nothing", patient(), (put("a file name", "number=3", "rs.dcm"), put("label", "number=3", "label=plan")), "--gt-select number=3", status=2),
    contours("no such structure set", patient(), (put("--gt-select 'rs.dcm'", "x.dcm", "rs.dcm"),), "--gt-select x.dcm", also=("--pairs", "--case-key", "--layout")),
    contours("another frame of reference", patient(gt_set={"frame": "1.2.3.77"}), (add("--ignore-frame-of-reference"),)),
    contours("a grid for contours alone", patient(), (put("--resample gt", "union", "gt"), put("--resample pred", "union", "pred")), "--resample union"),
    contours("a geometry for contours", patient(), (drop("leave it out", "--geometry", "gt"),), "--geometry gt"),
    contours("a table of labels for contours", patient(), (drop("leave out --remap-gt", "--remap-gt", "1=2"), Way("give a label map", lambda c, here: pair()(here) or ["score", "p.npy", "g.npy", "-m", "dice", "--remap-gt", "1=2", "--remap-pred", "1=2"])), "--remap-gt 1=2"),
    contours("a grid that no scan has", patient(gt=[heart(rings=GRIDS)], pred=[heart(rings=GRIDS)], images=False), (
        put("--rt-grid MM", "0.01", "5"), again("take out a contour far from all others", patient(images=False))), "--rt-grid 0.01"),
    Situation("contours: as one label map", patient(gt=[heart(), heart("Lung")]), "convert gt out --label-map",
              (drop("leave out --label-map", "--label-map"), add("--classes", "--classes Heart")), 3),
    segmentation("cut off", cut(), "copy or write it again"),
    segmentation("damaged", cut(size=400), "copy or write it again"),
    segmentation("a packing", lambda here: (SEGMENTS(here), relabel(here / "gt/P1.dcm")), "store the segmentation uncompressed"),
    segmentation("a packing that changes labels", lambda here: (SEGMENTS(here), lose_labels(here / "gt/P1.dcm")), "store the segmentation again from its source"),
    segmentation("frames of two spacings", lambda here: (SEGMENTS(here), respace(here / "gt/P1.dcm")), "write them as two files"),
    segmentation("parts without offsets", lambda here: (segments(syntax=RLE, type="FRACTIONAL", fraction="PROBABILITY")(here), lose_offsets(here / "gt/P1.dcm")), "write it again with a table of offsets"),
    segmentation("packed and cut off", lambda here: (segments(syntax=RLE, type="FRACTIONAL", fraction="PROBABILITY")(here), cut_file(here / "gt/P1.dcm", 30)), "copy or write it again"),
]  # fmt: skip
