"""Each rule of reading DICOM by its id, through the door, as ground truth and as prediction.

The ids are those of docs/contours.md. Voxels are of one cubic millimetre; what a rule leaves of a
structure is asked as its volume on either side, and must be the same on both.
"""

import json
from dataclasses import dataclass, field

import dicom_build as build
import numpy as np
import pytest
from dicom_build import Organ, Ring, square

REST = [square(2.5, 4.5, z) for z in (2, 3)]  # what the other side has: 2 x 2 x 2
SHAPE = (8, 20, 20)
OUTER, HOLE, ISLAND = (square(a, b, 3) for a, b in ((3.5, 13.5), (5.5, 11.5), (7.5, 9.5)))

# pydicom warns of what real files hold: long codes, numbers that are none.
pytestmark = pytest.mark.filterwarnings("ignore:The value length", "ignore:Invalid value")


@dataclass
class Found:
    """What a run says of one side: voxels by class, codes of notes, statuses of rows."""

    voxels: dict
    codes: set
    statuses: dict
    status: int
    err: str
    facts: dict = field(default_factory=dict)


def run(segeval, here, side, rings, options=(), grid=None, **more):
    """Score with a structure set on one side and a small plain one on the other."""
    organs = rings if isinstance(rings[0], Organ) else [Organ("A", rings)]
    root = here / f"{side}{len(list(here.iterdir()))}"
    build.series(root / "ct", **({"shape": SHAPE} | (grid or {})))
    other = "pred" if side == "gt" else "gt"
    build.rtstruct(root / side / "P" / "RS.dcm", organs, **more)
    names = dict.fromkeys(o.name for o in organs)
    build.rtstruct(root / other / "P" / "RS.dcm", [Organ(n, REST) for n in names])
    options = [o.replace("OWN", side) for o in options]
    paths = root / "pred", root / "gt", "--images", root / "ct", "-o", root / "out.json"
    done = segeval("score", *paths, "-m", f"{side}_volume:unit=voxels,dice", *options)
    assert done.status in (0, 3), done.err
    (case,) = json.loads((root / "out.json").read_text())["cases"]
    voxels, statuses = {}, {}
    for name, cells in case.get("values", {}).items():
        cell = cells.get(f"{side}_volume:unit=voxels", cells.get(f"{side}_volume"))
        if cell is None:
            statuses[name] = cells["status"]
        else:
            value = cell["value"] if isinstance(cell, dict) else cell
            voxels[name] = None if value is None else round(value, 6)
    codes = {note["code"] for note in case.get("notes", ())}
    return Found(voxels, codes, statuses, done.status, done.err, case.get("facts", {}))


@pytest.fixture
def drawn(segeval, here):
    """What is said of a structure set, the same as ground truth and as prediction."""

    def both(rings, *options, **more):
        one, two = (run(segeval, here, side, rings, options, **more) for side in ("gt", "pred"))
        assert (one.voxels, one.statuses, one.status) == (two.voxels, two.statuses, two.status)
        assert one.codes == two.codes
        return one

    return both


# 1. From contours to voxels.


def test_r1_a_voxel_is_inside_where_its_centre_is(drawn):
    assert drawn([OUTER]).voxels == {"A": 100}
    assert drawn([square(3.4, 13.4, 3)]).voxels == {"A": 100}
    assert drawn([square(3, 13, 3)]).voxels == {"A": 100}  # half open: 3 counts, 13 does not


def test_r1_polygons_that_share_an_edge_tile_the_plane(drawn):
    left = build.ring([(3, 3), (9.25, 3), (6.75, 13), (3, 13)], 3)
    right = build.ring([(9.25, 3), (13, 3), (13, 13), (6.75, 13)], 3)
    assert drawn([left, right]).voxels == {"A": 100}


def test_r2_contours_of_a_plane_combine_by_parity(drawn):
    assert drawn([OUTER, HOLE, ISLAND]).voxels == {"A": 100 - 36 + 4}
    assert drawn([OUTER, Ring(HOLE.points[::-1])]).voxels == {"A": 64}
    keyhole = Ring([*OUTER.points, OUTER.points[0], *HOLE.points, HOLE.points[0]])
    assert drawn([keyhole]).voxels == {"A": 64}


