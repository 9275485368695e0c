"""The notebooks run, in seconds, and show what their scripts give (CLI-Y3)."""

import ast
import json
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "docs" / "notebooks").glob("*.py"))


@pytest.fixture
def notebooks(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import notebooks

    return notebooks


def test_every_user_has_one():
    assert [path.stem for path in SCRIPTS] == ["engineer", "physicist", "researcher"]
    assert {path.with_suffix(".ipynb") for path in SCRIPTS} == set(
        SCRIPTS[0].parent.glob("*.ipynb")
    )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_its_script_gives(notebooks, path):
    if "to_dataframe" in path.read_text("utf-8"):
        pytest.importorskip("pandas", reason="pandas is not installed")
    began = time.process_time()
    made = notebooks.run_notebook(path)
    assert time.process_time() - began < 30
    kept = path.with_suffix(".ipynb").read_text("utf-8")
    assert json.loads(made) == json.loads(kept), "run python docs/refresh.py"
    assert made == kept


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_is_one_by_its_form(path):
    content = json.loads(path.with_suffix(".ipynb").read_text("utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in content["cells"]]
    assert len(set(ids)) == len(ids)
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert all(ast.parse("".join(cell["source"])) for cell in code)
    assert any(cell["outputs"] for cell in code)
    assert str(ROOT) not in json.dumps(content)


def test_a_cell_that_fails_fails_the_notebook(notebooks, tmp_path):
    (tmp_path / "a.py").write_text("# %%\nx = 1\n\n# %%\nx / 0\n")
    with pytest.raises(ZeroDivisionError):
        notebooks.run_notebook(tmp_path / "a.py")
    assert Path.cwd() != tmp_path
    assert "notebooks" in sys.modules
