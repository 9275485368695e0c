"""`segeval merge`: shards with their gates, as one run would have written them."""

import json
from importlib.resources import files

import build
import pytest

NII = (build.nifti, ".nii.gz")
RULES = ("--gate", "1/dice=0.99", "--gate", "2/iou.pooled=0.01", "-m", "dice")


@pytest.fixture
def scored(segeval, here):
    """Whole and two shards of four cases, with a gate that is missed."""
    for side, seed in (("gt", 0), ("pred", 9)):
        files = {n: build.blocks(seed=seed + i) for i, n in enumerate("abcd")}
        build.folder(here / side, NII, **files)
    quiet = ("score", "pred", "gt", *RULES, "--format", "none")
    assert segeval(*quiet, "-o", "whole.json").status == 1
    for part in (1, 2):
        ran = segeval(*quiet, "-o", f"{part}.json", "--shard", f"{part}/2")
        assert ran.status == 0, ran.err  # a part decides nothing
        assert "FAIL" not in ran.err
    return here


def test_the_bytes_are_those_of_one_run_with_its_gates(segeval, scored):  # O2
    ran = segeval("merge", "2.json", "1.json", "-o", "all.json", "--format", "none")
    assert ran.status == 1
    assert "FAIL 1/dice" in ran.err
    assert "PASS 2/iou.pooled" in ran.err
    assert (scored / "all.json").read_bytes() == (scored / "whole.json").read_bytes()


def test_other_formats_come_out_of_it(segeval, scored):
    ran = segeval("merge", "1.json", "2.json", "--format", "csv", "-o", "all.md", "--exit-zero")
    assert ran.status == 0
    assert ran.out.startswith("case,class,metric,value")
    assert len(ran.out.splitlines()) > 4
    assert (scored / "all.md").read_text().startswith(("|", "4 cases", "#", "**"))


def test_rules_of_the_shards_and_others_add_up_account_a35(segeval, scored):
    ran = segeval("merge", "1.json", "2.json", "--gate", "dice=0.0001", "--format", "none")
    assert (ran.status, ran.err.count("FAIL"), "gates: 1 of 5 missed" in ran.err) == (1, 1, True)
    more = "--gate", "dice=0.0001", "--only-gates"
    ran = segeval("merge", "1.json", "2.json", *more, "--format", "none")
    assert (ran.status, "FAIL" in ran.err) == (0, False)


def test_a_case_that_could_not_be_scored_is_3_as_in_one_run(segeval, scored):
    (scored / "pred" / "c.nii.gz").write_bytes(b"damaged")
    for part in (1, 2):
        segeval(
            "score", "pred", "gt", "-o", f"{part}.json", "--shard", f"{part}/2", "--format=none"
        )
    ran = segeval("merge", "1.json", "2.json", "--format", "none")
    assert ran.status == 3
    assert "error: c: " in ran.err


def test_a_missing_shard_a_damaged_file_and_none_are_2(segeval, scored):
    ran = segeval("merge", "1.json")
    assert (ran.status, ran.out) == (2, "")
    assert "1 of 2 shards missing: 2/2" in ran.err
    (scored / "2.json").write_text("{")
    ran = segeval("merge", "1.json", "2.json")
    assert ran.status == 2
    assert ran.err.startswith("error: 2.json: no JSON")
    assert segeval("merge", "1.json", "none.json").status == 2
    assert segeval("merge").status == 2


def test_the_schema_knows_a_shard(scored):
    import jsonschema

    schema = json.loads((files("segeval") / "data/results.schema.json").read_text())
    content = json.loads((scored / "1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(content)
    assert content["shard"]["gates"] == ["1/dice=0.99", "2/iou.pooled=0.01"]
