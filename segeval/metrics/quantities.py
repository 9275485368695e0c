"""The quantity of a metric, as `@2mm`: its units, and which numbers mean something."""

from __future__ import annotations

from segeval.request.grammar import Metric, Quantity, parse_quantity
from segeval.runtime.errors import RequestError

ALWAYS_QUANTITY = ("f1",)  # printed with its quantity: the bare name is also the field's for Dice
ALL = 100  # per cent


def resolve_quantity(
    metric: Metric, units: tuple[str, ...], usual: str, most: int
) -> Quantity | None:
    """The quantity of a request, None where it is the usual one. Raises RequestError.

    units, usual, most  `at`, `default` and `most` of the Definition
    """
    default = parse_quantity(usual) if usual else None
    if metric.at is None:
        return default if metric.name in ALWAYS_QUANTITY else None
    if not units:
        raise RequestError(f"{metric.name} takes no quantity ({metric})")
    if metric.at.unit not in units:
        wanted = " or ".join(u or "a bare number" for u in units)
        right = Metric(metric.name, Quantity(metric.at.number, units[0]), metric.options)
        message = f"{metric}: the quantity of {metric.name} is in {wanted}"
        raise RequestError(message, help=f"write {right}")
    check_quantity_range(metric, metric.at, most)
    kept = metric.name in ("hd", *ALWAYS_QUANTITY)
    return None if metric.at == default and not kept else metric.at


def check_quantity_range(metric: Metric, at: Quantity, most: int) -> None:
    """Refuse a quantity that means nothing: a length below 0, more than all, half a bin.

    most  what it counts is at most so many; 0 where it counts nothing
    Raises RequestError.
    """
    if most:
        right = float(at.number).is_integer() and 1 <= at.number <= most
        wanted = f"a whole number from 1 to {most}"
    elif at.unit == "%":
        right, wanted = 0 <= at.number <= ALL, "0% to 100%"
    else:
        right, wanted = at.number >= 0, "0 or more"
    if not right:
        raise RequestError(f"{metric}: the quantity of {metric.name} is {wanted}")
