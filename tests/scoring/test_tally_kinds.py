"""The contract of every kind of tally: what no tally may get wrong, whatever it counts.

A kind of tally that is added runs here by itself. Each test scores one thing in two forms that must
give the same rows, so it needs to know nothing of what a metric measures. The lesions are a kind
that only tests have.
"""

import math
from itertools import chain

import build
import dicom_build
import lesions
import numpy as np
import pytest
import regions_build
import runs
from runs import only, soft

from segeval.metrics.registry import load_all_metrics, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace
from segeval.scoring import slab_pass
from segeval.scoring.finish_tallies import kind_of
from segeval.scoring.tally_kind import TallyKind
from segeval.scoring.tally_kinds import KINDS
from segeval.tallies import slab as slabs

NII = (build.nifti, ".nii.gz")
SHAPE = (6, 9, 10)
#  Lumps of three classes, so that a surface, a component or a mean has something to find.
RNG = np.random.default_rng(8)
T = build.ball(SHAPE, (2, 3, 3), 2.0) + 2 * build.ball(SHAPE, (3, 6, 7), 1.5)
P = build.ball(SHAPE, (2, 3, 4), 2.0) + 2 * build.ball(SHAPE, (3, 5, 7), 1.5)
T, P = (a.astype(np.uint8) for a in (T, P))
NAMES = "1=liver,2=spleen"


@pytest.fixture(autouse=True)
def _with_lesions(monkeypatch):
    lesions.register(monkeypatch)


WEIGHTS = np.random.default_rng(5).uniform(0, 3, SHAPE).astype(np.float32)


def run(pred, gt, *asked, **choices):
    """A run; what has a weight for each voxel has one from a map."""
    if any(text.startswith("weighted_") for text in asked):
        folder = gt.parent / "weights"
        folder.mkdir(exist_ok=True)
        choices["weight_maps"] = str(build.nifti(folder / "w.nii.gz", WEIGHTS))
    return runs.run(pred, gt, *asked, **choices)


def conventions(definition):
    return definition.origins.values() if definition.origins else [definition]


def metrics_of(kind):
    """Every metric of a kind in every convention, also where an option makes it one of the kind."""
    if kind == "lesions":
        return ["lump_recall", "lump_difference"]
    made = []
    for definition in chain.from_iterable(map(conventions, load_all_metrics().values())):
        text = f"{definition.name}:as={definition.origin}" if definition.origin else definition.name
        text = text.replace("nsd", "nsd@2mm").replace("biou", "biou@2mm")
        asked = {text: definition.of}
        for key, option in definition.options.items():
            asked |= {f"{text}:{key}={word}": of for word, of in option.of.items()}
        made += [text for text, of in asked.items() if of == kind]
    return made


EVERY = [*KINDS, "lesions"]
READS = {
    "no_probabilities": "scores",
    "no_contours": "contours",
    "no_rois": "rois",
    "no_instances": "rois",
}
LACKS = {name: kind.lacks for name, kind in KINDS.items()} | {"lesions": ""}
OF_FILES = [name for name, kind in KINDS.items() if kind.of_files is not None]
ON_GRID = [n for n in EVERY if READS.get(LACKS[n], "labels") in ("labels", "scores")]
ON_GRID = [name for name in ON_GRID if name not in OF_FILES]
ELSEWHERE = [name for name in EVERY if name not in ON_GRID]


def scores_of(labels, channels=3, seed=3):
    """Probabilities whose largest is the label."""
    noise = soft(channels, labels.shape, seed)
    return np.stack([(noise[c] + (labels == c)) / 2 for c in range(channels)]).astype(np.float32)


def pred_file(path, kind, labels, channels=3):
    """A prediction of what a kind reads: labels, or probabilities of the same labels."""
    path.mkdir(parents=True, exist_ok=True)
    if READS.get(LACKS[kind]) == "scores":
        return build.stack(path / "p.nii.gz", scores_of(labels, channels))
    return build.nifti(path / "p.nii.gz", labels)


def rows(card):
    """(class, metric) -> (value, status, reason); no case may fail."""
    assert [case.status for case in card.cases] == ["ok"] * len(card.cases), [
        (case.error, case.trace) for case in card.cases
    ]
    return {
        (case.case, r.class_, r.metric): outcome(card, r) for case in card.cases for r in case.rows
    }


def outcome(card, row):
    """Value, status and reason of a row; of a number of the data set the one of all cases."""
    if row.status != "pooled":
        return row.value, row.status, row.reason
    value = card.summary[""][row.class_][row.metric].pooled
    return value, "undefined" if math.isnan(value) else "ok", "data_set" * math.isnan(value)


