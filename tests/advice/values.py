"""Values that can be read in several ways, classes that have no value, grids that differ."""

import build
import numpy as np
from advice.driver import Situation, Way, add, drop, mend, put
from advice.files import both, folders, grid, nothing, organ, pair, text
from regions_build import annotation, coco, rois

S = "score p.npy g.npy -m dice"
FLAT = organ(1)[0].astype(np.uint8)
TWO = organ(1, 2)
SHARES = np.where(organ(1), 0.9, 0.05).astype(np.float32)
SCORES = np.stack([1 - SHARES, SHARES])
LOGITS = np.log(SCORES).astype(np.float32) * 5
MIXED = organ(1, 2).astype(np.float32)
MIXED[0, 0, 0] = 1.4


def sides(name, pred, gt, ways, options="", status=3, also=(), more=nothing):
    """Two arrays, one of which cannot be read as it is asked."""
    made = both(pair(pred, gt), more)
    return Situation(name, made, f"{S} {options}", ways, status, also)


def case_of(
    name,
    pred,
    gt,
    ways,
    options="",
    write=build.png,
    suffix=".png",
    also=(),
    status=3,
    more=nothing,
):
    """Two files of another format."""
    made = both(pair(pred, gt, write, suffix), more)
    return Situation(name, made, f"score p{suffix} g{suffix} -m dice {options}", ways, status, also)


def probabilities(pred, gt, **more):
    """Scores as .npz and a label map as .npy; further files by name."""

    def make(here):
        build.npz(here / "p.npz", pred)
        build.npy(here / "g.npy", gt)
        for name, array in more.items():
            build.npz(here / f"{name}.npz", array)

    return make


def scores(name, pred, gt, ways, options="-m ce", status=3, also=(), more=nothing, **files):
    return Situation(
        name,
        both(probabilities(pred, gt, **files), more),
        f"score p.npz g.npy {options}",
        ways,
        status,
        also,
    )


STACK = np.stack([TWO, TWO]).astype(np.uint8)
CHANNELS_FIRST = np.stack([organ(1), 1 - organ(1)]).astype(np.uint8)
RAMP = np.arange(64, dtype=np.uint8).reshape(8, 8) * 3
BESIDE = FLAT * 2
BESIDE[6, 6] = 255
FREE = mend("write it so", lambda here: build.npy(here / "g.npy", organ(1)))


def named(pred=None, gt=None, pred_names=("1", "2"), gt_names=("1", "2")):
    """A folder a case with a file a class."""
    return folders(
        {f"{c}/{n}": pred for n in pred_names for c in "ab"},
        {f"{c}/{n}": gt for n in gt_names for c in "ab"},
        build.nifti,
        ".nii",
    )


def segmented(here):
    """A prediction that names its classes, and a label map."""
    coco(
        here / "p.json",
        (8, 8),
        [annotation(1, 1, 1, [[1, 1, 5, 1, 5, 5, 1, 5]])],
        images=("g.png",),
    )
    build.png(here / "g.png", FLAT)


def placed(pred_grid, gt_grid=None, pred=None, gt=None):
    """Two NIfTI files on grids of their own."""

    def make(here):
        build.nifti(here / "p.nii", organ(1) if pred is None else pred, pred_grid)
        build.nifti(here / "g.nii", organ(1) if gt is None else gt, gt_grid or grid((6, 8, 8)))

    return make


def grids(
    name,
    pred_grid,
    ways,
    gt_grid=None,
    pred=None,
    gt=None,
    options="",
    status=3,
    also=(),
    more=nothing,
):
    return Situation(
        f"grids: {name}",
        both(placed(pred_grid, gt_grid, pred, gt), more),
        f"score p.nii g.nii -m dice {options}",
        ways,
        status,
        also,
    )


CROPPED = organ(1)[:, 1:7, 1:7]
IDENTITY = grid((6, 8, 8), (1.0, 1.0, 1.0))
FLIPPED = grid((6, 8, 8), origin=(0.0, 0.0, 9.0), directions=((0, 0, -1), (0, 1, 0), (1, 0, 0)))
SHEARED = grid((6, 8, 8), directions=((0, 0.6, 0.8), (0, 1, 0), (1, 0, 0)))
NUMBERED = mend(
    "numpy.savez of plain arrays", lambda here: np.savez(here / "w.npz", a=np.ones((2, 2)))
)


