import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paths import SHARED
from trees import ids, paired, shown, tree

from segeval.pairing.cases import Case, CaseFiles, Pairing
from segeval.pairing.pair import pair_paths
from segeval.pairing.table import (
    format_pairs,
    pairing_rows,
    read_pair_rows,
    read_pairs,
    write_pairs,
)
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, PairingError, RequestError


def table(tmp_path, *lines, name="pairs.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_l15_paths_are_relative_to_the_table(tmp_path):
    path = table(tmp_path, "case,pred,gt", "b,p/2.nii,g/2.nii", "a,p/1.nii,g/1.nii")
    found = read_pairs(path)
    assert shown(found) == [("a", "p/1.nii", "g/1.nii"), ("b", "p/2.nii", "g/2.nii")]
    assert found.cases[0].truth.files == {"": tmp_path / "g/1.nii"}
    assert found.sentence == "paired 2 of 2 cases by pairs.csv"


def test_l15_through_the_door(tmp_path):
    path = table(tmp_path, "case,pred,gt", "a,p.nii,g.nii")
    assert ids(pair_paths(tmp_path / "no", tmp_path / "no", Settings(pairs=str(path)))) == ["a"]


def test_i11_a_row_a_class(tmp_path):
    path = table(
        tmp_path,
        "case,pred,gt,class",
        "a,p/liver.nii,g/liver.nii,liver",
        "a,,g/heart.nii,heart",
        "b,p/liver.nii,g/liver.nii,liver",
    )
    first = read_pairs(path).cases[0]
    assert list(first.truth.files) == ["liver", "heart"]
    assert first.pred is not None
    assert list(first.pred.files) == ["liver"]


def test_i11_all_columns_in_json_lines(tmp_path):
    row = {
        "case": "a",
        "pred": "p.nii",
        "gt": "g.nii",
        "image": "ct.nii",
        "spacing": [0.98, 0.98, 3],
        "group": "site 1",
        "patient": 7,
    }
    (case,) = read_pairs(table(tmp_path, json.dumps(row), "", name="pairs.jsonl")).cases
    assert (case.group, case.patient, case.image) == ("site 1", "7", tmp_path / "ct.nii")
    assert case.spacing == (3, 0.98, 0.98)  # the order of arrays, z first


@pytest.mark.parametrize("text", ["0.5,0.5,2", "0.5x0.5x2", "0.5; 0.5; 2"])
def test_i11_spacing_in_csv(tmp_path, text):
    path = table(tmp_path, "case,pred,gt,spacing", f'a,p.nii,g.nii,"{text}"')
    assert read_pairs(path).cases[0].spacing == (2, 0.5, 0.5)


def test_i5_probabilities_beside_a_label_map_of_the_table(tmp_path):
    tree(tmp_path, "p/a.nii.gz", "p/a.npz", "g/a.nii.gz", "g/a.npz")
    case = read_pairs(table(tmp_path, "case,pred,gt", "a,p/a.nii.gz,g/a.nii.gz")).cases[0]
    assert case.pred is not None
    assert case.pred.scores == tmp_path / "p/a.npz"
    assert case.truth.scores is None


def test_p1_m4_missing_and_extra_rows(tmp_path):
    path = table(tmp_path, "case,pred,gt", "a,,g.nii", "b,p.nii,", "c,p.nii,g.nii")
    found = read_pairs(path)
    assert found.sentence == (
        "paired 1 of 2 cases by pairs.csv (1 ground-truth case has no prediction)"
    )
    assert found.cases[0].pred is None
    assert found.extra == ("b",)
    with pytest.raises(PairingError, match="1 prediction without ground truth"):
        read_pairs(path, strict=True)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["case,pred,truth", "a,p,g"], "line 1: unknown column 'truth'"),
        (["case,pred", "a,p"], "line 1: no column gt"),
        (["case,pred,gt", ",p,g"], "line 2 names no case"),
        (["case,pred,gt", "a,,"], "line 2 has neither pred nor gt"),
        (["case,pred,gt", "a,p,g,x"], "line 2 has more cells than the head"),
        (["case,pred,gt", "a,p,g", "a,q,h"], "two rows have the pred of the case"),
        (["case,pred,gt,class", "a,p,g,x", "a,q,h,"], "some rows name a class and some do not"),
        (["case,pred,gt,class,group", "a,p,g,x,1", "a,q,h,y,2"], "the rows differ in group"),
        (["case,pred,gt,spacing", "a,p,g,0"], "'0' is no spacing"),
        (["case,pred,gt,spacing", "a,p,g,1x-1"], "is no spacing"),
        (["case,pred,gt,spacing", "a,p,g,fine"], "'fine' is no spacing"),
        (['{"case": "a"'], "line 1 is not JSON"),
        (['{"case": "a", "pred": "p"}'], "line 1: no column gt"),
        (['{"case": "a", "pred": "p", "gt": "g"}', "[]"], "line 2 is not an object"),
    ],
)
def test_i11_tables_that_make_no_sense(tmp_path, lines, message):
    with pytest.raises(RequestError, match=message):
        read_pairs(table(tmp_path, *lines))


