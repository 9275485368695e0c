"""A shard: the part of the cases that one of N runs scores, by the hash of each case's key
(CLI-O2).

Every run pairs all files and takes its own cases, so the jobs of an array need not talk to each
other; and a case stays in its shard when others are added.
"""

from __future__ import annotations

from hashlib import blake2b

from segeval.pairing.cases import Pairing, store_cases
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace


@frozen
class Shard:
    """Part `part` of `of`, counted from 1."""

    part: int
    of: int

    def __str__(self) -> str:
        return f"{self.part}/{self.of}"

    def holds(self, key: str) -> bool:
        """Whether a case is in this shard: the same answer on every machine, in every version."""
        digest = blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.part - 1

    def cut(self, pairing: Pairing) -> Pairing:
        """The pairing with the cases of this shard alone, which it says."""
        cases = store_cases(pairing.cases).some(self.holds)
        sentence = f"{pairing.sentence}; {len(cases)} of them in shard {self}"
        return replace(pairing, cases=cases, sentence=sentence)


def parse_shard(text: str) -> Shard:
    """Read `3/10`. Raises RequestError."""
    part, slash, of = text.partition("/")
    digits = part.isascii() and of.isascii() and part.isdigit() and of.isdigit()
    if not (slash and digits and 1 <= int(part) <= int(of)):
        raise RequestError(
            f"--shard {text}: not a part of a whole",
            help="the third of ten is 3/10; the first is 1/10",
        )
    return Shard(int(part), int(of))
