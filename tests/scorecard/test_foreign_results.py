"""CLI-U10: results of other tools are read as what they are."""

import json
import math

import pytest

from segeval.readers import READERS
from segeval.runtime.errors import RequestError
from segeval.scorecard.results import load_results


def measured(dice, tp, fn):
    return {"Dice": dice, "IoU": dice / (2 - dice), "TP": tp, "FN": fn, "FP": 0, "TN": 9}


def nnunet(path, values, **more):
    """A summary.json of these Dice values: {case: {label: dice}}; nan as nnU-Net writes it."""
    cases = [
        {
            "prediction_file": f"/x/pred/{case}.nii.gz",
            "reference_file": f"/x/gt/{case}.nii.gz",
            "metrics": {k: measured(v, 80, 20) | more for k, v in own.items()},
        }
        for case, own in values.items()
    ]
    path.write_text(json.dumps({"metric_per_case": cases, "mean": {}, "foreground_mean": {}}))


def test_a_summary_of_nnunet(tmp_path):
    path = tmp_path / "summary.json"
    nnunet(path, {"CT_1": {"1": 0.9, "(1, 2)": 0.8}, "CT_2": {"1": 0.7, "(1, 2)": math.nan}})
    card = load_results(path)
    assert (card.foreign, card.metrics) == ("nnU-Net", ("dice", "iou"))
    assert card.summary[""]["1"]["dice"].mean == pytest.approx(0.8)
    assert card.summary[""]["(1, 2)"]["dice"].n_undefined == 1
    assert card.cases[0].case == "CT_1"
    assert card.cases[0].gt_voxels == {"1": 100, "(1, 2)": 100}  # TP + FN


def test_labels_have_the_names_of_the_dataset_beside(tmp_path):
    nnunet(tmp_path / "summary.json", {"a": {"1": 0.9, "(1, 2)": 0.8}})
    labels = {"background": 0, "core": 1, "whole": [1, 2]}
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    assert set(load_results(tmp_path / "summary.json").summary[""]) == {"core", "whole", "overall"}


def test_a_table_of_panoptica(tmp_path):
    path = tmp_path / "r.tsv"
    path.write_text(
        "subject_name\tliver-pq\tliver-global_bin_dsc\tliver-tp\nP1\t0.5\t0.8\t3\nP2\t\t0.6\t0\n"
    )
    card = load_results(path)
    assert (card.foreign, card.metrics) == ("panoptica", ("pq:as=panoptica", "dice"))
    assert card.summary[""]["liver"]["dice"].mean == pytest.approx(0.7)
    assert card.summary[""]["liver"]["pq:as=panoptica"].n_undefined == 1


@pytest.mark.parametrize(
    "text",
    [
        "subject_name\tx\n",
        "subject_name\ta-pq\nP1\tx\n",
        '{"metric_per_case": [{"metrics": {"1": 3}}]}',
    ],
)
def test_what_is_damaged_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RequestError):
        load_results(tmp_path / "x.json")


@pytest.mark.parametrize("suffix", sorted({s for some in READERS.values() for s in some}))
def test_a_case_of_nnunet_is_named_without_the_suffix_of_any_reader(tmp_path, suffix):
    metrics = {"1": measured(0.5, 1, 1)}
    case = {"prediction_file": f"/there/Case_7.v2{suffix.upper()}", "metrics": metrics}
    path = tmp_path / "summary.json"
    path.write_text(json.dumps({"metric_per_case": [case]}))
    assert [one.case for one in load_results(path).cases] == ["Case_7.v2"]
