"""ACCOUNT-A37: settings given in Python are checked like those of the command line."""

import subprocess
import sys

import numpy as np
import pytest

import segeval
from segeval.cli.files import preset_names
from segeval.cli.settings_sources import CommandLineRequest, resolve_settings
from segeval.request.check_settings import TYPES, check_settings
from segeval.request.grammar import parse_metric
from segeval.request.presets import apply_preset
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import fields


@pytest.mark.parametrize(
    ("choice", "said", "help"),
    [
        ({"activation": "softmx"}, "activation: 'softmx' is none of", "did you mean softmax?"),
        ({"upsample": "align-corners"}, "upsample: 'align-corners' is none of", "align_corners"),
        ({"resample": "preds"}, "resample: 'preds' is no word and no file", "did you mean pred?"),
        ({"jobs": -1}, "jobs: -1 is below 0", ""),
        ({"jobs": 2.0}, "jobs: 2.0 is not a whole number", ""),
        ({"threshold": "0.5"}, "threshold: '0.5' is not a number", ""),
        ({"background": 1}, "background: 1 is not True or False", ""),
        ({"ignore_label": "255"}, "ignore_label: '255' is not whole numbers", ""),
        ({"metrics": ("dice",)}, "metrics: ('dice',) is not a tuple of metrics", ""),
        ({"classes": "liver"}, "classes: 'liver' is not a ClassList", ""),
        ({"preset": "semantc"}, "there is no preset 'semantc'", "semantic"),
    ],
)
def test_what_no_option_may_be_is_refused_account_a37(choice, said, help):
    mask = np.ones((4, 4), np.uint8)
    with pytest.raises(RequestError) as problem:
        segeval.score(mask, mask, settings=Settings(**choice))
    assert said in problem.value.message
    assert help in problem.value.help


def test_every_field_has_a_type_that_is_checked_account_a37():
    assert {field.type.partition(" | ")[0] for field in fields(Settings())} <= set(TYPES)
    check_settings(Settings())


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_chooses_in_python_what_it_chooses_on_the_command_line_account_a37(here, name):
    request = CommandLineRequest({"preset": name}, isolated=True)
    assert apply_preset(Settings(preset=name)) == resolve_settings(request, {}, here).settings


@pytest.fixture
def here(tmp_path):
    return tmp_path


def test_a_choice_of_the_settings_wins_over_their_preset_account_a37():
    own = (parse_metric("dice"),)
    assert apply_preset(Settings(preset="semantic", metrics=own)).metrics == own


def test_one_metric_is_a_word_and_several_may_be_a_list_account_a37():
    mask = np.ones((4, 4), np.uint8)
    assert segeval.score(mask, mask, "dice").metrics == ("dice",)
    assert segeval.score(mask, mask, "dice,iou").metrics == ("dice", "iou")
    assert segeval.score(mask, mask).metrics == ("dice", "iou", "volume_difference")
    assert "miou" in segeval.score(mask, mask, settings=Settings(preset="semantic")).metrics


@pytest.mark.parametrize("how", ["file", "stdin"])
def test_a_script_without_a_guard_runs_once_under_jobs(tmp_path, how):
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        for name in "abcd":
            np.save(tmp_path / side / f"{name}.npy", np.ones((4, 4), np.uint8))
    script = (
        "import segeval, threading, time\n"
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"  # so: no fork
        "print('runs')\n"
        "card = segeval.score('pred', 'gt', 'dice', settings=segeval.Settings(jobs=2))\n"
        "print(sorted({case.status for case in card.cases}))\n"
    )
    (tmp_path / "s.py").write_text(script)
    arguments = [sys.executable, "s.py" if how == "file" else "-"]
    done = subprocess.run(
        arguments, input=script, capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert (done.stdout, done.returncode) == ("runs\n['ok']\n", 0), done.stderr
