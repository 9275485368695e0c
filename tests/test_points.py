"""Tables of points as sides, from files to numbers: FROC as the scripts of LUNA16 compute it."""

import csv
import math
import random

import build
import numpy as np
import pytest
from build import GRID
from runs import run

import segeval
from segeval.grid.geometry import Geometry
from segeval.readers.point_table import parse_points
from segeval.runtime.errors import NothingToScore, ReadError, RequestError
from segeval.tallies import candidate_marks

HEAD = "seriesuid,coordX,coordY,coordZ,"
RATES = (0.125, 0.25, 0.5, 1, 2, 4, 8)


def write(path, head, rows):
    path.write_text(head + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def scene(folder, seed, many=12):
    """Twelve scans with nodules, findings that do not count, and candidates near and far."""
    draw = random.Random(seed)
    cases = [f"1.3.6.1.4.1.{seed}.{k}" for k in range(many)]
    found, left_out, marks = [], [], []
    for case in cases[: many - 3]:
        for _ in range(draw.randint(0, 4)):
            place = [round(draw.uniform(-20, 20), 3) for _ in "xyz"]
            row = (case, *place, draw.choice([4, 6.5, 8, -1]))
            (found if draw.random() < 0.7 else left_out).append(row)
            near = [
                [round(v + draw.gauss(0, 2), 3) for v in place] for _ in range(draw.randint(0, 3))
            ]
            marks += [(case, *one, round(draw.uniform(-2, 2), 1)) for one in near]
    for case in cases:
        for _ in range(draw.randint(0, 3)):
            place = [round(draw.uniform(-20, 20), 3) for _ in "xyz"]
            marks.append((case, *place, round(draw.uniform(-2, 2), 1)))
    write(folder / "annotations.csv", f"{HEAD}diameter_mm", found)
    write(folder / "annotations_excluded.csv", f"{HEAD}diameter_mm", left_out)
    (folder / "seriesuids.csv").write_text("\n".join(cases) + "\n")
    write(folder / "marks.csv", f"{HEAD}probability", marks)
    return cases, found, left_out, marks


def script_of_luna16(cases, found, left_out, marks):
    """The FROC of the challenge's script, stated again: lists of (is a nodule, probability)."""
    listed, missed = [], 0
    for case in cases:
        candidates = {k: m for k, m in enumerate(marks) if m[0] == case}
        rest = dict(candidates)
        nodules = [(n, True) for n in found if n[0] == case]
        nodules += [(n, False) for n in left_out if n[0] == case]
        for (_, *place, diameter), included in nodules:
            radius = (10.0 if diameter < 0 else diameter) / 2
            hits = [k for k, m in candidates.items() if math.dist(m[1:4], place) < radius]
            for k in hits:
                rest.pop(k, None)
            if included and hits:
                listed.append((1, max(candidates[k][4] for k in hits)))
            missed += included and not hits
        listed += [(0, m[4]) for m in rest.values()]
    total = sum(hit for hit, _ in listed) + missed
    levels = sorted({score for _, score in listed}, reverse=True)
    rate, sensitivity = [0.0], [0.0]
    for level in levels:
        rate.append(sum(1 - hit for hit, score in listed if score >= level) / len(cases))
        sensitivity.append(sum(hit for hit, score in listed if score >= level) / total)
    return float(np.interp(RATES, rate, sensitivity).mean())


def grid_of(array):
    """A grid of 1 x 2 x 3 mm that does not begin at 0."""
    return Geometry(array.shape, GRID.spacing, GRID.origin, GRID.directions)


def pooled(card, metric, name="1"):
    return card.summary[""][name][metric].pooled


@pytest.mark.parametrize("seed", range(8))
def test_instances_a6_froc_of_points_is_that_of_the_script_of_luna16(tmp_path, seed):
    want = script_of_luna16(*scene(tmp_path, seed))
    for gt in (tmp_path / "annotations.csv", tmp_path):
        folder = tmp_path / "gt"
        if gt is tmp_path:  # the folder as the challenge has it
            folder.mkdir()
            for name in ("annotations.csv", "annotations_excluded.csv", "seriesuids.csv"):
                (folder / name).write_bytes((tmp_path / name).read_bytes())
            gt = folder
        card = run(tmp_path / "marks.csv", gt, "froc:as=luna16")
        assert pooled(card, "froc:as=luna16") == pytest.approx(want, rel=1e-12)
        assert len(card.cases) == 12
        assert not [case for case in card.cases if case.status != "ok"]


def slow_camelyon(cases, found, marks):
    """FROC as MONAI computes it, of points: each candidate lands in the nearest nodule it is in."""
    best, false = dict.fromkeys(range(len(found))), []
    for case, *place, score in marks:
        apart = [(math.dist(place, n[1:4]), k) for k, n in enumerate(found) if n[0] == case]
        inside = [(d, k) for d, k in apart if d < (10.0 if found[k][4] < 0 else found[k][4]) / 2]
        if not inside:
            false.append(score)
            continue
        k = min(inside)[1]
        best[k] = score if best[k] is None else max(best[k], score)
    hits = [score for score in best.values() if score is not None]
    rate, sensitivity = [0.0], [0.0]
    levels = sorted({*hits, *false}, reverse=True)
    for level in levels if len(hits) < len(found) else levels[:-1]:  # a missed one is the lowest
        rate.append(sum(score >= level for score in false) / len(cases))
        sensitivity.append(sum(score >= level for score in hits) / len(found))
    return float(np.interp(RATES[1:], rate, sensitivity).mean())


@pytest.mark.parametrize("seed", range(20, 32))
def test_instances_a6_froc_of_points_as_camelyon_by_a_slow_form(tmp_path, seed):
    cases, found, _, marks = scene(tmp_path, seed)
    (tmp_path / "annotations_excluded.csv").unlink()
    card = run(tmp_path / "marks.csv", tmp_path / "annotations.csv", "froc", "froc@1")
    assert pooled(card, "froc") == pytest.approx(slow_camelyon(cases, found, marks), rel=1e-12)


def test_instances_a6_by_hand_a_double_and_an_excluded_finding(tmp_path):
    # two nodules of 10 mm, found by .9 (and .3, a double) and not at all; an excluded one takes .8
    write(tmp_path / "annotations.csv", f"{HEAD}diameter_mm",
          [("a", 0, 0, 0, 10), ("a", 50, 0, 0, 10)])  # fmt: skip
    write(tmp_path / "annotations_excluded.csv", f"{HEAD}diameter_mm", [("b", 9, 9, 9, -1)])
    marks = [("a", 0, 0, 4.9, 0.9), ("a", 1, 0, 0, 0.3), ("a", 50, 5, 0, 0.7), ("b", 9, 9, 9, 0.8)]
    write(tmp_path / "marks.csv", f"{HEAD}probability", marks)
    (tmp_path / "seriesuids.csv").write_text("seriesuid\na\nb\n")
    rows = tmp_path / "rows.csv"
    card = run(tmp_path / "marks.csv", tmp_path / "annotations.csv", "froc@0.5:as=luna16",
               "case_auroc", output=(f"instances:{rows}",))  # fmt: skip
    # .7 lies on the sphere of the second, 5 mm away: not nearer than its radius, so it is false
    assert pooled(card, "froc@0.5:as=luna16") == 0.5
    (kept,) = (case.facts["instances"] for case in card.cases if case.case == "a")
    assert [(r["side"], r["id"], r["state"], r["partners"]) for r in kept] == [
        ("gt", 1, "matched", [1]), ("gt", 2, "missed", []),
        ("pred", 1, "matched", [1]), ("pred", 2, "ignored", []), ("pred", 3, "spurious", []),
    ]  # fmt: skip
    (other,) = (case.facts["instances"] for case in card.cases if case.case == "b")
    assert [(r["side"], r["state"], r["score"]) for r in other] == [
        ("gt", "ignored", None), ("pred", "ignored", 0.8),
    ]  # fmt: skip


def test_instances_a6_points_on_a_mask_that_knows_its_place(tmp_path):
    mask = np.zeros((6, 8, 10), np.uint8)  # z, y, x
    mask[1:3, 2:5, 2:5], mask[4, 6, 8] = 1, 1
    (tmp_path / "gt").mkdir()
    build.nifti(tmp_path / "gt" / "scan_1.nii.gz", mask, grid := grid_of(mask))
    places = grid.points(np.array([[1.4, 3, 3], [4.4, 6, 8], [0, 0, 0], [5.6, 0, 0]]))
    rows = [("scan_1", *p, s) for p, s in zip(places.tolist(), (0.9, 0.8, 0.7, 0.6), strict=True)]
    table = write(tmp_path / "marks.csv", "case,x,y,z,score", rows)
    card = run(table, tmp_path / "gt", "froc@1", "froc@2", output=("instances:-",))
    # 0.9 and 0.8 land in the lesions, voxel 1 and 4; 0.7 and 0.6 do not, 0.6 lies below the volume
    assert pooled(card, "froc@1") == pooled(card, "froc@2") == 1
    (case,) = card.cases
    states = [r["state"] for r in case.facts["instances"]]
    assert states == ["matched"] * 4 + ["spurious"] * 2
    assert [note.code for note in case.notes if note.code.startswith("W-")] == ["W-points-outside"]
    listed = [r for r in case.facts["instances"] if r["side"] == "pred"]
    assert [[r["x"], r["y"], r["z"]] for r in listed] == pytest.approx(places)


def test_points_on_a_picture_are_pixels_and_void_takes_its_points(tmp_path):
    mask = np.zeros((20, 30), np.uint8)
    mask[2:6, 3:7], mask[10:14, 20:24], mask[16:, :5] = 1, 1, 9
    (tmp_path / "gt").mkdir()
    build.png(tmp_path / "gt" / "slide.png", mask)
    rows = [("slide.png", 5.4, 4, 0.9), ("slide.png", 25, 12, 0.8), ("slide.png", 2, 18, 0.95)]
    table = write(tmp_path / "marks.tsv", "image,x,y,score", rows)
    table.write_text(table.read_text().replace(",", "\t"))
    card = run(table, tmp_path / "gt", "froc@1", ignore_label=(9,), classes="1=tumour")
    (case,) = card.cases
    assert pooled(card, "froc@1", "tumour") == 0.5
    assert len(case.tallies["candidates"]["tumour"][0][0]) == 2


def test_points_as_the_ground_truth_of_a_detection_map(tmp_path):
    scores = np.zeros((6, 8, 10), np.float32)
    scores[2, 3, 4], scores[5, 7, 9] = 0.9, 0.4
    (tmp_path / "p").mkdir()
    build.nifti(tmp_path / "p" / "a.nii.gz", scores, grid := grid_of(scores))
    place = grid.points(np.array([[2.5, 3, 4]]))[0]  # 1.5 mm away, slices are 3 mm apart
    for diameter, want in ((3.2, 1.0), (2.8, 0.0)):
        table = write(tmp_path / "gt.csv", "case,x,y,z,diameter_mm", [("a", *place, diameter)])
        card = run(tmp_path / "p", table, "froc@1:as=luna16", kind="prob")
        assert pooled(card, "froc@1:as=luna16") == want


@pytest.mark.parametrize("metric", ["dice", "lesion_ap", "froc@1:as=picai", "lesion_recall"])
def test_points_have_no_mask_for_other_metrics(tmp_path, metric):
    scene(tmp_path, 3)
    card = run(tmp_path / "marks.csv", tmp_path / "annotations.csv", "case_auroc", metric)
    assert {case.status for case in card.cases} == {"unreadable"}
    assert metric in card.cases[0].error["message"]


def test_a_case_of_the_detections_alone_is_one_without_a_lesion_and_said(tmp_path):
    write(tmp_path / "gt.csv", f"{HEAD}diameter_mm", [("a", 0, 0, 0, 10)])
    write(tmp_path / "p.csv", f"{HEAD}probability", [("a", 0, 0, 0, 0.5), ("b", 0, 0, 0, 0.9)])
    card = run(tmp_path / "p.csv", tmp_path / "gt.csv", "froc@0.25:as=luna16", "case_auroc")
    assert len(card.cases) == 2
    # (0, 0), the false positive in one of two cases (0.5, 0), then the lesion (0.5, 1)
    assert pooled(card, "froc@0.25:as=luna16") == 0
    assert pooled(card, "case_auroc") == 0
    assert "W-cases-without-points" in {note.code for note in card.notes}
    with (tmp_path / "gt.csv").open("a") as file:
        file.write("b,,,,\n")  # a case without a point
    card = run(tmp_path / "p.csv", tmp_path / "gt.csv", "froc@0.25:as=luna16")
    assert pooled(card, "froc@0.25:as=luna16") == 0
    assert "W-cases-without-points" not in {note.code for note in card.notes}


def test_rows_of_cases_that_the_list_does_not_have_are_left_aside(tmp_path):
    cases, found, left_out, marks = scene(tmp_path, 5)
    (tmp_path / "seriesuids.csv").write_text("\n".join(cases[:6]) + "\n")
    card = run(tmp_path / "marks.csv", tmp_path / "annotations.csv", "froc:as=luna16")
    want = script_of_luna16(cases[:6], found, left_out, marks)
    assert pooled(card, "froc:as=luna16") == pytest.approx(want, rel=1e-12)
    assert len(card.cases) == 6


def test_a_bad_number_is_a_fault_of_its_case(tmp_path):
    scene(tmp_path, 4)
    with (tmp_path / "marks.csv").open("a") as file:
        file.write("1.3.6.1.4.1.4.0,1,2,nan,0.5\n")
    card = run(tmp_path / "marks.csv", tmp_path / "annotations.csv", "froc:as=luna16")
    (bad,) = (case for case in card.cases if case.status != "ok")
    assert bad.case == "1.3.6.1.4.1.4.0"
    assert "z is 'nan', no number" in bad.error["message"]


def test_sides_that_are_swapped_or_of_other_names_are_refused(tmp_path):
    scene(tmp_path, 2)
    marks, gt = tmp_path / "marks.csv", tmp_path / "annotations.csv"
    with pytest.raises(RequestError, match="have no scores"):
        run(gt, marks, "froc")
    write(tmp_path / "other.csv", f"{HEAD}probability", [("x", 0, 0, 0, 0.5)])
    (tmp_path / "seriesuids.csv").unlink()
    with pytest.raises(NothingToScore, match="no case of the detections"):
        run(tmp_path / "other.csv", gt, "froc")


@pytest.mark.parametrize("head", ["a;b", "case,x", "case,x,y,volume"])
def test_other_tables_are_no_points(tmp_path, head):
    path = write(tmp_path / "t.csv", head, [("a", 1, 2, 3)])
    if head.startswith("case,x,y"):
        assert parse_points(path).axes == 2
    else:
        with pytest.raises(ReadError, match="no table of points"):
            parse_points(path)


def test_a_table_of_rows_in_any_order_and_separator_is_the_same(tmp_path):
    scene(tmp_path, 7)
    first = run(tmp_path / "marks.csv", tmp_path / "annotations.csv", "froc", "case_auroc")
    rows = list(csv.reader((tmp_path / "marks.csv").read_text().splitlines()))
    shuffled = rows[1:]
    random.Random(1).shuffle(shuffled)
    other = tmp_path / "shuffled.csv"
    other.write_text("".join(";".join(row) + "\r\n" for row in [rows[0], *shuffled]), "utf-8-sig")
    again = run(other, tmp_path / "annotations.csv", "froc", "case_auroc")
    for metric in ("froc", "case_auroc"):
        assert pooled(again, metric) == pooled(first, metric)


def test_more_points_than_any_case_has_are_refused(tmp_path, monkeypatch):
    head = "seriesuid,coordX,coordY,coordZ"
    rows = "".join(f"a,{k},1,1,9\n" for k in range(5))
    (tmp_path / "g.csv").write_text(f"{head},diameter_mm\n{rows}")
    (tmp_path / "p.csv").write_text(f"{head},probability\n{rows}")
    sides = tmp_path / "p.csv", tmp_path / "g.csv"
    assert segeval.score(*sides, ["froc"]).cases[0].status == "ok"
    monkeypatch.setattr(candidate_marks, "MOST_PAIRS", 24)
    (case,) = segeval.score(*sides, ["froc"]).cases
    assert (case.status, case.error["message"]) == (
        "over_budget", "5 candidates and 5 lesions of one case"
    )  # fmt: skip
