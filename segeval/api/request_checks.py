"""What is wrong with a request is said before the first file is opened."""

from __future__ import annotations

from collections.abc import Iterable

from segeval.metrics.registry import Definition, metric_units, resolve_metric
from segeval.request.check_settings import check_settings
from segeval.request.grammar import Metric, Quantity
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError


def requested_metrics(
    settings: Settings, files_tell: bool = False
) -> tuple[tuple[Metric, Definition], ...]:
    """The metrics of a run with those that its gates need, each once. Raises RequestError.

    files_tell  the ground truth may say itself what an instance is, as a COCO panoptic file does
    """
    check_settings(settings)
    if not 0 < settings.threshold <= 1:
        raise RequestError(f"--threshold {settings.threshold:g} is not in (0, 1]")
    if settings.kind == "logits" and settings.activation == "none":
        raise RequestError("--kind logits needs an activation: softmax or sigmoid")
    check_words(settings)
    check_charges(settings)
    asked = [*settings.metrics, *gate_metrics(settings)]
    check_meanings(asked)
    if settings.size_bins:
        from segeval.scoring.instances import size_metrics

        asked += size_metrics(settings.size_bins, asked)
    found = dict(resolve_metric(metric) for metric in asked)
    if any(definition.of.startswith("instance") for definition in found.values()):
        from segeval.scoring.instances import check_instance_request

        check_instance_request(settings.instances or "beside" * files_tell, found.items())
    if not found:
        raise RequestError("no metric is asked for", help="add -m dice")
    check_tolerance_given(found, settings)
    return tuple(found.items())


def check_words(settings: Settings) -> None:
    """Read what is written in a way of its own, whether or not anything needs it.

    Raises RequestError.
    """
    if settings.ci is not None:
        from segeval.statistics.intervals import check_level

        check_level(settings.ci)
    if settings.instances:
        from segeval.opening.instances import check_instance_coding

        check_instance_coding(settings.instances)
    if settings.tolerances:
        from segeval.classes.tolerances import check_tolerance_tables

        check_tolerance_tables(settings.tolerances)
    if settings.min_size:
        from segeval.scoring.instances import read_size

        read_size(settings.min_size)
    if settings.window != "auto":
        from segeval.reports.pictures.grey_levels import parse_window

        parse_window(settings.window)


def check_meanings(metrics: Iterable[Metric]) -> None:
    """A bare name that the field gives to two metrics is no request (CLI-U3)."""
    from segeval.metrics.aliases import BARE_NAMES

    for metric in metrics:
        if metric.name in BARE_NAMES and metric.at is None and not metric.options:
            raise RequestError(
                f"{metric.name} has two meanings", help=f"write {BARE_NAMES[metric.name]}"
            )


def check_tolerance_given(metrics: Iterable[Metric], settings: Settings) -> None:
    """What is of a length needs it; a bare nsd takes that of each class, if any (CLI-U3)."""
    for metric in metrics:
        if metric.at is None and resolve_metric(metric)[1].needs_at:
            right = Metric(metric.name, Quantity(2, "mm"), metric.options)
            raise RequestError(f"{metric} needs a length", help=f"write {right}")
    known = settings.tolerances or any(c.tolerance for c in settings.classes.described)
    bare = [metric for metric in metrics if metric.name == "nsd" and metric.at is None]
    if bare and not known:
        right = Metric("nsd", Quantity(2, "mm"), bare[0].options)
        raise RequestError(
            f"{bare[0]} needs a tolerance, and no class has one",
            help=f"write {right} for one length, --tolerance NAME for a published table, "
            'or tolerance = "2mm" in [classes.NAME] of segeval.toml',
        )


def check_charges(settings: Settings) -> None:
    """Raises RequestError for a charge of a metric that does not exist, or in a wrong unit."""
    for charge in settings.charges:
        _, definition = resolve_metric(charge.metric)
        if charge.value is not None and charge.value.unit not in metric_units(definition):
            unit = charge.value.unit
            raise RequestError(f"charge {charge}: {definition.name} is not measured in {unit}")


def gate_metrics(settings: Settings) -> list[Metric]:
    """The metrics that gates judge. Raises RequestError."""
    if not settings.gates:
        return []
    from segeval.gates.rules import resolve_gate

    return [resolve_gate(gate)[0].metric for gate in settings.gates]