def same(one, other, rel=0.0):
    """Rows are equal, nan to nan."""
    assert one.keys() == other.keys()
    for key, (value, *rest) in one.items():
        value_, *rest_ = other[key]
        assert rest == rest_, key
        assert value == pytest.approx(value_, rel=rel, abs=rel, nan_ok=True), key


def has_numbers(found):
    """Something was measured: two empty tables are equal too."""
    return any(math.isfinite(value) for value, *_ in found.values())


def pooled_values(card):
    """The numbers of the data set: of some metrics a case has none."""
    return [made.pooled for of_class in card.summary[""].values() for made in of_class.values()]


@pytest.mark.parametrize("kind", ON_GRID)
def test_a_mask_of_0_and_255_is_one_of_0_and_1(tmp_path, kind):
    truth, pred = (T == 1).astype(np.uint8), (P == 1).astype(np.uint8)
    want = None
    for number, (white_truth, white_pred) in enumerate(((1, 1), (255, 1), (1, 255), (255, 255))):
        here = tmp_path / str(number)
        if READS.get(LACKS[kind]) == "scores":
            guess = pred_file(here, kind, pred, 2)
        else:
            guess = pred_file(here, kind, pred * np.uint8(white_pred))
        gt = build.nifti(here / "g.nii.gz", truth * np.uint8(white_truth))
        found = rows(run(guess, gt, *metrics_of(kind)))
        want = found if want is None else want
        same(found, want)
    assert has_numbers(want)


@pytest.mark.parametrize("kind", ON_GRID)
def test_what_is_predicted_on_ignored_voxels_makes_no_difference(tmp_path, kind):
    truth, other = T.copy(), P.copy()
    truth[:, :3, :4] = 9
    other[:, :3, :4] = RNG.integers(0, 3, (6, 3, 4))
    gt = build.nifti(tmp_path / "g.nii.gz", truth)
    found = []
    for number, labels in enumerate((P, other)):
        guess = pred_file(tmp_path / str(number), kind, labels)
        found.append(rows(run(guess, gt, *metrics_of(kind), ignore_label=(9,), classes=NAMES)))
    same(*found, rel=1e-12)  # the box of a class may be larger, and its sums in another order
    assert has_numbers(found[0])


@pytest.mark.parametrize("kind", ON_GRID)
@pytest.mark.parametrize("sides", ["gt", "pred", "both"])
def test_an_empty_side_is_a_number_or_undefined_and_says_why(tmp_path, kind, sides):
    nothing = np.zeros_like(T)
    truth = nothing if sides in ("gt", "both") else T
    pred = nothing if sides in ("pred", "both") else P
    gt = build.nifti(tmp_path / "g.nii.gz", truth)
    found = rows(run(pred_file(tmp_path, kind, pred), gt, *metrics_of(kind), classes=NAMES))
    for key, (value, status, reason) in found.items():
        assert status in ("ok", "undefined"), key
        assert (status == "ok") == math.isfinite(value), key
        assert status == "ok" or reason, key
    assert {name for _, name, _ in found} - {"all"} in (set(), {"liver", "spleen"})


@pytest.mark.parametrize("kind", [k for k in ON_GRID if READS.get(LACKS[k]) != "scores"])
def test_a_file_a_class_is_a_label_map_with_names(tmp_path, kind):
    asked = [m for m in metrics_of(kind) if not of_whole_case(kind, m)]
    pred, gt = build.nifti(tmp_path / "p.nii.gz", P), build.nifti(tmp_path / "g.nii.gz", T)
    want = {key[1:]: row for key, row in rows(run(pred, gt, *asked, classes=NAMES)).items()}
    for side, labels in (("pred", P), ("gt", T)):
        organs = {"liver": labels == 1, "spleen": labels == 2}
        files = {name: m.astype(np.uint8) * np.uint8(255) for name, m in organs.items()}
        build.folder(tmp_path / side / "c", NII, **files)
    found = rows(run(tmp_path / "pred", tmp_path / "gt", *asked))
    same({key[1:]: row for key, row in found.items()}, want)
    assert has_numbers(found)


