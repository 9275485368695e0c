"""Damaged files of every format: each is the problem of its own case, and no more.

A few rounds of `benchmarks/fuzz.py` in this process; the script also watches time and memory.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from runs import run

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("fuzz", ROOT / "benchmarks" / "fuzz.py")
fuzz = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(fuzz)

NAMES = ("a", "b", "c", "d")
BROKEN = ("b", "c")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("suffix", fuzz.FORMATS)
def test_a_damaged_file_is_the_problem_of_its_case(tmp_path, suffix, seed):
    rng = np.random.default_rng([seed, len(suffix)])
    fuzz.made(tmp_path, suffix, rng, NAMES)
    how = {}
    for name in BROKEN:
        side = str(rng.choice(["pred", "gt"]))
        how[name] = fuzz.damaged(next((tmp_path / side).glob(f"{name}.*")), rng)
    card = run(tmp_path / "pred", tmp_path / "gt", "dice", "ce")
    found = {case.case: case.status for case in card.cases}
    assert set(found) == set(NAMES), how
    assert [found[name] for name in NAMES if name not in BROKEN] == ["ok", "ok"], how
    assert "internal_error" not in found.values(), (how, [case.error for case in card.cases])


DAMAGE = {
    "a header that NumPy's parser stumbles over": (".npy", b"}", b"{"),
    "a negative size": (".npy", b"(6, 20, 24)", b"(6,-20, 24)"),
    "a size beyond all memory": (".npy", b"(6, 20, 24), ", b"(6, 2099999, 9"),
    "another type": (".npy", b"'|u1'", b"'|O8'"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_header(tmp_path, what):
    suffix, old, new = DAMAGE[what]
    fuzz.made(tmp_path, suffix, np.random.default_rng(0), NAMES)
    path = tmp_path / "pred" / f"b{suffix}"
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new[: len(old)] if len(new) > len(old) else new, 1))
    card = run(tmp_path / "pred", tmp_path / "gt", "dice")
    assert [case.status for case in card.cases] == ["ok", "unreadable", "ok", "ok"]


def test_a_wrong_checksum_in_an_archive(tmp_path):
    fuzz.made(tmp_path, ".npz", np.random.default_rng(0), NAMES)
    path = tmp_path / "pred" / "b.npz"
    content = bytearray(path.read_bytes())
    for place in (content.index(b"PK\x03\x04") + 14, content.index(b"PK\x01\x02") + 16):
        content[place] ^= 1  # both records of the CRC
    path.write_bytes(content)
    card = run(tmp_path / "pred", tmp_path / "gt", "dice")
    assert [case.status for case in card.cases] == ["ok", "unreadable", "ok", "ok"]
    assert "CRC" in card.cases[1].error["message"]


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", bytes(5000)])
def test_a_file_that_is_dicom_by_name_alone_is_not_dropped(tmp_path, content):  # P1
    from dicom_build import Organ, rtstruct, square

    for side in ("pred", "gt"):
        for name in NAMES:
            organ = Organ("Heart", [square(5, 12, z) for z in range(2, 8)])
            rtstruct(tmp_path / side / name / "structures.dcm", [organ], patient=name)
    (tmp_path / "gt" / "b" / "structures.dcm").write_bytes(content)
    card = run(tmp_path / "pred", tmp_path / "gt", "dice")
    found = {case.case: case.status for case in card.cases}
    assert found == {"a": "ok", "b": "unreadable", "c": "ok", "d": "ok"}


def test_the_script_finds_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "scored", lambda *_: (5, "Traceback", {"a": "internal_error"}))
    assert "status 5" in fuzz.wrong(tmp_path, {"a": "cut"}, ["b"])
    monkeypatch.setattr(fuzz, "scored", lambda *_: (3, "", {"a": "unreadable", "b": "unreadable"}))
    assert "not scored" in fuzz.wrong(tmp_path, {"a": "cut"}, ["b"])
    monkeypatch.setattr(fuzz, "scored", lambda *_: (3, "", {"b": "ok"}))
    assert "not in the results" in fuzz.wrong(tmp_path, {"a": "cut"}, ["b"])
    monkeypatch.setattr(fuzz, "scored", lambda *_: (3, "", {"a": "unreadable", "b": "ok"}))
    assert fuzz.wrong(tmp_path, {"a": "cut"}, ["b"]) == ""
