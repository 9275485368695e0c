"""Conventions under one name: options, their one spelling, and the way to a worker process."""

import pickle

import pytest

from segeval.errors import RequestError
from segeval.grammar import parse
from segeval.metrics.registry import arguments, full_text, known, pieces, resolve
from segeval.tallies.pieces import Bins, Ce, ClassBins, Logs

CONVENTIONS = [(name, word) for name, found in known().items() for word in found.origins or [""]]


@pytest.mark.parametrize(
    ("asked", "spelled"),
    [
        ("ce:as=torch", "ce"),
        ("ce:as=keras", "ce:as=keras"),
        ("dice_loss:smooth_nr=0.00001", "dice_loss"),
        ("dice_loss:smooth_nr=1e-6", "dice_loss:smooth_nr=1e-06"),
        ("dice_loss:background=no:as=monai", "dice_loss"),
        ("ece@15", "ece"),
        ("ece@20:as=monai", "ece:as=monai"),
        ("ece@15:as=monai", "ece@15:as=monai"),
    ],
)
def test_one_spelling(asked, spelled):
    assert str(resolve(parse(asked))[0]) == spelled


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("ce:as=tensor", "unknown ce:as 'tensor'"),
        ("dice_loss:as=nnunet:gamma=2", "unknown option of dice_loss:as=nnunet 'gamma'"),
        ("dice_loss:smooth_nr=little", "smooth_nr=little cannot be read"),
        ("dice_loss:background=maybe", "unknown dice_loss:background 'maybe'"),
    ],
)
def test_a_wrong_option_is_told_before_a_file_is_opened(asked, message):
    with pytest.raises(RequestError, match=message):
        resolve(parse(asked))


def test_the_function_gets_values_and_not_words():
    metric, definition = resolve(parse("ce:weights=1+0.5:smoothing=0.1"))
    given = arguments(metric, definition)
    assert (given["weights"], given["smoothing"]) == ((1.0, 0.5), 0.1)
    assert "as" not in given


def test_a_metric_says_what_it_needs():
    def needs(text):
        return set(pieces(*resolve(parse(text))))

    assert needs("dice_loss") == set()
    assert needs("ce") == {Ce("")}
    assert needs("ce:smoothing=0.1") == {Ce(""), Logs()}
    assert needs("ece@10") == {Bins(10, "torchmetrics"), ClassBins(10, "torchmetrics", False)}


@pytest.mark.parametrize(("name", "word"), CONVENTIONS)
def test_a_convention_goes_to_a_worker_process(name, word):
    _, definition = resolve(parse(f"{name}:as={word}" if word else name))
    back = pickle.loads(pickle.dumps(definition))
    assert (back.name, back.origin, back.compute) == (name, word, definition.compute)


@pytest.mark.parametrize(("name", "word"), CONVENTIONS)
def test_the_full_text_asks_for_the_same(name, word):
    metric, definition = resolve(parse(f"{name}:as={word}" if word else name))
    again, same = resolve(parse(full_text(metric, definition)))
    assert again == metric
    assert same.origin == word


@pytest.mark.parametrize(("name", "word"), CONVENTIONS)
def test_every_convention_is_documented(name, word):
    text = resolve(parse(f"{name}:as={word}" if word else name))[1].doc
    for line in ("formula  ", "empty    ", "source   "):
        assert line in text
