"""What an error says in Python: its facts and its help, by the names that Python has."""

import inspect
import pickle
import traceback

import numpy as np
import pytest

import segeval
from segeval.api.told_errors import COMMAND_ONLY, python_words
from segeval.runtime.errors import SegevalError
from segeval.runtime.frozen import fields

ONE = np.ones((4, 6), np.uint8)


def said(call):
    """The lines of a traceback below the call."""
    with pytest.raises(SegevalError) as caught:
        call()
    return "".join(traceback.format_exception_only(caught.value)).splitlines()[1:]


def test_a_traceback_has_the_facts_of_both_sides_and_what_to_do():
    assert said(lambda: segeval.score(ONE, ONE[:2], "dice")) == [
        "  pred 6x4",
        "  gt 6x2",
        "  shape 6x4 against 6x2",
        '  help: resample="gt" resizes the prediction (labels nearest neighbour, scores linear)',
    ]


def test_every_door_tells_and_tells_once(tmp_path):
    nowhere = str(tmp_path / "none.json")
    card = segeval.score(ONE, ONE, "dice")
    doors = [
        lambda: segeval.score(ONE, ONE, "nsd"),
        lambda: segeval.Evaluator("nsd"),
        lambda: segeval.Evaluator("dice").compute(),
        lambda: segeval.load(nowhere),
        lambda: segeval.gate(card),
        lambda: segeval.gate(nowhere, "dice=0.5"),  # `load` is a door inside of it
        lambda: segeval.compare(nowhere, nowhere),
        lambda: card.save(tmp_path / "a.bmp"),
        lambda: card.figure("nope"),
    ]
    for door in doors:
        lines = said(door)
        assert lines
        assert len(set(lines)) == len(lines)
        assert not any("--" in line for line in lines)


def test_an_error_that_was_told_survives_a_process():
    with pytest.raises(SegevalError) as caught:
        segeval.score(ONE, ONE, "nsd")
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.__notes__ == caught.value.__notes__
    assert again.help.startswith("write nsd@2mm")


@pytest.mark.parametrize(
    ("command", "python"),
    [
        ("--kind logits reads them as logits", 'kind="logits" reads them as logits'),
        ("--gt-kind prob, or --frames", 'gt_kind="prob", or frames=True'),
        ("--frames scores each", "frames=True scores each"),
        ("--ignore-label 255 leaves it out", "ignore_label=255 leaves it out"),
        ("write it with --spacing 1,2,5", "write it with spacing=(5, 2, 1)"),
        ("--spacing gives files", "spacing gives files"),
        ("--classes 1=car,2=bus; or", 'classes="1=car,2=bus"; or'),
        ("--classes 'liver#3' picks", 'classes="liver#3" picks'),
        ("(--classes labels.json)", '(classes="labels.json")'),
        ("--instances ids: every", 'instances="ids": every'),
        ("--max-memory 900MiB is enough", 'max_memory="900MiB" is enough'),
        ("--pairs TABLE in place", "pairs=TABLE in place"),
        ("--connectivity has it", "connectivity has it"),
        ("--remap-pred 5=1.", 'remap_pred="5=1".'),
        ("--alias a=b", 'aliases="a=b"'),
        ("-o results.json and --resume", "-o results.json and --resume"),
        ("dask worker --nthreads 1", "dask worker --nthreads 1"),
    ],
)
def test_options_become_keywords(command, python):
    assert python_words(command) == python


def test_what_the_command_alone_has_is_what_no_function_takes():
    functions = (segeval.score, segeval.gate, segeval.compare, segeval.Evaluator)
    taken = {name for one in functions for name in inspect.signature(one).parameters}
    known = {field.name for field in fields(segeval.Settings)}
    assert known >= COMMAND_ONLY
    assert not taken & COMMAND_ONLY
    shown = {
        field.name for field in fields(segeval.Settings) if field.metadata["group"] == "output"
    }
    assert known - taken - COMMAND_ONLY <= shown  # `card.save` takes these
