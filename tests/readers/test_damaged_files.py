"""A damaged packed file has the values of the whole or none: some of benchmarks/damaged_files."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location(
    "damaged_files", ROOT / "benchmarks" / "damaged_files.py"
)
damaged_files = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(damaged_files)


@pytest.mark.parametrize("name", damaged_files.FORMATS)
def test_no_damaged_file_has_another_value(tmp_path, name):
    came, wrong = damaged_files.try_format(name, 60, 1, tmp_path)
    assert wrong == []
    assert sum(came.values()) == 60
    if name not in damaged_files.UNCHECKED:
        assert came["refused"] > 30