def instance_maps(pred=None, gt=None, table='{"1": 1, "2": 1}'):
    """Maps of ids with their tables."""

    def make(here):
        for side, array in (("p", pred), ("g", gt)):
            build.png(here / f"{side}.png", FLAT if array is None else array)
            (here / f"{side}.json").write_text(table)

    return make


def regions(gt=FLAT, table='{"1": 1}', write=build.png, name="g.png"):
    """Regions of interest against a map of ids."""

    def make(here):
        rois(here / "p.npz", [[0, 0, 4, 4]], [1])
        write(here / name, gt)
        (here / "g.json").write_text(table)

    return make


LIST = "--classes " + ",".join(f"{n}=c{n}" for n in range(1, 256))
SHADES = (
    add("--kind prob"),
    add("--kind labels"),
    add("--classes LIST", LIST),
    add("--instances ids"),
)
SITUATIONS = [
    # labels out of range
    sides("a negative label of the ground truth", organ(1), organ(1, -1), (add("--ignore-label=-1"), add("--remap-gt=-1=0"))),
    sides("a negative label of the prediction", organ(1, -1), organ(1), (add("--remap-pred=-1=0"),)),
    sides("a negative label as float", organ(1, 3).astype(np.float32), np.where(organ(1, 2) == 2, -1.0, organ(1, 2)), (add("--ignore-label=-1"), add("--remap-gt=-1=0"))),
    sides("a large label of the ground truth", organ(1), organ(1, 70000), (add("--remap-gt 70000=N", "--remap-gt 70000=3"), add("--instances ids"))),
    sides("a large label of the prediction", organ(1, 70000), organ(1), (add("--remap-pred 70000=N", "--remap-pred 70000=3"), add("--instances ids"))),
    sides("a table that makes a negative label", organ(1), organ(1, 3), (add("--ignore-label=-1"), put("write 3=0", "3=-1", "3=0")), "--remap-gt 3=-1"),
    sides("a table that makes a large label", organ(1), organ(1, 3), (put("write 3=0", "3=70000", "3=0"),), "--remap-gt 3=70000"),
    sides("the value that stands for ignored ones", organ(1), organ(1, 65535, -1), (add("--remap-gt 65535=N", "--remap-gt 65535=4"),), "--ignore-label=-1"),
    # which kind
    sides("shares as labels", SHARES, organ(1), (put("--kind prob", "labels", "prob"),), "--kind labels"),
    sides("logits as labels", LOGITS[0], organ(1), (put("--kind logits", "labels", "logits"),), "--kind labels"),
    sides("interpolated labels", MIXED, TWO, (mend("resample them by nearest neighbour", lambda here: build.npy(here / "p.npy", TWO)),)),
    sides("shares of the ground truth", organ(1), SHARES, (add("--gt-kind prob"),)),
    sides("logits of the ground truth", organ(1), LOGITS[0], (FREE,), also=("--gt-kind",)),
    sides("interpolated labels of the ground truth", TWO, MIXED, (mend("resample them by nearest neighbour", lambda here: build.npy(here / "g.npy", TWO)),)),
    sides("logits", LOGITS[0], organ(1), (add("--kind logits"),)),
    sides("logits as probabilities", LOGITS[0], organ(1), (put("--kind logits", "prob", "logits"),), "--kind prob"),
    sides("labels as probabilities", TWO.astype(np.float32), TWO, (put("--kind labels", "prob", "labels"),), "--kind prob"),
    sides("labels of the ground truth as probabilities", SHARES, TWO.astype(np.float32), (put("--gt-kind labels", "prob", "labels"),), "--gt-kind prob"),
    sides("logits of the ground truth as probabilities", SHARES, LOGITS[0], (FREE,), "--gt-kind prob", also=("--gt-kind",)),
    sides("wide integers as probabilities", TWO.astype(np.int32) * 200, organ(1), (mend("probabilities are floats", lambda here: build.npy(here / "p.npy", SHARES)),), "--kind prob"),
    sides("a mask as probabilities", organ(1).astype(np.uint8), organ(1), (drop("without --kind prob", "--kind", "prob"),), "--kind prob", also=("--gt-kind",)),
    sides("a mask as logits", organ(1).astype(np.uint8), organ(1), (drop("without --kind logits", "--kind", "logits"),), "--kind logits"),
    sides("values that are no numbers", np.where(organ(1), np.nan, 0).astype(np.float32), organ(1), (mend("write the file again without them", pair()),)),
    case_of("labels with a slope as logits", organ(1).astype(np.uint8), organ(1), (put("--kind labels", "logits", "labels"),), "--kind logits",
            write=lambda p, a: scaled(p, a), suffix=".nii"),
    scores("channels that do not sum to 1", SCORES * 0.5, organ(1), (
        add("--activation softmax"), add("--activation none")), "-m dice"),
    scores("a label without a channel", SCORES, organ(1, 2), (
        add("--ignore-label 2"), add("--activation none"), add("--activation none or sigmoid", "--activation sigmoid")), "-m dice -m ce"),
    sides("frames, or masks", STACK, STACK, (add("--frames"),), "--channel-axis 0", also=("--channel-axis",)),
    sides("one frame, or masks", STACK, TWO, (mend("keep the one frame that the other side is of", lambda here: build.npy(here / "p.npy", TWO)),), also=("--channel-axis",)),
    case_of("frames, or masks, of another axis", 2 * CHANNELS_FIRST, 2 * CHANNELS_FIRST, (add("--channel-axis names another axis", "--channel-axis 0 --frames"), add("--frames")), suffix=".nii",
            write=lambda p, a: nifti_as_stored(p, a)),
    case_of("channels in front of the ground truth", organ(1), CHANNELS_FIRST, (add("--channel-axis 0"),), suffix=".nii",
            write=lambda p, a: nifti_as_stored(p, a)),
    sides("axes of the ground truth", STACK, STACK > 1, (add("--channel-axis", "--channel-axis 0 --frames"),)),
    # pictures
    case_of("255 beside labels", FLAT, BESIDE, (add("--ignore-label 255"), add("--classes 255=NAME", "--classes 2=a,255=b"))),
    case_of("shades of grey", RAMP, FLAT, SHADES),
    case_of("black and white of 16 bits", 65535 * FLAT.astype(np.uint16), FLAT, (add("--remap-pred 65535=1"), *SHADES[:2], add("--classes LIST", "--classes 65535=a"), SHADES[3])),
    case_of("black and white of 16 bits, ground truth", FLAT, 65535 * FLAT.astype(np.uint16), (add("--remap-gt 65535=1"), add("--gt-kind prob"), SHADES[1], add("--classes LIST", "--classes 65535=a"), SHADES[3])),
    case_of("shades of grey of the ground truth", FLAT, RAMP, (add("--gt-kind prob"), *SHADES[1:])),
    sides("many values against a mask", (np.arange(384).reshape(6, 8, 8) % 100).astype(np.uint8), organ(1), SHADES),
    # classes
    Situation("names against values", segmented, "score p.json g.png -m dice", (add("--classes '1=car,2=dog'"), mend("--classes labels.json", text(labels_json='{"car": 1, "dog": 2}'), "--classes labels.json"))),
    sides("a class without a value", TWO, TWO, (put("--classes 1=liver", "liver", "1=liver"), put("--classes 2=liver", "liver", "2=liver")), "--classes liver"),
    Situation("a class without a value, of named files", segmented, "score p.json g.png -m dice --classes car", (put("--classes N=car", "car", "1=car"),)),
    Situation("a file of several labels", named(pred=TWO), "score pred gt -m dice --layout case-folders", (put("--layout flat", "case-folders", "flat"),)),
    Situation("a class called all", named(pred_names=("all", "x"), gt_names=("all", "x")), "score pred gt -m dice --layout case-folders",
              (Way("rename the class", lambda command, here: [p.rename(p.with_name("whole.nii")) for p in sorted(here.glob("*/*/all.nii"))] and command),), also=("--classes",)),
    Situation("two names of a structure", named(pred_names=("Lens_L", "Lens-L"), gt_names=("Lens_L",)), "score pred gt -m dice --layout case-folders",
              (add("--classes 'Lens-L'"), Way("keep one of them", lambda command, here: [p.unlink() for p in here.glob("pred/*/Lens-L.nii")] and command))),
    # grids
    grids("cropped", grid((6, 6, 6), origin=(1.0, 1.0, 0.0)), (add("--resample gt"),), pred=CROPPED),
    grids("padded", grid((6, 10, 10), origin=(-1.0, -1.0, 0.0)), (add("--resample pred"),), pred=np.pad(organ(1), ((0, 0), (1, 1), (1, 1)))),
    grids("shifted", grid((6, 8, 8), origin=(3.0, 0.0, 0.0)), (add("--resample union"), add("--geometry gt"), add("--geometry gt (or pred)", "--geometry pred")), also=("--geometry",)),
    grids("header lost", IDENTITY, (add("--geometry gt"),)),
    grids("flipped", FLIPPED, (add("--resample gt"), add("--geometry gt"), add("--geometry gt (or pred)", "--geometry pred"))),
    grids("header of the ground truth lost", grid((6, 8, 8)), (add("--geometry pred"),), IDENTITY),
    grids("labelled voxels off the grid", grid((6, 10, 10), origin=(-1.0, -1.0, 0.0)), (put("--resample pred", "gt", "pred"), add("--resample-loss accept")), pred=np.ones((6, 10, 10), np.int32), options="--resample gt"),
    grids("too far apart", grid((6, 8, 8), origin=(9000.0, 9000.0, 9000.0)), (Way("--geometry gt or pred", lambda c, _: [*c[:-2], "--geometry", "gt"]),), options="--resample union"),
    grids("other shapes", grid((6, 6, 6), origin=(1.0, 1.0, 0.0)), (Way("in place of --geometry: --resample gt", lambda c, _: [*c[:-2], "--resample", "gt"]),), pred=CROPPED, options="--geometry gt"),
    sides("other sizes of pictures", FLAT[:4, :4], FLAT, (Way("in place of --geometry: --resample gt", lambda c, _: [*c[:-2], "--resample", "gt"]),), "--geometry gt"),
    grids("no image", grid((6, 8, 8)), (Way("--resample FILE", lambda c, _: [*c[:-1], "g.nii"]), Way("the column `image` of a pairs table names one", lambda c, here: text(t_csv="case,pred,gt,image\na,p.nii,g.nii,g.nii\n")(here) or ["score", "--pairs", "t.csv", "-m", "dice", "--resample", "image"])), options="--resample image"),
    sides("sizes of pictures", FLAT[:4, :4], FLAT, (add("--resample gt"),)),
    sides("sizes of scores", SHARES[0][:4, :4], FLAT, (add("--resample gt"), add("--upsample half_pixel"))),
    sides("no place", organ(1)[:, :4, :4], organ(1), (mend("write them in one size", pair()), Way("give both sides a geometry", lambda c, here: placed(grid((6, 8, 8)))(here) or ["score", "p.nii", "g.nii", "-m", "dice"]))),
    sides("no place to resample", organ(1)[:, :4, :4], organ(1), (Way("give files with a geometry", lambda c, here: placed(grid((6, 8, 8)))(here) or ["score", "p.nii", "g.nii", "-m", "dice"]),), "--resample gt"),
    sides("no place to join", organ(1)[:, :4, :4], organ(1), (mend("write both on one grid", pair()),), "--resample union"),
    grids("axes of volumes in reverse order", grid((8, 8, 6)), (mend("write the voxels of both sides in one order", placed(grid((6, 8, 8)))),), pred=organ(1).T),
    sides("axes in reverse order", organ(1)[:, :4].T, organ(1)[:, :4], (mend("write arrays as (z, y, x)", pair(organ(1)[:, :4], organ(1)[:, :4])),)),
    grids("axes at other angles", SHEARED, (Way("leave it out", lambda c, _: [*c[:-2]]), add("--resample FILE", "--resample f.nii")), SHEARED, options="-m added_path_length", more=lambda here: build.nifti(here / "f.nii", organ(1), grid((14, 20, 20), (1.0, 1.0, 1.0)))),
    sides("millimetres of nowhere", organ(1), organ(1), (add("--spacing", "--spacing 1,1,2"), put("write the length in px", "nsd@2mm", "nsd@2px")), "-m nsd@2mm"),
    sides("a size of nowhere", organ(1), organ(1), (put("as 10px", "50mm3", "10px"), add("--spacing", "--spacing 1,1,2")), "-m lesion_recall --instances components --min-size 50mm3"),
    # instances
    sides("no such instances", organ(1), organ(1), (put("--instances ids", "xyz", "ids"), put("--instances components", "xyz", "components"), put("--instances 1000", "xyz", "1000"),
          Way("--instances beside: a JSON file beside each map", lambda c, here: text(p_json='{"1": 1}', g_json='{"1": 1}')(here) or [w if w != "xyz" else "beside" for w in c])), "--instances xyz", status=2),
    sides("instances of scores", SHARES, organ(1), (drop("leave out --instances ids", "--instances", "ids"), Way("threshold the scores and number the components", lambda c, here: build.npy(here / "p.npy", organ(1)) and c)), "--instances ids"),
    scores("instances of channels", SCORES, organ(1), (drop("leave out --instances", "--instances", "ids"), put("--instances components", "ids", "components")), "-m dice --instances ids"),
    Situation("a table of instances", instance_maps(table="[]"), "score p.png g.png -m pq --instances beside", (mend('{"1": 3, "2": 3}', instance_maps(table='{"1": 3, "2": 3}')),)),
    Situation("RoIs and ids", regions(), "score p.npz g.png -m dice --instances ids", (put("--instances beside", "ids", "beside"),)),
    Situation("RoIs and floats", regions(FLAT.astype(np.float32), write=build.npy, name="g.npy"), "score p.npz g.npy -m dice --instances beside", (mend("a picture of whole numbers", regions(FLAT, write=build.npy, name="g.npy")),)),
    Situation("a union of values", regions(), "score p.npz g.png -m dice --classes 1+2=vehicle", (put("--classes 1=car,2=bus", "1+2=vehicle", "1=car,2=bus"),)),
    sides("centres without a length", organ(1), organ(1), (put("@5px", "f1:hit=centre", "f1@5px:hit=centre"),), "-m f1:hit=centre --instances components", status=2),
    # losses
    scores("weights of other channels", SCORES, organ(1), (put("one weight a channel, joined by +", "ce:weights=1+2+3", "ce:weights=1+2"),), "-m ce:weights=1+2+3"),
    scores("no weights file", SCORES, organ(1), (NUMBERED,), "-m weight_decay --weights w.npz", more=lambda here: (here / "w.npz").write_bytes(b"PK")),
    scores("half of --flip", SCORES, organ(1), (add("--flip softmax_mean"), Way("--flip logit_sum", lambda c, here: [*c, "--kind", "logits", "--flip", "logit_sum"])), "-m dice --flipped f.npz", 2, also=("--flipped",), f=SCORES),
    scores("logits that are none", SCORES, organ(1), (put("--flip softmax_mean", "logit_sum", "softmax_mean"), add("--kind logits")), "-m dice --flipped f.npz --flip logit_sum", f=SCORES),
    scores("mirrored scores of another form", SCORES, organ(1), (mend("at one resolution", lambda here: build.npz(here / "f.npz", SCORES)),), "-m dice --flipped f.npz --flip softmax_mean", f=SCORES[[0, 0, 1]]),
    Situation("classes of both sides", both(probabilities(SCORES, TWO), lambda here: build.npz(here / "g.npz", np.concatenate([SCORES, 0 * SCORES[:1]]))), "score p.npz g.npz -m brier --gt-kind prob", (mend("both must have the same channels", lambda here: build.npz(here / "g.npz", SCORES)), Way("leave out --gt-kind prob", lambda c, here: build.npy(here / "g.npy", organ(1)) and ["score", "p.npz", "g.npy", "-m", "brier"]))),
]  # fmt: skip


def scaled(path, array):
    """Labels that are stored with a slope."""
    import nibabel

    image = nibabel.Nifti1Image(2 * array.T.astype(np.int16), np.diag([-1.0, -1, 1, 1]))
    image.header.set_slope_inter(0.5, 0)
    nibabel.save(image, path)


def nifti_as_stored(path, array):
    """A NIfTI file of the axes of the array, in their order."""
    import nibabel

    nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), path)
