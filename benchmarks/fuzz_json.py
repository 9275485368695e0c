"""Mutations of JSON that stay JSON, so that they come as far as what reads its meaning.

A value anywhere becomes another one, goes, or stands twice.
"""

from __future__ import annotations

import copy
import json
import random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e308, 1e-320, 2**31, 2**63, 2**64, 10**30, "", "a",
    "NaN", "\x00", "\ud800", "../..", "a" * 300, [], {}, [[]], [None], {"": None}, [0, 1, 2],
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
Place = tuple[Any, Any]  # what holds a value, and its key there


def mutate_json(data: bytes, seed: int) -> bytes | None:
    """One to four changes of a JSON text, or of the lines of one; None where it is none."""
    chance = random.Random(seed)
    held = parse_values(data)
    if held is None:
        return None
    for _ in range(chance.randint(1, 4)):
        change_value(held, chance)
    try:
        return b"\n".join(json.dumps(value).encode() for value in held) + b"\n"
    except RecursionError:
        return None


def parse_values(data: bytes) -> list[Any] | None:
    """The value of a JSON text, or those of its lines; None where it is none."""
    for lines in ([data], data.splitlines()):
        try:
            return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            pass
    return None


def change_value(held: list[Any], chance: random.Random) -> None:
    """Change a value anywhere in a tree."""
    every = list_places(held)
    if not every:
        return
    inside, key = chance.choice(every)
    other_inside, other_key = chance.choice(every)
    how = chance.randrange(6)
    if how == 0 and inside is not held:
        del inside[key]
    elif how == 1 and isinstance(inside, list):
        inside.insert(key, copy.deepcopy(inside[key]))
    elif how == 2:
        inside[key] = copy.deepcopy(other_inside[other_key])
    elif how == 3 and isinstance(inside, dict):
        inside[chance.choice(("a", "", "0", str(other_key)))] = inside.pop(key)
    elif how == 4 and isinstance(inside[key], int | float):
        inside[key] = nearby(inside[key], chance)
    else:
        inside[key] = copy.deepcopy(chance.choice(ODD))


def nearby(value: float, chance: random.Random) -> float:
    """A number like another."""
    return chance.choice((value + 1, value - 1, -value, value * 1000, value / 3))


def list_places(held: Any) -> list[Place]:
    """Every value of a tree, by what holds it."""
    found: list[Place] = []
    left = [held]
    while left and len(found) < 5000:
        inside = left.pop()
        keys = range(len(inside)) if isinstance(inside, list) else list(inside)
        found += [(inside, key) for key in keys]
        left += [inside[key] for key in keys if isinstance(inside[key], list | dict)]
    return found
