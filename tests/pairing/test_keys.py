from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.pairing.keys import best_level, key_levels, keys_by_pattern, match_keys
from segeval.runtime.errors import RequestError


@dataclass(frozen=True)
class File:
    path: str

    @property
    def bare(self):
        return self.path.rpartition(".")[0]

    @property
    def name(self):
        return self.bare.rpartition("/")[2]

    @property
    def paths(self):
        return [self.path]


def files(text):
    return [File(word) for word in text.split()]


@pytest.mark.parametrize(
    ("level", "truth", "pred"),
    [
        (0, "a/x.png b.png", "a/x.png b.png"),
        (1, "a/x.png b.png", "a/x.nii b.nii"),
        (2, "a/x.png b.png", "x.png c/b.png"),
        (3, "x_gt.png b_gt.png", "x_seg.png b.png"),
        (4, "X_gt.png b_gt.png", "x_seg.png B.png"),
    ],
)
def test_k0_to_k4_the_strictest_level_that_pairs_all(level, truth, pred):
    found, tried = best_level(files(truth), files(pred))
    assert found.level == level
    assert sorted(found.pairs.items()) == [(0, 0), (1, 1)]
    assert len(tried) == level + 1  # the search ends where nothing is left


def test_m1_ties_go_to_the_stricter_level():
    # by path b.png pairs, by role tokens only a does: one each
    found, _ = best_level(files("a_gt.png b.png"), files("c.png b.png"))
    assert (found.level, found.pairs) == (0, {1: 1})


def test_m1_one_level_for_the_whole_run():
    # K2 pairs b alone, K3 both
    found, _ = best_level(files("a_gt.png b.png"), files("x/a.png x/b.png"))
    assert (found.level, found.pairs) == (3, {0: 0, 1: 1})


def test_m1_a_level_where_a_side_shares_a_key_is_not_usable():
    # K2 would pair 1 of 2, but a stands twice among the predictions
    found, tried = best_level(files("g/a.png b.png"), files("x/a.png y/a.png b.png"))
    assert (found.level, found.pairs) == (0, {1: 2})
    assert tried[2].twice == ("a",)


def test_k3_channel_number_of_a_network_input():
    # a_0000_seg was named after the image a_0000.nii.gz
    found, _ = best_level(files("a.nii b.nii"), files("a_0000_seg.nii b_0000_seg.nii"))
    assert (found.level, found.pairs) == (3, {0: 0, 1: 1})


def test_k3_frames_keep_their_number():
    # without its number frame 0 would be called like the picture a
    truth = files("a_0000_gt.png a_0001_gt.png a_gt.png")
    found, _ = best_level(truth, files("a_0000.png a_0001.png a.png"))
    assert (found.level, found.pairs) == (3, {0: 0, 1: 1, 2: 2})


words = st.from_regex(r"[a-cA-C]{1,2}(_gt|_seg|_0000)?", fullmatch=True)
paths = st.builds(lambda folder, word, end: folder + word + end, st.sampled_from(["", "x/", "y/"]),
                  words, st.sampled_from([".png", ".nii"]))  # fmt: skip


@given(st.lists(paths, unique=True, min_size=1), st.lists(paths, unique=True, min_size=1))
def test_a_laxer_key_never_tells_apart_what_a_stricter_one_joins(truth, pred):
    one, other = [File(p) for p in truth], [File(p) for p in pred]
    keys = key_levels(one, other)
    for a in one:
        for b in other:
            same = [key(a) == key(b) for key in keys]
            assert same == sorted(same)


@given(st.lists(paths, unique=True, min_size=1), st.lists(paths, unique=True, min_size=1))
def test_no_prediction_is_used_twice_and_order_does_not_matter(truth, pred):
    one, other = [File(p) for p in truth], [File(p) for p in pred]
    found, _ = best_level(one, other)
    assert len(set(found.pairs.values())) == len(found.pairs)
    turned, _ = best_level(one[::-1], other[::-1])
    named = {(one[t].path, other[p].path) for t, p in found.pairs.items()}
    last = (len(one) - 1, len(other) - 1)
    assert named == {
        (one[last[0] - t].path, other[last[1] - p].path) for t, p in turned.pairs.items()
    }


def test_a_key_twice_on_either_side_gives_no_pairs():
    assert match_keys(2, ["a", "a"], ["a"]).twice == ("a",)
    assert match_keys(2, ["a"], ["b", "b"]).twice == ("b",)
    assert match_keys(2, ["a"], ["a"]).pairs == {0: 0}


def test_patterns_need_a_group_named_case():
    entries = files("x/p1_a.png q.png")
    assert keys_by_pattern(entries, r"(?P<case>p\d)", "--o") == ["p1", None]
    with pytest.raises(RequestError, match="no group named case"):
        keys_by_pattern(entries, "p(.)", "--o")
    with pytest.raises(RequestError, match="--o is no regular expression"):
        keys_by_pattern(entries, "(", "--o")
