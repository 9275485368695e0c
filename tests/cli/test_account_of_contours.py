"""Contours and the series they were drawn on (ACCOUNT-A19 to A25), through the door.

Each situation is scored both ways round: what is symmetric must stay.
"""

import json

import dicom_build as build
import numpy as np
import pydicom
import pytest
from dicom_build import Organ, circle, square

SHAPE = (20, 40, 40)
PLANES = range(3, 30, 3)  # 9 planes


@pytest.fixture
def both_ways(segeval, here):
    """Dice and contour Dice of a class, the same with the sides swapped; the codes; stderr."""

    def score(name="A", status=0, *options):
        found = []
        for sides in (("pred", "gt"), ("gt", "pred")):
            near = ("--images", "images") if (here / "images").exists() else ()
            done = segeval("score", *sides, *near, "-m", "dice,contour_dice",
                           *options, "-o", "out.json")  # fmt: skip
            assert done.status == status, done.err
            (case,) = json.loads((here / "out.json").read_text())["cases"]
            cells = case["values"].get(name, {})
            codes = {note["code"] for note in case.get("notes", ())}
            found.append(((cells.get("dice"), cells.get("contour_dice")), codes, done.err))
        assert found[0][0] == pytest.approx(found[1][0], nan_ok=True)
        assert found[0][1] == found[1][1]
        return found[0]

    return score


def sets(here, truth, pred, **more):
    build.rtstruct(here / "gt" / "P" / "RS.dcm", truth, **more)
    build.rtstruct(here / "pred" / "P" / "RS.dcm", pred, **more)


def cylinder(centre, radius, planes, **more):
    rings = [circle((centre, centre), radius, z) for z in planes]
    for ring in rings:
        vars(ring).update(more)
    return rings


# ACCOUNT-A21: sides that were drawn on different series.


@pytest.mark.parametrize(("fine", "coarse"), [(1.0, 4.0), (2.0, 3.0)])
def test_account_a21_each_contour_is_the_slab_of_its_own_slice(here, both_ways, fine, coarse):
    #    a cone: the areas of thin and thick slabs tell the overlap, by hand on a fine rule
    height, top = 48.0, 16.0

    def radius(z):
        return top * (1 - z / height)

    heights = [np.arange(0.0, height - 2, gap) for gap in (fine, coarse)]
    for side, uid, gap, at in zip(("gt", "pred"), ("1.2.3.50", "1.2.3.51"), (fine, coarse),
                                  heights, strict=True):  # fmt: skip
        build.series(here / "images" / side, (round(48 / gap), 40, 40), (gap, 1.0, 1.0), uid=uid)
        rings = [circle((20, 20), radius(z), z) for z in at]
        build.rtstruct(here / side / "P" / "RS.dcm", [Organ("A", rings)], uid=uid)
    rule = np.arange(-2, 50, 0.01) + 0.005
    areas = []
    for gap, at in zip((fine, coarse), heights, strict=True):
        place = np.abs(rule[:, None] - at).argmin(axis=1)
        inside = np.abs(rule - at[place]) <= gap / 2
        areas.append(np.where(inside, radius(at[place]) ** 2, 0))
    right = 2 * np.minimum(*areas).sum() / (areas[0] + areas[1]).sum()
    (dice, contour_dice), _, _ = both_ways()
    assert contour_dice == pytest.approx(right, abs=2e-3)
    assert dice == pytest.approx(right, abs=0.02)


def test_account_a21_the_grid_takes_each_axis_from_the_finer_series(segeval, here):
    build.series(here / "images" / "a", (10, 20, 40), (2.0, 1.0, 0.5), uid="1.2.3.50")
    build.series(here / "images" / "b", (16, 40, 20), (3.0, 0.5, 1.0), (-1.0, 2.0, -6.0),
                 uid="1.2.3.51")  # fmt: skip
    build.rtstruct(here / "gt" / "P" / "RS.dcm",
                   [Organ("A", cylinder(10, 4, (4, 6, 8)))], uid="1.2.3.50")  # fmt: skip
    build.rtstruct(here / "pred" / "P" / "RS.dcm",
                   [Organ("A", cylinder(10, 4, (3, 6, 9)))], uid="1.2.3.51")  # fmt: skip
    segeval("score", "pred", "gt", "--images", "images", "-m", "dice", "-o", "out.json")
    (case,) = json.loads((here / "out.json").read_text())["cases"]
    #    x: 0.5 mm from 0, to hold -1.5 to 19.75; y: 0.5 mm from 2, to hold -0.5 to 21.75;
    #    z: 2 mm from 0, to hold -7.5 to 40.5
    assert case["facts"]["spacing"] == [0.5, 0.5, 2.0]
    assert case["facts"]["shape"] == [43, 45, 25]


