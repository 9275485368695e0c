"""A shard: the same cases on every machine, whatever other cases there are."""

from pathlib import Path

import pytest

from segeval.pairing.cases import Case, CaseFiles, Pairing
from segeval.pairing.shards import Shard, parse_shard
from segeval.runtime.errors import RequestError

SIDE = CaseFiles(Path(), {"": Path("x.png")})


def cases(*names):
    return tuple(Case(name, SIDE, SIDE) for name in names)


def test_every_case_is_in_one_shard_and_shards_are_about_equal():
    names = [f"case_{number}" for number in range(3000)]
    sizes = [sum(Shard(part, 10).holds(name) for name in names) for part in range(1, 11)]
    assert sum(sizes) == 3000
    assert min(sizes) > 240  # 300 +/- 3 standard deviations of 16.4 is 251 to 349


def test_the_hash_is_that_of_every_version():
    # printf liver_001 | b2sum -l 64
    number = 0xD02ED01D24598BC9
    assert [Shard(part, 7).holds("liver_001") for part in range(1, 8)].index(True) == number % 7


def test_a_case_stays_in_its_shard_when_others_are_added():  # O2
    few = Pairing(cases("a", "b", "c"), "paired")
    many = Pairing(cases("a", "b", "b2", "c", "d"), "paired")
    for part in (1, 2):
        own = {case.id for case in Shard(part, 2).cut(few).cases}
        assert own == {c.id for c in Shard(part, 2).cut(many).cases} & {"a", "b", "c"}


def test_a_shard_says_how_many_cases_it_has():
    cut = Shard(1, 1).cut(Pairing(cases("a", "b"), "paired 2 of 2 cases"))
    assert cut.sentence == "paired 2 of 2 cases; 2 of them in shard 1/1"


def test_a_shard_is_written_as_a_part_of_a_whole():
    assert parse_shard("3/10") == Shard(3, 10)
    assert str(Shard(3, 10)) == "3/10"


@pytest.mark.parametrize(
    "text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/3/5", "1/", "²/3", " "]
)
def test_what_is_no_part_is_refused(text):
    with pytest.raises(RequestError, match="not a part of a whole"):
        parse_shard(text)