def test_r3_two_planes_of_a_slice_do_not_cancel(drawn):
    found = drawn([square(3.5, 13.5, 3.02), square(3.5, 13.5, 2.7)])
    assert found.voxels == {"A": 100}
    assert "W-planes-share-slice" in found.codes


@pytest.mark.parametrize("turn", [1, -1])
def test_r4_a_contour_stored_twice_counts_once(drawn, turn):
    again = Ring([(x + 0.0004, y, z) for x, y, z in [*OUTER.points[2:], *OUTER.points[:2]][::turn]])
    found = drawn([OUTER, again])
    assert found.voxels == {"A": 100}
    assert "W-duplicate-contour" in found.codes


def test_r5_crossing_contours(drawn):
    crossing = [OUTER, square(9.5, 17.5, 3)]  # share 4 x 4
    found = drawn(crossing)
    assert found.voxels == {"A": 100 + 64 - 2 * 16}
    assert "W-crossing-contours" in found.codes
    assert "16 mm²" in found.err
    assert drawn(crossing, "--rt-overlap", "union").voxels == {"A": 100 + 64 - 16}
    xor = [Ring(r.points, "CLOSEDPLANAR_XOR") for r in crossing]
    assert drawn(xor).voxels == {"A": 132}


def test_r6_the_nearest_slice_by_its_own_position(drawn):
    #    slices at 0 2 4 9: a plane at 8 belongs to the one at 9; even planes at 0 2 4 6 8, and the
    #    one at 8 takes it; 0.4 of 5 mm is a note
    grid = {"shape": (4, 20, 20), "positions": np.array([0.0, 2, 4, 9])}
    found = drawn([square(3.5, 13.5, 8.6), square(3.5, 5.5, 2)], grid=grid)
    assert found.voxels == {"A": 100 + 4}
    assert "N-plane-offset" in found.codes


def test_r7_gaps_between_planes(drawn):
    rings = [square(3.5, 13.5, z) for z in (1, 3, 5)]
    found = drawn(rings)
    assert found.voxels == {"A": 300}
    assert "W-contour-gap" in found.codes
    assert "2, 4" in found.err
    for how in ("nearest", "shape"):
        assert drawn(rings, "--rt-fill-gaps", how).voxels == {"A": 500}


def test_r8_a_contour_is_a_slab_of_one_slice(drawn):
    assert drawn([OUTER]).voxels == {"A": 100}


def test_r9_degenerate_and_tiny_contours(drawn):
    two = Ring([(3, 3, 3), (9, 9, 3)])
    line = Ring([(3, 3, 2), (9, 9, 2), (6, 6, 2)])
    found = drawn([OUTER, two, line])
    assert found.voxels == {"A": 100}
    assert "N-degenerate-contour" in found.codes
    found = drawn([square(3.2, 3.4, 3)])
    assert found.voxels == {"A": 0}
    assert "W-empty-after-rasterisation" in found.codes


def test_r10_outside_of_the_image(drawn):
    found = drawn([square(-4.5, 3.5, 3)])
    assert found.voxels == {"A": 16}
    assert "W-outside-image" in found.codes
    planes = [square(3.5, 13.5, z) for z in (6, 7, 8)]  # 8 is above the last slice: ACCOUNT-A22
    found = drawn(planes)
    assert (found.voxels, found.status) == ({"A": 300}, 0)
    assert "W-outside-image" in found.codes
    found = drawn([square(3.5, 13.5, z) for z in (7, 8, 9)])
    assert (found.statuses, found.status) == ({"A": "outside_image"}, 3)


def test_r11_closed_or_not_and_crossing_itself(drawn):
    assert drawn([Ring([*OUTER.points, OUTER.points[0]])]).voxels == {"A": 100}
    #    a bow tie: two triangles that meet in the middle
    bow = build.ring([(3.5, 3.5), (13.5, 13.5), (13.5, 3.5), (3.5, 13.5)], 3)
    assert drawn([bow]).voxels["A"] == pytest.approx(50, abs=6)


def test_r12_contours_through_voxel_centres(drawn):
    traced = [square(3, 13, 3)]
    found = drawn(traced)
    assert found.voxels == {"A": 100}
    assert "W-vertices-on-voxel-centres" in found.codes
    assert "--rt-boundary inclusive" in found.err
    assert drawn(traced, "--rt-boundary", "inclusive").voxels == {"A": 121}
    assert drawn(traced, "--OWN-rt-boundary", "inclusive").voxels == {"A": 121}