# ACCOUNT-A22: planes that no slice of the series holds.


@pytest.mark.parametrize("lost", [{4}, {4, 5, 6}, {3, 5, 7}, {8, 9, 10, 11, 12}])
def test_account_a22_planes_on_lost_slices_count(here, both_ways, lost):
    kept = [3.0 * z for z in range(20) if z not in lost]
    build.series(here / "images", (len(kept), 40, 40), (3.0, 1.0, 1.0), positions=kept)
    planes = [3.0 * z for z in range(2, 11)]
    truth = cylinder(20, 12, planes)
    pred = [circle((20, 20), 3 if z / 3 in lost else 12, z) for z in planes]
    sets(here, [Organ("A", truth)], [Organ("A", pred)])
    small = len([z for z in planes if z / 3 in lost])
    large = len(planes) - small
    right = 2 * (large * 144 + small * 9) / (2 * large * 144 + small * (144 + 9))
    (dice, contour_dice), codes, err = both_ways()
    assert (dice, contour_dice) == (pytest.approx(right, abs=0.01), pytest.approx(right, abs=1e-4))
    assert "W-completed-slices" in codes
    assert "lost slices" in err


def test_account_a22_every_second_slice_was_lost(here, both_ways):
    build.series(here / "images", (10, 40, 40), (6.0, 1.0, 1.0))
    truth = cylinder(20, 12, PLANES)
    pred = [circle((20, 20), 12 if z % 6 == 0 else 3, z) for z in PLANES]
    sets(here, [Organ("A", truth)], [Organ("A", pred)])
    right = 2 * (4 * 144 + 5 * 9) / (9 * 144 + 4 * 144 + 5 * 9)
    (dice, contour_dice), codes, _ = both_ways()
    assert (dice, contour_dice) == (pytest.approx(right, abs=0.01), pytest.approx(right, abs=1e-3))
    assert "W-completed-slices" in codes


def test_account_a22_what_else_is_scored_does_not_move_the_number(segeval, here):
    #    B tells that slices were lost; A is absent there, scored with B or alone
    kept = [3.0 * z for z in range(20) if z not in (5, 6)]
    build.series(here / "images", (18, 40, 40), (3.0, 1.0, 1.0), positions=kept)
    truth = [Organ("A", cylinder(20, 12, (9, 12, 21, 24))), Organ("B", cylinder(8, 4, PLANES))]
    pred = [Organ("A", cylinder(20, 10, (9, 12, 21, 24))), Organ("B", cylinder(8, 4, PLANES))]
    sets(here, truth, pred)
    volumes = []
    for options in ((), ("--classes", "A")):
        segeval("score", "pred", "gt", "--images", "images", "-m", "gt_volume", *options,
                "-o", "out.json")  # fmt: skip
        (case,) = json.loads((here / "out.json").read_text())["cases"]
        volumes.append(case["values"]["A"]["gt_volume"])
    assert volumes[0] == volumes[1] == pytest.approx(4 * 3 * 0.441)  # voxels of the circle


# ACCOUNT-A23: structures of several series, and of several frames of reference.


def test_account_a23_each_structure_on_the_series_that_its_contours_name(here, both_ways):
    build.series(here / "images" / "ct", SHAPE, (3.0, 1.0, 1.0), uid="1.2.3.50")
    build.series(here / "images" / "mr", (20, 40, 40), (2.0, 1.0, 1.0), (0, 0, 1.3),
                 uid="1.2.3.51")  # fmt: skip
    on_mr = [1.3 + 2 * z for z in range(5, 11)]

    def organs(shift):
        heart = cylinder(20 + shift, 9, PLANES, images=("1.2.3.50.4",))
        tumour = cylinder(12 + shift, 6, on_mr, images=("1.2.3.51.7",))
        return [Organ("A", heart), Organ("B", tumour)]

    sets(here, organs(0), organs(1), uid="1.2.3.50", more_series=("1.2.3.51",))
    for name, radius in (("A", 9), ("B", 6)):
        far = np.sqrt(2) / 2 / radius  # half of the way over the radius
        right = 2 / np.pi * (np.arccos(far) - far * np.sqrt(1 - far**2))
        (dice, contour_dice), _, _ = both_ways(name)
        assert contour_dice == pytest.approx(right, abs=1e-3)
        assert dice == pytest.approx(right, abs=0.02)


