"""What an editor and a type checker know of the Python face (CLI-Y1)."""

import subprocess
import sys
from pathlib import Path

import pytest

import segeval

LINES = {  # a line of a user's program -> what is said of it; "" is nothing
    "card = segeval.score(a, a, 'dice', classes={1: 'x'}, kind='labels', ignore_label=255)": "",
    "mean: float = card.summary()['x']['dice'].mean": "",
    "segeval.score('pred/', 'gt/', ['dice'], jobs=2, pairs='cases.csv')": "",
    "loop = segeval.Evaluator(['dice'], preset='semantic', classes='cityscapes')": "",
    "loop.add(a, a, 'x', spacing=(1, 1, 1))": "",
    "loop.update(a, a, ['x', 'y', 'z'])": "",
    "passed: bool = segeval.gate(card, 'dice=0.5', policy='regression').passed": "",
    "segeval.compare(card, 'old.json', names=['a', 'b']).save('c.csv')": "",
    "segeval.score(a, a, 'dice', kind='lables')": "incompatible type \"Literal['lables']\"",
    "segeval.score(a, a, 'dice', treshold=0.5)": 'did you mean "threshold"?',
    "segeval.Evaluator('dice', missing='ignore')": "incompatible type",
    "segeval.gate(card, 'dice=0.5', policy='worse')": "incompatible type",
    "segeval.scores(a, a)": "Module has no attribute",
}


def test_a_type_checker_knows_the_choices(tmp_path):
    pytest.importorskip("mypy", reason="the extra test")
    program = tmp_path / "program.py"
    head = "import numpy as np\nimport segeval\na = np.zeros((3, 4, 5), np.uint8)\n"
    program.write_text(head + "\n".join(LINES) + "\n")
    call = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", program]
    source = Path(segeval.__file__).parents[1]
    found = {} if source.name == "site-packages" else {"MYPYPATH": str(source)}  # mypy refuses it
    done = subprocess.run(
        call, cwd=tmp_path, env={**found, "PATH": ""},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    said = {}
    for line in done.stdout.splitlines():
        if line.startswith("program.py:") and ": error:" in line:
            said.setdefault(int(line.split(":")[1]) - 4, line)
    for place, (line, wanted) in enumerate(LINES.items()):
        assert (place in said) == bool(wanted), (line, done.stdout)
        assert wanted in said.get(place, ""), line