@pytest.mark.parametrize("orientation", [build.SAGITTAL, (1, 0, 0, 0, 0, -1),
                                         (0.8, 0, 0.6, 0, 1, 0)])  # fmt: skip
def test_r13_any_orientation_of_the_series(segeval, here, orientation):
    #    columns and rows 4 to 13 of the slice 3 of a sagittal, a coronal and an oblique series
    along, down = np.array(orientation[:3], float), np.array(orientation[3:], float)
    normal = np.cross(along, down)
    corners = [(3.5, 3.5), (13.5, 3.5), (13.5, 13.5), (3.5, 13.5)]
    ring = Ring([tuple(c * along + r * down + 3 * normal) for c, r in corners])
    build.series(here / "ct", SHAPE, orientation=orientation)
    for side in ("pred", "gt"):
        build.rtstruct(here / side / "P" / "RS.dcm", [Organ("A", [ring])])
    done = segeval(
        "score", "pred", "gt", "--images", "ct", "-m", "gt_volume:unit=voxels", "-o", "o.json"
    )
    assert done.status == 0, done.err
    (case,) = json.loads((here / "o.json").read_text())["cases"]
    assert list(case["values"]["A"].values()) == [100]


def test_r13_contours_that_leave_their_slice(drawn):
    upright = Ring([(3, 3, 1), (9, 3, 1), (9, 3, 6), (3, 3, 6)])
    tilted = Ring([(3, 3, 3), (9, 3, 3), (9, 9, 3.6), (3, 9, 3.6)])
    for ring in (upright, tilted):
        found = drawn([OUTER, ring])
        assert (found.statuses, found.status) == ({"A": "contour_not_in_slice_plane"}, 3)
    assert drawn([Ring([(x, y, 3 + 0.004 * x) for x, y, _ in OUTER.points])]).voxels == {"A": 100}


# 2. What counts as a structure.


def test_s1_sequences_are_joined_by_number(drawn):
    organs = [Organ("A", [OUTER], 7), Organ("B", [HOLE], 3), Organ("C", [ISLAND], 12)]
    found = drawn(organs, shuffled=True)
    assert found.voxels == {"A": 100, "B": 36, "C": 4}


@pytest.mark.parametrize("form", ["absent", "bare", "none"])
def test_s2_listed_without_contours_is_empty(drawn, form):
    found = drawn([Organ("A", [], form=form), Organ("B", [OUTER])])
    assert (found.voxels, found.status) == ({"A": 0, "B": 100}, 0)


@pytest.mark.parametrize("kind", ["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR"])
def test_s3_points_and_lines_are_no_volume(drawn, kind):
    found = drawn([Organ("A", [Ring(OUTER.points, kind)]), Organ("B", [OUTER])])
    assert (found.voxels, found.statuses) == ({"B": 100}, {"A": "not_a_volume"})


@pytest.mark.parametrize("kind", ["INTERPOLATED_PLANAR", "CLOSEDPLANAR_XOR", ""])
def test_s3_other_types_are_areas(drawn, kind):
    mixed = [Ring(OUTER.points, kind), Ring([(1, 1, 3)], "POINT")]
    found = drawn(mixed)
    assert found.voxels == {"A": 100}
    assert ("N-open-contours" in found.codes, "N-contour-type" in found.codes) == (True, not kind)


BAD = {
    "no multiple of three": Ring("1\\2\\3\\4"),
    "another count": Ring(OUTER.points, count=5),
    "an empty value": Ring(""),
    "a hole in the numbers": Ring("1\\\\3\\4\\5\\6\\7\\8\\9"),
    "a decimal comma": Ring("1,5\\2\\3\\4\\5\\3\\7\\8\\3", count=3),
    "no number": Ring("nan\\2\\3\\4\\5\\3\\7\\8\\3", count=3),
}


@pytest.mark.parametrize("bad", BAD)
def test_s4_one_bad_contour_makes_the_class_partial(drawn, bad):
    rings = [OUTER, BAD[bad]]
    found = drawn(rings)
    assert (found.statuses, found.status) == ({"A": "partial"}, 3)
    found = drawn(rings, "--rt-bad-contour", "skip")
    assert (found.voxels, found.status) == ({"A": 100}, 0)
    assert "W-bad-contour" in found.codes


