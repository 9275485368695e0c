"""ACCOUNT-A33: no words on the command line end as a bug (status 5)."""

import random
import sys
from importlib import import_module

import click
import pytest
from advice.driver import invoke
from advice.files import organ, pair

from segeval.cli.main import COMMANDS

VALUES = [
    "", "-1", "1e999", "nan", "-inf", "x" * 3000, "é", "a,b", ",", "=", "1=2=3", "../x", "/", ".",
    "9" * 400, "1e-400", "0x10", "١", "0.5", "dice=0.5", "*", "(?P<case>", "1=a", "a=1", "1+2=x",
    "0,0", "-1=0", "--", "9" * 25, "p.npy", "http://[::1", "1/0", "0/1", "ids", "5mm", "dice@",
    "hd95.pred_empty=nan", "1e308",
    "nsd@1e308mm", "fbeta@0", "1;2", "400,40", "1e9,1e9",
]  # fmt: skip
LEFT_OUT = {"--jobs", "--scheduler", "--log-file", "--help"}
PLACES = {
    "score": "p.npy g.npy",
    "pairs": "p.npy g.npy",
    "gate": "r.json",
    "compare": "r.json r.json",
    "show": "r.json",
    "merge": "r.json",
    "inspect": "p.npy",
    "metrics": "",
    "config": "",
}


@pytest.mark.parametrize("seed", range(4))
def test_a33_no_option_ends_as_a_bug(tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    pair(organ(1), organ(1, 2))(tmp_path)
    assert invoke(["score", "p.npy", "g.npy", "-m", "dice", "-o", "r.json", "-q"]).status == 0
    chance = random.Random(seed)
    for _ in range(60):
        name = chance.choice(["score", *PLACES])
        every = [
            p
            for p in import_module(COMMANDS[name][0]).command.params
            if isinstance(p, click.Option)
        ]
        words = [name, *PLACES[name].split()]
        for option in chance.sample(every, min(2, len(every))):
            long = max(option.opts, key=len)
            if long not in LEFT_OUT:
                flag = option.is_flag or option.count
                words.append(long if flag else f"{long}={chance.choice(VALUES)}")
        done = invoke(words)
        assert done.status != 5, (words, done.err)


# Python 3.14 takes a name that is too long for one that is not there.
OLD = sys.version_info < (3, 14)
TOO_LONG = "File name too long" if OLD else "does not exist"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--digits=99", "--digits: 99 is above 17"),
        (f"--pictures={'9' * 400}", "is above"),
        (f"--resample={'x' * 3000}", TOO_LONG if OLD else "resample: "),
        (f"--max-memory={'9' * 400}", "is no size"),
        (f"--instances={'9' * 40}", "none of ids"),
        (f"--aux={'x' * 3000}", TOO_LONG),
    ],
)
def test_a33_what_was_a_bug(tmp_path, monkeypatch, option, said):
    monkeypatch.chdir(tmp_path)
    pair()(tmp_path)
    done = invoke(["score", "p.npy", "g.npy", "-m", "dice", option])
    assert (done.status, said in done.err) == (2, True), done.err


def test_a33_a_path_of_a_settings_file_with_a_nul(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pair()(tmp_path)
    (tmp_path / "segeval.toml").write_text('images = "a\\u0000b"')
    done = invoke(["score", "p.npy", "g.npy", "-m", "dice"])
    assert (done.status, "holds a NUL" in done.err) == (2, True), done.err