def frames_of(path, frames):
    """Give each structure a frame of reference of its own."""
    data = pydicom.dcmread(path)
    for roi, frame in zip(data.StructureSetROISequence, frames, strict=True):
        roi.ReferencedFrameOfReferenceUID = frame
    data.save_as(path)


def test_account_a23_the_frame_is_that_of_the_structure(segeval, here):
    build.series(here / "images", SHAPE, (3.0, 1.0, 1.0))
    organs = [[Organ("A", cylinder(20, 9, PLANES)), Organ("B", cylinder(20, 6, PLANES))]
              for _ in range(2)]  # fmt: skip
    sets(here, *organs)
    frames_of(here / "gt" / "P" / "RS.dcm", [build.FRAME, "9.9.9"])
    for sides in (("pred", "gt"), ("gt", "pred")):
        done = segeval("score", *sides, "--images", "images", "-m", "dice", "--format", "csv")
        assert done.status == 3
        assert "P,A,dice,1.0" in done.out
        assert "P,B,,,,frame_of_reference_mismatch" in done.out
        done = segeval("score", *sides, "--images", "images", "-m", "dice", "--format", "csv",
                       "--ignore-frame-of-reference")  # fmt: skip
        assert (done.status, "P,B,dice,1.0" in done.out) == (0, True)


@pytest.mark.parametrize("named", [True, False])
def test_account_a23_each_structure_on_the_series_of_its_frame(here, both_ways, named):
    #    the set names both series, as if of one frame; contours name their slices, or none does
    build.series(here / "images" / "ct", SHAPE, (3.0, 1.0, 1.0), uid="1.2.3.50")
    build.series(here / "images" / "mr", (20, 40, 40), (2.0, 1.0, 1.0), (0, 0, 1.3),
                 uid="1.2.3.51", frame="9.9.9")  # fmt: skip
    on_mr = [1.3 + 2 * z for z in range(5, 11)]

    def organs(shift):
        tumour = cylinder(12 + shift, 6, on_mr, images=("1.2.3.51.7",) if named else ())
        return [Organ("A", cylinder(20 + shift, 9, PLANES)), Organ("B", tumour)]

    sets(here, organs(0), organs(1), uid="1.2.3.50", more_series=("1.2.3.51",))
    for side in ("gt", "pred"):
        frames_of(here / side / "P" / "RS.dcm", [build.FRAME, "9.9.9"])
    for name, radius in (("A", 9), ("B", 6)):
        far = np.sqrt(2) / 2 / radius
        right = 2 / np.pi * (np.arccos(far) - far * np.sqrt(1 - far**2))
        (dice, contour_dice), _, _ = both_ways(name)
        assert contour_dice == pytest.approx(right, abs=1e-3)
        assert dice == pytest.approx(right, abs=0.02)


def test_account_a23_two_frames_without_images(segeval, here):
    organs = [[Organ("A", cylinder(20, 9, PLANES)), Organ("B", cylinder(20, 6, PLANES))]
              for _ in range(2)]  # fmt: skip
    sets(here, *organs)
    frames_of(here / "pred" / "P" / "RS.dcm", [build.FRAME, "9.9.9"])
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert (done.status, "P,A,dice,1.0" in done.out) == (3, True)
    assert "P,B,,,,frame_of_reference_mismatch" in done.out


# ACCOUNT-A24: a series that is no grid.


def test_account_a24_several_time_points_under_one_series(here, both_ways):
    for phase, first in enumerate((0, 100, 200)):
        build.series(here / "images" / str(phase), SHAPE, (3.0, 1.0, 1.0), first=first)
    names = (f"{build.SERIES}.105",)
    sets(here, [Organ("A", cylinder(20, 9, PLANES, images=names))],
         [Organ("A", cylinder(21, 9, PLANES))])  # fmt: skip
    (_, contour_dice), codes, _ = both_ways()
    assert contour_dice == pytest.approx(0.9002, abs=1e-3)
    assert "W-series-no-grid" in codes