@pytest.mark.parametrize("kind", [k for k in ON_GRID if READS.get(LACKS[k]) != "scores"])
def test_files_that_overlap_are_each_scored_as_alone(tmp_path, kind):
    asked = [m for m in metrics_of(kind) if not of_whole_case(kind, m)]
    masks = {"liver": (T == 1, P == 1), "body": (T > 0, P > 0), "spleen": (T == 2, P == 0)}
    for side in (0, 1):
        files = {name: pair[side].astype(np.uint8) for name, pair in masks.items()}
        build.folder(tmp_path / ("gt", "pred")[side] / "c", NII, **files)
    found = rows(run(tmp_path / "pred", tmp_path / "gt", *asked))
    for name, pair in masks.items():
        gt, pred = (build.nifti(tmp_path / f"{s}.nii.gz", m.astype(np.uint8))
                    for s, m in zip("gp", pair, strict=True))  # fmt: skip
        alone = rows(run(pred, gt, *asked, classes=f"1={name}"))
        own = {key[1:]: row for key, row in found.items() if key[1] == name}
        same(own, {key[1:]: row for key, row in alone.items() if key[1] == name})


def of_whole_case(kind, text):
    """Whether a metric says something of all classes together."""
    if kind == "lesions":
        return False
    from segeval.metrics import semantic

    return resolve_metric(parse_metric(text))[1].compute.__module__ == semantic.__name__


def case_of(kind, path):
    """A case of what a kind reads, and the choices that it takes."""
    reads = READS.get(LACKS[kind], "labels")
    if kind in OF_FILES:
        return outputs(path)
    return {"contours": contours, "rois": rois}.get(reads, lambda path: maps(path, kind))(path)


def maps(path, kind):
    gt = build.nifti(path / "g.nii.gz", T)
    return pred_file(path, kind, P), gt, {"classes": NAMES}


def contours(path):
    for side, low in (("pred", 4.0), ("gt", 3.0)):
        rings = [dicom_build.square(low, 11.0, z) for z in range(2, 7)]
        dicom_build.rtstruct(path / side / "P" / "RS.dcm", [dicom_build.Organ("Heart", rings)])
    dicom_build.series(path / "gt" / "P" / "ct", (10, 20, 20))
    return path / "pred", path / "gt", {}


def rois(path):
    ids = np.zeros((20, 24), np.int32)
    ids[3:11, 2:10], ids[9:17, 8:20] = 1001, 2001
    gt = build.npy(path / "gt" / "a.npy", ids)
    boxes = [[2.0, 3, 10, 11], [8, 9, 20, 17]]
    pred = regions_build.rois(path / "pred" / "a.npz", boxes, [1, 2], scores=np.array([0.9, 0.4]))
    return pred, gt, {"instances": "1000"}


def outputs(path):
    for side in ("pred", "gt", "aux"):
        (path / side).mkdir()
    pred = build.npz(path / "pred" / "a.npz", np.log(scores_of(P)), "logits")
    auxiliary = build.npz(path / "aux" / "a.npz", np.log(scores_of(P, seed=5)), "logits")
    np.savez(path / "w.npz", kernel=np.arange(6.0).reshape(2, 3))
    gt = build.nifti(path / "gt" / "a.nii.gz", T)
    return pred, gt, {"aux": (str(auxiliary),), "weights": str(path / "w.npz")}


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("voxels", [1, 7, 100])
def test_slabs_of_another_size_change_nothing(tmp_path, monkeypatch, kind, voxels):
    pred, gt, choices = case_of(kind, tmp_path)
    before = run(pred, gt, *metrics_of(kind), **choices)
    whole = rows(before)
    for name in ("LABELS_AT_A_TIME", "SCORES_AT_A_TIME", "BYTES_AT_A_TIME", "CODES_AT_A_TIME"):
        monkeypatch.setattr(slab_pass, name, voxels)
    monkeypatch.setattr(slabs, "MOST", voxels)
    monkeypatch.setattr(slabs, "LEAST", 1)
    after = run(pred, gt, *metrics_of(kind), **choices)
    same(rows(after), whole, 1e-12)
    assert pooled_values(after) == pytest.approx(pooled_values(before), rel=1e-12, nan_ok=True)
    assert has_numbers(whole) or any(map(math.isfinite, pooled_values(before)))


@pytest.mark.parametrize("kind", EVERY)
def test_without_memory_a_number_is_the_same_or_says_that_there_was_none(
    tmp_path, monkeypatch, kind
):
    pred, gt, choices = case_of(kind, tmp_path)
    whole = rows(run(pred, gt, *metrics_of(kind), **choices))
    monkeypatch.setattr("segeval.scoring.pass_plan.case_budget", lambda budget: 1)
    card = run(pred, gt, *metrics_of(kind), **choices)
    over = []
    for key, (value, status, reason) in rows(card).items():
        if "over_budget" in (status, reason):
            over.append(key)
            assert math.isnan(value)
        else:
            assert (status, reason) == whole[key][1:]
            assert value == pytest.approx(whole[key][0], rel=0, abs=0, nan_ok=True)
    assert bool(over) == bool(only(card).facts.get("faults"))