def test_i11_a_misspelt_column_gets_a_suggestion(tmp_path):
    with pytest.raises(RequestError) as problem:
        read_pairs(table(tmp_path, "case,pred,gt,patinet", "a,p,g,1"))
    assert problem.value.help == "did you mean patient?"


def test_m5_a_table_without_ground_truth(tmp_path):
    with pytest.raises(NothingToScore):
        read_pairs(table(tmp_path, "case,pred,gt"))
    with pytest.raises(NothingToScore):
        read_pairs(table(tmp_path, "case,pred,gt", "a,p,"))


def test_a_table_that_cannot_be_read(tmp_path):
    with pytest.raises(RequestError, match="cannot read the pairs"):
        read_pairs(tmp_path / "no.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(RequestError, match="not UTF-8"):
        read_pairs(tmp_path / "x.csv")


def test_tabs_and_the_mark_of_a_spreadsheet(tmp_path):
    path = table(tmp_path, "\ufeffcase\tpred\tgt", "a\tp.nii\tg.nii")
    assert ids(read_pairs(path)) == ["a"]


def test_pairs_written_give_the_same_cases(tmp_path):
    names = "s1/liver.nii s1/heart.nii s2/liver.nii"
    found = paired(tmp_path, f"{names} s3/liver.nii", f"{names} s10/liver.nii")
    path = tmp_path / "out" / "pairs.csv"
    write_pairs(found, path)
    again = read_pairs(path)
    assert [(c.id, c.truth.files, c.pred and c.pred.files) for c in again.cases] == [
        (c.id, c.truth.files, c.pred and c.pred.files) for c in found.cases
    ]
    assert path.read_text("utf-8").splitlines()[:2] == [
        "case,pred,gt,class",
        "s1,../pred/s1/heart.nii,../gt/s1/heart.nii,heart",
    ]
    assert [p.name for p in path.parent.iterdir()] == ["pairs.csv"]


def test_a_table_that_cannot_be_written(tmp_path):
    found = paired(tmp_path, "a.png", "a.png")
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="cannot write the pairs"):
        write_pairs(found, tmp_path / "file" / "pairs.csv")


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
plain = words.map(lambda w: w.replace("/", "").strip(".")).filter(bool)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain, plain, st.none() | st.tuples(*[st.sampled_from([0.5, 1.0, 2.5])] * 3), plain)
def test_any_case_reads_back_from_its_row(tmp_path, case, name, spacing, group):
    side = CaseFiles(tmp_path, {"": tmp_path / "x" / name})
    made = Case(case, side, side, group, "p", tmp_path / "i.nii", spacing)
    path = tmp_path / "t.csv"
    path.write_text(format_pairs(Pairing((made,), ""), tmp_path), "utf-8", newline="")
    (again,) = read_pairs(path).cases
    assert (again.id, again.truth.files, again.group) == (case, side.files, group)
    assert (again.spacing, again.image) == (spacing, made.image)


def test_rows_for_people(tmp_path):
    found = paired(tmp_path, "s1.nii.gz s1.npz", "s1/liver.nii s1/heart.nii s2/liver.nii")
    assert pairing_rows(found) == [
        ("case", "pred", "gt", "files"),
        ("s1", "s1.nii.gz", "s1", "nii.gz + npz / 2 class files"),
        ("s2", "(none)", "s2", "1 class file"),
    ]


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="shared/data is not beside the project")
def test_real_organs_read_back(tmp_path):
    root = SHARED / "data" / "oar_two_observers"
    found = pair_paths(root / "radiographer", root / "oncologist", Settings())
    write_pairs(found, tmp_path / "pairs.csv")
    (again,) = read_pairs(tmp_path / "pairs.csv").cases
    assert again.truth.files == found.cases[0].truth.files


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
@pytest.mark.parametrize("head", ["[" * 200_000, "a" * 200_000, '"' + "a,b\n" * 50_000])
def test_a_head_without_end_is_no_table(tmp_path, name, head):
    path = tmp_path / name
    path.write_text(head + "\n")
    with pytest.raises(RequestError, match="line 1 is no row"):
        list(read_pair_rows(path))
