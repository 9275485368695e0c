"""Wrong requests of Python, and what their help lines make of them (ACCOUNT-A31)."""

import numpy as np
from advice.driver import Situation, Way
from advice.files import nothing

import segeval
from segeval.runtime.errors import SegevalError
from segeval.runtime.frozen import replace

ONE = np.ones((3, 4), np.uint8)
VOLUME = np.ones((2, 3, 4), np.uint8)
MASKED = np.ma.masked_array(ONE, np.eye(3, 4, dtype=bool))
LOOP = segeval.Evaluator("dice")


def score(pred=ONE, gt=ONE, metrics="dice", **choices):
    return lambda: segeval.score(pred, gt, metrics, **choices)


def picture(mode):
    from PIL import Image

    return Image.new(mode, (4, 3))


def looped(*names):
    """The last result of a loop; an error of it, raised."""

    def run():
        loop = segeval.Evaluator("dice")
        for k, name in enumerate(names):
            truth = np.zeros((3, 4), int)
            truth[k] = 1
            loop.add(truth, truth, name)
        for case in loop.card().cases:
            raise_error_of(case)

    return run


def raise_error_of(case):
    if case.error is not None:
        raise SegevalError(case.error["message"], help=case.error["help"])


def added(gt, **choices):
    return lambda: raise_error_of(segeval.Evaluator("dice", **choices).add(ONE, gt, "a"))


def card(*names):
    """A Scorecard of some cases, which belong to groups."""
    loop = segeval.Evaluator("dice")
    for name in names or ("a",):
        loop.add(ONE, ONE, name, group="site")
    return loop.card()


def in_folder(call):
    """A call that is given a folder which is gone afterwards."""

    def run():
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            call(folder)

    return run


def saved(name, what=card):
    return in_folder(lambda folder: what().save(f"{folder}/{name}"))


def loaded(folder):
    card().save(f"{folder}/results.json")
    segeval.load(f"{folder}/results.json")


def both(**choices):
    return lambda: segeval.compare(card("a", "b"), card("a"), **choices)


def compared():
    return segeval.compare(card(), card())


def gated(*rules, **choices):
    return lambda: segeval.gate(card(), *rules, **choices)


PART = replace(card(), shard={"part": 1, "of": 2})
LED_OUT = [  # place, what is wrong, words of the help, what they make of it
    ("check_truth", score(ONE[0], ONE[0]), "(z, y, x) or (y, x)", score()),
    ("check_truth", score(VOLUME[None], VOLUME[None]), "gt[0]", score(VOLUME[None], VOLUME)),
    ("channels_first", score(ONE[0], ONE), "a label map of gt's axes", score()),
    ("array_job", score(frames=True), "score(pred[0], gt[0])", score(VOLUME[0], VOLUME[0])),
    ("read_given", score(classes={}), '{1: "liver"}', score(classes={1: "liver"})),
    ("read_given", score(kind=3), "one of auto, labels", score(kind="labels")),
    ("chosen_classes", score(classes={}), '{1: "liver"}', score(classes={1: "liver"})),
    ("chosen_classes", score(classes=[True]), "['liver']", score(classes=["1"])),
    ("chosen_classes", score(classes=[]), "leave it out", score()),
    ("take_given", added(None), "an array, an image or a path", added(ONE)),
    ("take_given", score({1: 2}), "give an array", score()),
    ("host_array", score(picture("RGB")), "or a label map", score(picture("L"))),
    ("host_array", score([[1, 2], [3]]), "an array of NumPy", score(np.array([[1]] * 3) + ONE)),
    (
        "_unmasked",
        score(gt=MASKED),
        "gt.filled(255) with ignore_label=255",
        score(gt=MASKED.filled(255), ignore_label=255),
    ),
    ("_score_one", added(MASKED), "ignore_label=255", added(MASKED.filled(255), ignore_label=255)),
    ("_case_name", lambda: LOOP.add(ONE, ONE, ""), "case=", lambda: LOOP.add(ONE, ONE, case="a")),
    ("_two_cases", looped("a", "a"), "a name of its own", looped("a", "b")),
    ("refuse", looped("a", "a"), "a name of its own", looped("a", "b")),
    ("score", lambda: segeval.score(metrics="dice"), "give both", score()),
    ("score", score("pred.png", ONE), "two of a kind", score()),
    ("requested_metrics", score(metrics=[]), "dice", score(metrics="dice")),
    ("check_meanings", score(metrics="f1"), "dice", score(metrics="dice")),
    (
        "check_tolerance_given",
        score(metrics="nsd"),
        "nsd@2mm",
        score(metrics="nsd@2mm", spacing=(1, 1)),
    ),
    ("card", lambda: segeval.Evaluator("dice").card(), "evaluator.add(pred, gt", looped("a")),
    ("load", lambda: segeval.load(3), "give a path", in_folder(loaded)),
    ("save_card", lambda: card().save("-"), "print(card)", lambda: print(card())),
    ("draw_card", lambda: card().figure("pie"), "strips", lambda: card().figure("strips")),
    ("compare", lambda: segeval.compare(card()), "segeval.compare(a, b)", compared),
    ("compare", both(), "allow_different_cases=True", both(allow_different_cases=True)),
    ("gate", gated(), 'give rules: "dice=0.85"', gated("dice=0.85")),
    ("gate", gated(baseline=PART), "segeval merge SHARDS -o whole.json", gated(baseline=card())),
    ("__call__", lambda: card().summary("x"), "are site", lambda: card().summary("site")),
    ("save", saved("a.html", compared), "table, markdown, csv, json", saved("a.csv", compared)),
]


def situation(number, wrong, words, right):
    """A call that is wrong, and the one that the words of its help make of it."""
    function = lambda other=wrong: other()  # noqa: E731
    also = ("-m", "--tolerance")  # of the command line
    ways = (Way(words, lambda *_: [right]),)
    return Situation(f"{number} {words}", nothing, function, ways, None, also)


SITUATIONS = [situation(n, *one[1:]) for n, one in enumerate(LED_OUT)]
