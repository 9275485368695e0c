"""The short form of `benchmarks/scale.py`: killed twice, resumed, in shards, merged."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_killed_resumed_and_merged_gives_the_bytes_of_one_run(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(BENCHMARKS)
    spec = importlib.util.spec_from_file_location("scale", BENCHMARKS / "scale.py")
    scale = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scale)
    monkeypatch.setattr(scale, "DATA", tmp_path)
    monkeypatch.setattr(scale, "SHARDS", 2)
    monkeypatch.setattr(scale, "LOOK", 0.002)
    assert scale.check(400, 1) == []
    said = capsys.readouterr().out
    kept = [int(n) for n in re.findall(r"(\d+) of 400 cases are kept", said)]
    assert len(kept) == 2
    assert 0 < kept[0] < kept[1] < 400
    assert (tmp_path / "scale_whole.json").read_text().count('{"case": "case_') == 400