def test_s5_two_structures_of_one_name(drawn):
    organs = [Organ("A", [OUTER], 4), Organ("a", [HOLE], 9), Organ("B", [ISLAND])]
    found = drawn(organs)
    assert (found.statuses, found.status) == ({"A": "two_structures"}, 3)
    assert found.voxels == {"B": 4}
    assert "ROI 4: A" in found.err
    assert "ROI 9: a" in found.err


def test_s6_facts_of_the_structures_are_kept(segeval, here):
    organs = [Organ("A", [OUTER], 5, "PTV", "SEMIAUTOMATIC")]
    found = run(segeval, here, "gt", organs, label="trial")
    facts = found.facts["structures"]["gt"]
    assert facts["rois"]["A"] == {"number": 5, "type": "PTV", "algorithm": "SEMIAUTOMATIC"}
    assert [facts[k] for k in ("label", "date", "approval", "manufacturer")] == [
        "trial", "20240102", "APPROVED", "Maker",
    ]  # fmt: skip
    found = run(segeval, here, "gt", [Organ("A", [OUTER], algorithm="AUTOMATIC")])
    assert "N-automatic-truth" in found.codes


SUPPORT = [("Couch", ""), ("zRing", ""), ("z_ring", ""), ("zring", ""), ("_tmp", ""), ("BODY", ""),
           ("Dose 50%", ""), ("A", "EXTERNAL"), ("A", "SUPPORT"), ("A", "BOLUS"), ("A", "FIXATION"),
           ("A", "ISOCENTER"), ("A", "MARKER"), ("A", "CONTROL"), ("A", "DOSE_REGION")]  # fmt: skip


@pytest.mark.parametrize(("name", "type"), SUPPORT)
def test_s7_what_helps_to_plan_is_scored_by_name(segeval, here, name, type):
    organs = [Organ(name, [OUTER], type=type), Organ("Heart", [HOLE])]
    for side in ("gt", "pred"):
        found = run(segeval, here, side, organs)
        if side == "gt":
            assert found.voxels == {"Heart": 36}
            assert "left aside" in found.err
        found = run(segeval, here, side, organs, ["--classes", name])
        assert found.voxels == {name: 100}


@pytest.mark.parametrize("type", ["", "ORGAN", "GTV", "CTV", "PTV", "AVOIDANCE", "Organ", "NONE"])
def test_s7_organs_and_targets_are_scored(drawn, type):
    assert drawn([Organ("A", [OUTER], type=type)]).voxels == {"A": 100}


# 3. Grid and references, as far as they change what is drawn.


def test_f2_uneven_gaps_are_an_even_grid(drawn):
    #    slices at 0 1 2 4 6: planes at 0 1 2 3 4 5 6; the slice at 4 stands for 3 (half way: lower
    #    is 2), 4 and 5
    grid = {"shape": (5, 20, 20), "positions": np.array([0.0, 1, 2, 4, 6])}
    found = drawn([square(3.5, 13.5, 4), square(3.5, 5.5, 2)], grid=grid)
    assert found.voxels == {"A": 2 * 100 + 2 * 4}
    assert "N-uneven-slices" in found.codes


def test_f3_missing_slices_are_told(drawn):
    grid = {"shape": (7, 20, 20), "positions": np.array([0.0, 1, 2, 3, 5, 6, 7])}
    found = drawn([OUTER], grid=grid)
    assert "W-missing-slices" in found.codes
    assert "after 3 mm" in found.err


def test_f4_references_of_single_contours_may_be_wrong(drawn):
    found = drawn([Ring(OUTER.points, images=("7.7.7",))])
    assert found.voxels == {"A": 100}
    assert "N-image-references" in found.codes


@pytest.mark.parametrize(
    ("empty", "row"), [("pred", "Heart,dice,0.0,,ok,class_absent,"), ("gt", "Heart,,,,not_annot")]
)
def test_a_structure_set_without_structures_is_an_empty_side(segeval, here, empty, row):
    for side in ("pred", "gt"):
        build.series(here / side / "ct", (4, 12, 12))
        rings = [build.square(3, 9, z) for z in (0, 1, 2)]
        organs = [] if side == empty else [build.Organ("Heart", rings)]
        build.rtstruct(here / side / "RS.dcm", organs)
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert (done.status, row in done.out) == (0, True), done.out
    assert "the structure set lists no structure [W-no-structures]" in done.err