@pytest.mark.parametrize("tilt", [-12, 20])
@pytest.mark.parametrize("images", [True, False])
def test_account_a24_a_tilted_gantry(here, both_ways, tilt, images):
    angle = np.radians(tilt)
    down = np.array([0, np.cos(angle), -np.sin(angle)])

    def rings(shift, radius=9):
        flat = np.array(circle((20, 20), radius, 0).points)[:, :2] + [shift, 0]
        return [build.Ring([*(np.outer(flat[:, 0], (1, 0, 0)) + np.outer(flat[:, 1], down)
                              + (0, 0, 3.0 * z))]) for z in range(3, 12)]  # fmt: skip

    if images:
        slanted(here / "images", down)
    sets(here, [Organ("A", rings(0))], [Organ("A", rings(1))])
    far = 0.5 / 9
    right = 2 / np.pi * (np.arccos(far) - far * np.sqrt(1 - far**2))
    (dice, contour_dice), codes, _ = both_ways()
    assert contour_dice == pytest.approx(right, abs=1e-3)
    assert dice == pytest.approx(right, abs=0.02)
    assert ("W-tilted" in codes) == images


def slanted(folder, down):
    """Slices of a tilted gantry: shifted along the table, not along their normal."""
    build.series(folder, SHAPE, (3.0, 1.0, 1.0), orientation=(1, 0, 0, *down))
    for path in folder.iterdir():
        data = pydicom.dcmread(path)
        number = int(data.SOPInstanceUID.rpartition(".")[2]) - 1
        data.ImagePositionPatient = [0, 0, 3 * number]
        data.save_as(path)


def test_account_a24_a_localiser_inside(here, both_ways):
    build.series(here / "images" / "ct", SHAPE, (3.0, 1.0, 1.0))
    build.series(here / "images" / "scout", (1, 60, 30), (5.0, 2.0, 2.0), (40.0, 0.0, 0.0),
                 orientation=build.SAGITTAL, first=90)  # fmt: skip
    sets(here, [Organ("A", cylinder(20, 9, PLANES))], [Organ("A", cylinder(20, 9, PLANES))])
    values, codes, _ = both_ways()
    assert (values, "W-series-no-grid" in codes) == ((1.0, 1.0), True)


@pytest.mark.parametrize("turn", ["sagittal", "oblique"])
def test_account_a24_contours_of_any_direction_need_no_images(here, both_ways, turn):
    angle = np.radians(25)
    axes = np.array({"sagittal": [[0, 1, 0], [0, 0, -1], [-1, 0, 0]],
                     "oblique": [[1, 0, 0], [0, np.cos(angle), np.sin(angle)],
                                 [0, -np.sin(angle), np.cos(angle)]]}[turn])  # fmt: skip

    def rings(shift):
        return [build.Ring([*np.add(r.points, (shift, 0, 0)) @ axes])
                for r in cylinder(20, 9, PLANES)]  # fmt: skip

    sets(here, [Organ("A", rings(0))], [Organ("A", rings(1))])
    (dice, contour_dice), codes, _ = both_ways()
    assert contour_dice == pytest.approx(0.9293, abs=1e-3)
    assert dice == pytest.approx(contour_dice, abs=0.02)
    assert "W-derived-grid" in codes


def test_account_a24_planes_between_two_lesions_stay_empty(segeval, here):
    planes = [3.0, 6, 9, 60, 63, 66]
    sets(here, [Organ("A", cylinder(20, 9, planes))], [Organ("A", cylinder(20, 9, planes))])
    segeval("score", "pred", "gt", "-m", "gt_volume", "-o", "out.json")
    (case,) = json.loads((here / "out.json").read_text())["cases"]
    assert case["values"]["A"]["gt_volume"] == pytest.approx(6 * 3 * np.pi * 0.081, rel=0.02)


@pytest.mark.parametrize("far", [1e4, 1e9, 1e300])
def test_a_wild_coordinate_is_an_error_of_its_structure(segeval, here, far):
    truth, pred = ([Organ("A", [square(3, 13, z) for z in PLANES]),
                    Organ("B", cylinder(20, 9, PLANES))] for _ in range(2))  # fmt: skip
    pred[0].rings[2].points[0] = (far, 3, 9)
    sets(here, truth, pred)
    for sides in (("pred", "gt"), ("gt", "pred")):
        done = segeval("score", *sides, "-m", "dice,hd95", "--format", "csv")
        assert (done.status, "P,B,dice,1.0" in done.out) == (3, True)
        assert "P,A,,,,partial" in done.out
    assert segeval("convert", "pred", "out").status == 3


