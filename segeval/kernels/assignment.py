"""The assignment of the largest sum, one to one, in small groups of pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.kernels.connected_components import join_pairs
from segeval.kernels.overlaps import Overlaps
from segeval.runtime.arrays import Counted, Floats, Mask

SMALL = 12  # instances of a group that are assigned without scipy, whose import takes a while


def assign_pairs(o: Overlaps, weight: Floats) -> Mask:
    """The pairs, one to one, whose weights have the largest sum; weights are not negative.

    o        the pairs that overlap, k of them
    weight   float64 (k,)
    returns  bool (k,)

    Only instances that overlap, directly or not, are a question of each other: each such group is
    solved alone, and most are one pair.
    """
    kept = weight > 0
    group = join_pairs(len(o.truth) + len(o.pred), o.one, o.other + len(o.truth))[o.one]
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(group[order]) != 0)) if len(order) else order
    ends = np.append(first[1:], len(order))
    several = ends - first > 1  # most groups are one pair, and stay
    for begin, end in zip(first[several].tolist(), ends[several].tolist(), strict=True):
        places = order[begin:end]
        if kept[places].any():
            kept[places] &= solve_group(o.one[places], o.other[places], weight[places])
    return kept


def solve_group(one: Counted, other: Counted, weight: Floats) -> Mask:
    """The same for a group of pairs."""
    rows, columns = sorted(set(one.tolist())), sorted(set(other.tolist()))
    if min(len(rows), len(columns)) == 1:  # one instance takes its best
        kept = np.zeros(len(weight), bool)
        kept[weight.argmax()] = True
        return kept
    row, column = np.searchsorted(rows, one), np.searchsorted(columns, other)
    table = np.zeros((len(rows), len(columns)))
    table[row, column] = weight
    if max(table.shape) <= SMALL:
        taken = assign_small(table)
    else:
        from scipy.optimize import linear_sum_assignment

        taken = np.full(len(rows), -1)
        own, its = linear_sum_assignment(table, maximize=True)
        taken[own] = its
    found: Mask = taken[row] == column
    return found


def assign_small(weight: Floats) -> Counted:
    """The column of each row in the assignment of the largest sum; -1 of a row without one.

    weight   float64 (rows, columns), few of either
    Source: Kuhn, Naval Res. Logist. Q. 2, 1955; shortest augmenting paths as in Jonker, Volgenant,
    Computing 38, 1987.
    """
    turned = weight.shape[0] > weight.shape[1]
    cost = (weight.max() - (weight.T if turned else weight)).tolist()
    rows, columns = len(cost), len(cost[0])
    of_row, of_column = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # row of each column, from 1
    for row in range(1, rows + 1):
        way = find_shortest_way(cost, row, owner, of_row, of_column)
        column = way[1]
        while column:
            before = way[0][column]
            owner[column] = owner[before]
            column = before
    taken = np.full(weight.shape[0], -1)
    for column in range(1, columns + 1):
        if owner[column]:
            pair = (owner[column] - 1, column - 1)
            taken[pair[1] if turned else pair[0]] = pair[0] if turned else pair[1]
    return taken


def find_shortest_way(
    cost: Sequence[Sequence[float]],
    row: int,
    owner: list[int],
    of_row: list[float],
    of_column: list[float],
) -> tuple[list[int], int]:
    """The shortest way from a row to a free column: what comes before each column, and its end."""
    columns = len(of_column)
    least, before, seen = [np.inf] * columns, [0] * columns, [False] * columns
    owner[0], here = row, 0
    while True:
        seen[here] = True
        at, step, following = owner[here], np.inf, 0
        for column in range(1, columns):
            if seen[column]:
                continue
            now = cost[at - 1][column - 1] - of_row[at] - of_column[column]
            if now < least[column]:
                least[column], before[column] = now, here
            if least[column] < step:
                step, following = least[column], column
        for column in range(columns):
            if seen[column]:
                of_row[owner[column]] += step
                of_column[column] -= step
            else:
                least[column] -= step
        here = following
        if not owner[here]:
            return before, here