@pytest.mark.parametrize("kind", [name for name in EVERY if LACKS[name]])
def test_what_a_case_lacks_is_the_reason_of_every_number(tmp_path, kind):
    pred, gt = build.nifti(tmp_path / "p.nii.gz", P), build.nifti(tmp_path / "g.nii.gz", T)
    found = rows(run(pred, gt, *metrics_of(kind)))
    assert {row[1:] for row in found.values()} == {("undefined", LACKS[kind])}
    assert found


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.kept])
def test_what_is_kept_reads_back_and_is_pooled(tmp_path, kind):
    pred, gt, choices = case_of(kind, tmp_path)
    card = run(pred, gt, *metrics_of(kind), **choices)
    result = KINDS[kind].kept()
    for name, kept in only(card).tallies.items():
        if kind_of(name).name == kind:
            again = result.from_json(kept)
            assert again.to_json() == kept
            assert isinstance(result.pool_cases([again, again]), result)
    means = {
        (c, m): s for c, of in card.summary[""].items() for m, s in of.items() if c != "overall"
    }
    assert any(math.isfinite(s.pooled) for s in means.values())


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.absent])
def test_a_class_of_other_cases_is_kept_as_one_that_was_counted(tmp_path, kind):
    pred, gt, _ = case_of(kind, tmp_path)
    card = run(pred, gt, *metrics_of(kind), classes="1=one,2=two,7=elsewhere")
    kept = only(card).tallies[kind]
    own = {name: held for name, held in kept["classes"].items() if name != "elsewhere"}
    for known in (own, {}):  # its classes tell how many voxels count, else its confusion matrix
        assert KINDS[kind].absent(kept | {"classes": known}) == kept["classes"]["elsewhere"]


def test_every_metric_reads_a_tally_that_is_in_the_table():
    for definition in chain.from_iterable(map(conventions, load_all_metrics().values())):
        tallies = {
            definition.of,
            *chain.from_iterable(o.of.values() for o in definition.options.values()),
        }
        assert tallies <= {*KINDS, "lesions"}, definition.name


@pytest.mark.parametrize("kind", [name for name in EVERY if name != "lesions"])
def test_every_kind_has_a_metric(kind):
    assert metrics_of(kind)


# What a tally that is wrong comes to: a bug, never an undefined number


def scored_with(monkeypatch, tmp_path, entry):
    if entry is None:
        monkeypatch.delitem(KINDS, "lesions")
    else:
        monkeypatch.setitem(KINDS, "lesions", entry)
    pred, gt = build.nifti(tmp_path / "p.nii.gz", P), build.nifti(tmp_path / "g.nii.gz", T)
    (case,) = run(pred, gt, "lump_recall", "dice").cases
    return case


def test_a_tally_in_no_entry_is_a_bug(monkeypatch, tmp_path):
    monkeypatch.delitem(KINDS, "lesions")
    with pytest.raises(LookupError, match="no tally is called 'lesions'"):
        kind_of("lesions")
    pred, gt = build.nifti(tmp_path / "p.nii.gz", P), build.nifti(tmp_path / "g.nii.gz", T)
    (case,) = run(pred, gt, "lump_recall", jobs=1).cases
    assert case.status == "internal_error"
    assert "no tally is called 'lesions'" in case.error["message"]


def test_a_tally_that_gives_nothing_without_a_reason_is_a_bug(monkeypatch, tmp_path):
    entry = TallyKind("lesions", "class", finish=lambda tally, read, request: None)
    case = scored_with(monkeypatch, tmp_path, entry)
    assert case.status == "internal_error"
    assert "the tally lesions gave nothing" in case.error["message"]


def test_a_metric_with_another_number_of_values_is_a_bug(monkeypatch, tmp_path):
    def short(tally, read, request):
        return lesions.Lesions(("1",), np.ones((1, 3)))

    case = scored_with(monkeypatch, tmp_path, TallyKind("lesions", "class", finish=short))
    assert case.status == "internal_error"
    assert "lump_recall gave 1 values for 2 classes" in case.error["message"]


def test_notes_and_facts_of_a_tally_are_those_of_its_case(monkeypatch, tmp_path):
    def says(result, read, request):
        return [Note("N-lesions", f"{len(result.classes)} classes")], {"lesions": 3}

    entry = replace(lesions.ENTRY, says=says)
    case = scored_with(monkeypatch, tmp_path, entry)
    assert [(n.code, n.where, n.text) for n in case.notes] == [("N-lesions", "g", "2 classes")]
    assert case.facts["lesions"] == 3