# A30 and S5: names.


def test_account_a30_another_name_is_no_missed_organ_and_the_advice_maps_it(segeval, here):
    cord, organ = cylinder(8, 4, PLANES), cylinder(20, 9, PLANES)
    truth, pred = ([Organ("Cord", cord), Organ(name, organ)] for name in ("Spleen", "Milz (neu)"))
    sets(here, truth, pred)
    score = ("score", "pred", "gt", "-m", "dice", "--format", "csv")
    done = segeval(*score)
    assert (done.status, "P,Spleen,,,,name_not_found" in done.out) == (3, True)
    assert '--alias "Spleen=Milz (neu)"' in done.err
    done = segeval(*score, "--alias", "Spleen=Milz (neu)")
    assert (done.status, "P,Spleen,dice,1.0" in done.out) == (0, True)
    done = segeval(*score, "--missing", "worst")
    assert (done.status, "P,Spleen,dice,0.0" in done.out) == (0, True)


def test_s5_a_number_picks_on_the_side_that_has_several(segeval, here):
    organ, other = cylinder(20, 9, PLANES), cylinder(10, 5, PLANES)
    sets(here, [Organ("A", organ)], [Organ("A", organ, 4), Organ("A", other, 9)])
    for sides in (("pred", "gt"), ("gt", "pred")):
        done = segeval("score", *sides, "-m", "dice", "--format", "csv", "--classes", "A#4")
        assert (done.status, "P,A,dice,1.0" in done.out) == (0, True)
        done = segeval("score", *sides, "-m", "dice", "--format", "csv", "--classes", "A#5")
        assert (done.status, "has the number 5" in done.err) == (3, True)


# ACCOUNT-A1: every contour of a file is in the account, whatever its structure is.


def counted(content, side):
    """Found, scored, unscored and left aside of the contours of a side."""
    own = content["inputs"]["inventory"].get(f"{side} contour", {})
    return [own.get("found", 0), own.get("scored", 0), sum(own.get("unscored", {}).values()),
            sum(own.get("left_aside", {}).values())]  # fmt: skip


def point(z, kind="POINT"):
    return build.Ring([(20.0, 20.0, z)] * (1 if kind == "POINT" else 3), kind)


def every_kind(shift=0):
    areas = cylinder(20 + shift, 9, PLANES)
    return [
        Organ("A", [*areas, point(3), point(6)], 1),
        Organ("B", [*cylinder(20, 6, PLANES), point(9), point(3, "OPEN_PLANAR")], 2),
        Organ("Markers", [point(3), point(6), point(9)], 3),
        Organ("Couch", cylinder(20, 15, PLANES), 4, "SUPPORT"),
        Organ("Left", cylinder(12, 3, PLANES), 5),
        Organ("Right", cylinder(28, 3, PLANES), 6),
    ]


@pytest.mark.parametrize("sides", [("pred", "gt"), ("gt", "pred")])
def test_account_a1_points_and_open_lines_are_left_aside(segeval, here, sides):
    sets(here, every_kind(), [*every_kind(1), Organ("Spleen", cylinder(20, 2, PLANES), 7)])
    done = segeval("score", *sides, "-m", "dice", "-o", "out.json")
    content = json.loads((here / "out.json").read_text())
    truth, pred = (sides[1], "gt"), (sides[0], "pred")
    for file, side in (truth, pred):
        more = 9 if file == "pred" else 0  # the spleen is there
        lost = more if side == "pred" else 0  # and in no ground truth
        found, scored, unscored, aside = counted(content, side)
        assert found == 9 * 5 + 7 + more
        assert aside == 2 + 1 + 1 + 9  # points, an open line, the couch
        assert unscored == 3 + lost  # markers have no volume
        assert scored == found - aside - unscored
    assert "6 contours that are points beside areas (P: A: contour 10" in done.err
    assert "W-open-contours" in done.err
    left = [item for item in content["inputs"]["left_aside"] if item["kind"] == "contour"]
    assert {item["side"] for item in left} == {"gt", "pred"}


