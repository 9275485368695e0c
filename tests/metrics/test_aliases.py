"""CLI-U3: names of the field, by the same number; names with two meanings; names that are near."""

import re

import pytest

from segeval.api.choices import combine_settings
from segeval.api.request_checks import requested_metrics
from segeval.metrics.aliases import ALIASES, CANONICAL, NEAR, TWO_MEANINGS
from segeval.metrics.registry import load_all_metrics, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace


def resolved(text):
    return str(resolve_metric(parse_metric(text))[0])


@pytest.mark.parametrize("alias", CANONICAL)
def test_an_alias_is_its_metric_in_any_case(alias):
    assert resolved(alias) == resolved(alias.upper()) == CANONICAL[alias]


def test_no_alias_hides_a_metric_or_another_alias():
    words = [word for words in ALIASES.values() for word in words.split()]
    assert len(words) == len(set(words))
    assert not set(words) & {*load_all_metrics(), *TWO_MEANINGS, *NEAR}
    assert {resolve_metric(parse_metric(name))[1].name for name in ALIASES} <= {*load_all_metrics()}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Surface-Dice@2mm", "nsd@2mm"),
        ("Hausdorff@95%", "hd95"),
        ("HAUSDORFF95:as=medpy", "hd95:as=medpy"),
        ("Dice-Coefficient", "dice"),
        ("Dice Coefficient", "dice"),
        ("HD 95", "hd95"),
        ("Hausdorff Distance:as=monai", "hd:as=monai"),
        ("AP50", "ap@50%"),
        ("F2", "fbeta@2"),
        ("f1@50%", "f1@50%"),
        ("Fbeta@2", "fbeta@2"),
    ],
)
def test_quantities_and_options_stay(text, name):
    assert resolved(text) == name


@pytest.mark.parametrize("word", TWO_MEANINGS)
def test_a_name_with_two_meanings_is_answered_with_both(word):
    with pytest.raises(RequestError, match="two meanings") as caught:
        resolved(word)
    assert " or " in caught.value.help


@pytest.mark.parametrize("word", NEAR)
def test_a_near_word_is_answered_by_meaning(word):
    with pytest.raises(RequestError, match="unknown metric") as caught:
        resolved(word)
    near = caught.value.help.removeprefix("near in meaning: ")
    assert near != caught.value.help
    assert resolved(re.split(r",| ", near)[0])  # it is a metric


def test_a_word_that_nothing_is_near_to_leads_to_the_list():
    with pytest.raises(RequestError, match="unknown metric 'xylophone'") as caught:
        resolved("xylophone")
    assert caught.value.help == "segeval metrics lists them"


def test_metrics_without_a_comma_between_them_are_answered_with_one():
    with pytest.raises(RequestError, match="unknown metric") as caught:
        resolved("dice hd95 dsc")
    assert caught.value.help == "write dice,hd95,dsc"


@pytest.mark.parametrize("text", ["biou", "lesion_nsd", "biou:by=slice"])
def test_a_metric_of_a_length_is_not_asked_for_without_one(text):
    settings = combine_settings(None, {"metrics": text, "instances": "components"})
    with pytest.raises(RequestError, match="needs a length") as caught:
        requested_metrics(settings)
    right = caught.value.help.removeprefix("write ")
    assert requested_metrics(replace(settings, metrics=(parse_metric(right),)))


def test_a_misspelt_alias_is_answered_with_the_name_that_is_printed():
    with pytest.raises(RequestError) as caught:
        resolved("sensitivty")
    assert caught.value.help.startswith("did you mean recall")


def test_a_name_that_carries_its_percentile_takes_no_other():
    with pytest.raises(RequestError, match="takes no quantity"):
        resolved("hausdorff95@99%")