def test_account_a1_contours_of_a_selection_of_a_union_and_of_a_fault(segeval, here):
    broken = every_kind()
    broken[0].rings[4].points[0] = (1e9, 3, 9)
    sets(here, every_kind(), broken)
    (here / "segeval.toml").write_text('[classes.Both]\nunion = ["Left", "Right"]\n')
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "out.json", "--classes", "A,Both")
    content = json.loads((here / "out.json").read_text())
    assert done.status == 3
    for side in ("gt", "pred"):
        found, scored, unscored, aside = counted(content, side)
        assert [found, unscored] == [52, 11]  # A cannot be scored
        assert aside == 9 + 2 + 3 + 9 + (0 if scored else 18)  # B, markers, couch
        assert found == scored + unscored + aside


# ACCOUNT-A22: beside a mask, whose grid ends before the contours do.


def mask_of(path, low, high, first, count, turned=False):
    """A cube in a mask whose planes begin at a height; its axes may run the other way."""
    import build as files
    import nibabel

    mask = np.zeros((count, 14, 14), np.uint8)
    mask[low - first : high - first, 4:10, 4:10] = 1
    path.parent.mkdir(parents=True, exist_ok=True)
    files.nifti(path, mask, files.Geometry(mask.shape, (1.0, 1.0, 1.0), (0.0, 0.0, float(first)),
                                           ((0, 0, 1.0), (0, 1.0, 0), (1.0, 0, 0))))  # fmt: skip
    if turned:
        image = nibabel.load(path)
        nibabel.save(image.as_reoriented([[2, -1], [0, 1], [1, -1]]), path)


@pytest.mark.parametrize("mask", ["gt", "pred"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("first", "count", "low", "high"), [(0, 10, 3, 10), (5, 20, 5, 13), (5, 5, 5, 10)]
)
def test_account_a22_planes_beyond_the_grid_of_a_mask_count(
    segeval, here, mask, turned, first, count, low, high
):
    other = "gt" if mask == "pred" else "pred"
    rings = [square(3.5, 9.5, float(z)) for z in range(3, 13)]
    build.rtstruct(here / other / "P" / "RS.dcm", [Organ("Heart", rings)])
    mask_of(here / mask / "P" / "Heart.nii.gz", low, high, first, count, turned)
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "out.json")
    (case,) = json.loads((here / "out.json").read_text())["cases"]
    own = min(high, 13) - max(low, 3)
    assert case["values"]["Heart"]["dice"] == pytest.approx(2 * own / (10 + high - low))
    assert "W-completed-slices" in {note["code"] for note in case["notes"]}
    assert case["gt_voxels"]["Heart"] == 36 * (10 if mask == "pred" else high - low)
    assert done.status == 0


def test_account_a22_most_planes_beyond_a_mask_are_those_of_another_series(segeval, here):
    rings = [square(3.5, 9.5, float(z)) for z in range(3, 13)]
    build.rtstruct(here / "pred" / "P" / "RS.dcm", [Organ("Heart", rings)])
    mask_of(here / "gt" / "P" / "Heart.nii.gz", 0, 5, 0, 5)
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert (done.status, "outside_image" in done.out) == (3, True)


# LAYOUTS-D4, D5: `pairs` takes the selectors and shows what is scored.


def test_pairs_shows_the_structure_set_that_is_selected(segeval, here):
    organ = cylinder(20, 9, PLANES)
    for side in ("gt", "pred"):
        for name in ("manual", "auto"):
            build.rtstruct(here / side / "P" / f"RS_{name}.dcm", [Organ("A", organ)], label=name)
    done = segeval("pairs", "pred", "gt")
    assert (done.status, done.err.count("2 structure sets could be meant")) == (3, 2)
    chosen = ("--pred-select", "label=auto", "--gt-select", "RS_man*")
    for command in (("pairs",), ("score", "--dry-run")):
        done = segeval(*command, "pred", "gt", *chosen)
        assert (done.status, done.out.split()[-4:]) == (
            0, ["P", "P/RS_auto.dcm", "P/RS_manual.dcm", "dcm"])  # fmt: skip
    segeval("pairs", "pred", "gt", *chosen, "--write", "t.csv")
    done = segeval("score", "--pairs", "t.csv", "-m", "dice", "--format", "csv")
    assert (done.status, "P,A,dice,1.0" in done.out) == (0, True)
    done = segeval("pairs", "pred", "gt", "--gt-select", "label=other")
    assert (done.status, "no structure set is selected" in done.err) == (3, True)
