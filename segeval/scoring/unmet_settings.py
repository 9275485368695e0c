"""Parts of a request that a case has nothing for: a label of `--remap-gt` that it does not hold, an
`--alias` of a name that no file has, `--rt-grid` without contours.

Each is a fact of the case; what no case of a run has anything for is said at its end, once
(`W-no-effect`, ACCOUNT-A1, A2). A choice of a preset is not asked for, so nothing is said of it.

Who uses a part of the request where it is not seen here says so: `current().meet("alias Leber")`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from segeval.classes.class_list import ClassDef
from segeval.classes.label_tables import LabelTable, shipped_tables
from segeval.classes.names import match_name
from segeval.request.presets import preset_choices
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import fields
from segeval.runtime.inventory import current
from segeval.scoring.case_stages import CaseRead
from segeval.volume.instances import RoiMasks


def unmet_settings(read: CaseRead) -> list[str]:
    """The parts of the request that this case has nothing for, as they are written."""
    job = read.start.job
    met = current().met | job.met
    found = [text for text, key in named_parts(job.settings) if key not in met]
    asked = chosen_fields(job.settings)
    found += [
        f"--{name.replace('_', '-')}{why}"
        for names, (used, why) in USES.items()
        for name in names
        if name in asked and not used(read)
    ]
    return [*found, *unmet_charges(read), *unmet_remarks(read)]


def count_parts(settings: Settings, remarks: Sequence[ClassDef]) -> int:
    """How many parts a request has of which `unmet_settings` says where nothing is there for one.

    remarks  the tables [classes.NAME] that select nothing
    """
    asked = chosen_fields(settings)
    parts = sum(1 for _ in named_parts(settings))
    parts += sum(name in asked for names in USES for name in names)
    parts += len(settings.charges) if "charges" in asked else 0
    return parts + sum(1 for _ in watched_remarks(settings, remarks))


def watched_remarks(settings: Settings, remarks: Sequence[ClassDef]) -> Iterator[ClassDef]:
    """The tables [classes.NAME] whose class some case should have."""
    aliased = {alias.partition("=")[0].strip() for alias in settings.aliases}
    return (remark for remark in remarks if remark.name not in aliased and not remark.union)


def named_parts(settings: Settings) -> Iterator[tuple[str, str]]:
    """The labels and names that a request speaks of, as written, and what meets each."""
    asked = chosen_fields(settings)
    for side, table in (("gt", settings.remap_gt), ("pred", settings.remap_pred)):
        yield from table_parts(side, table) if f"remap_{side}" in asked else ()
    labels = settings.ignore_label if "ignore_label" in asked else ()
    made = dict(settings.remap_gt).values()
    for label in labels if isinstance(labels, tuple) else (labels,):
        if label in made:
            continue
        yield f"--ignore-label {label}: no ground truth holds it", f"gt label {label}"
    for alias in settings.aliases:
        other = alias.partition("=")[2].strip()
        yield f'--alias "{alias}": no file calls a structure so', f"alias {other}"


def table_parts(side: str, table: LabelTable) -> Iterator[tuple[str, str]]:
    """The labels of a table; one that ships has labels that many data sets lack."""
    if table in shipped_tables().values():
        return
    whose = "ground truth" if side == "gt" else "prediction"
    for old, new in table:
        yield f"--remap-{side} {old}={new}: no {whose} holds {old}", f"{side} label {old}"


@lru_cache(4)
def chosen_fields(settings: Settings) -> frozenset[str]:
    """The fields that have another value than by default, and by the preset."""
    preset = preset_choices(settings.preset)
    usual = {field.name: preset.get(field.name, field.default) for field in fields(settings)}
    return frozenset(name for name, value in usual.items() if getattr(settings, name) != value)


def has_contours(read: CaseRead) -> bool:
    """Whether a side was drawn from contours."""
    return any(side.drawn is not None for side in (read.start.truth, read.start.pred))


def has_channels(read: CaseRead) -> bool:
    """Whether a side has several channels, or is one frame of several."""
    sides = read.start.truth, read.start.pred
    many = any(len(side.volume.channels) > 1 or side.scores is not None for side in sides)
    met = "--channel-axis" in current().met | read.start.job.met  # an axis of one channel, too
    return many or met or read.start.case.truth.frame is not None


def has_scores(read: CaseRead) -> bool:
    """Whether a side holds probabilities, or regions of interest."""
    return any(found.kind != "labels" for found in read.passed.found) or has_regions(read)


def has_regions(read: CaseRead) -> bool:
    """Whether the prediction is of regions of interest."""
    return isinstance(read.start.pred.volume.regions, RoiMasks)


def has_marks(read: CaseRead) -> bool:
    """Whether the prediction is of regions or detections, which have scores."""
    return has_regions(read) or read.start.pred.volume.instances is not None


def counts_components(read: CaseRead) -> bool:
    """Whether a metric is of instances."""
    return any(known.of.startswith("instance") for _, known in read.start.job.metrics)


def takes_weights(read: CaseRead) -> bool:
    """Whether a metric takes the weights of a network."""
    return any(metric.name == "weight_decay" for metric, _ in read.start.job.metrics)


def takes_weight_maps(read: CaseRead) -> bool:
    """Whether a metric takes a weight for each voxel."""
    return any(known.of == "weighted" for _, known in read.start.job.metrics)


def has_structure_sets(read: CaseRead) -> bool:
    """Whether a side is of structure sets, of which one may be selected."""
    return any(
        side is not None and side.sets for side in (read.start.case.truth, read.start.case.pred)
    )


PAGES = (".html", ".htm", ".pdf", ".json")  # and results, of which a page can be made


def has_own_images(read: CaseRead) -> bool:
    """Whether a series of `--images` may be that of the case, or a page shows pictures of it."""
    settings = read.start.job.settings
    if any(
        output.startswith(("html:", "json:")) or output.endswith(PAGES)
        for output in settings.output
    ):
        return True
    folder = Path(settings.images).resolve()
    series = (image.path.resolve() for one in read.start.case.series for image in one.images[:1])
    return any(folder in path.parents for path in series)


def has_colours(read: CaseRead) -> bool:
    """Whether the list of classes has colours, which may be unlisted."""
    return bool(read.start.job.classes.colours)


def lacked_spacing(read: CaseRead) -> bool:
    """Whether a side has the spacing of the request, for it has none of its own."""
    sides = read.start.truth, read.start.pred
    return any(side.volume.geometry.spacing == read.start.job.settings.spacing for side in sides)


NO_CONTOURS = ": no side holds contours"
USES: dict[tuple[str, ...], tuple[Callable[[CaseRead], bool], str]] = {
    (
        "rt_boundary", "pred_rt_boundary", "gt_rt_boundary", "rt_overlap", "rt_fill_gaps",
        "rt_bad_contour", "rt_grid", "ignore_frame_of_reference",
    ): (has_contours, NO_CONTOURS),
    ("channel_axis",): (has_channels, ": no file has channels"),
    ("activation", "threshold"): (has_scores, ": no side holds scores"),
    ("paste", "roi_offset"): (has_regions, ": no prediction is of regions of interest"),
    ("min_score",): (has_marks, ": no prediction has regions or detections with scores"),
    ("min_size",): (counts_components, ": no metric is of instances"),
    ("pred_select", "gt_select"): (has_structure_sets, ": no side is of structure sets"),
    ("images",): (has_own_images, ": no case has contours that lie on one of its series"),
    ("unlisted",): (has_colours, ": no class of the list has a colour"),
    ("spacing",): (lacked_spacing, ": every file has its own"),
    ("weights",): (takes_weights, ": no metric is weight_decay"),
    ("weight_maps",): (takes_weight_maps, ": no metric is weighted_ce or weighted_bce"),
}  # fmt: skip


def unmet_charges(read: CaseRead) -> list[str]:
    """Charges of metrics that are not asked for."""
    job = read.start.job
    asked = [metric for metric, _ in job.metrics]
    return [
        f"--charge {charge}: {charge.metric} is not asked for"
        for charge in job.settings.charges
        if "charges" in chosen_fields(job.settings) and not any(map(charge.holds, asked))
    ]


def unmet_remarks(read: CaseRead) -> list[str]:
    """The tables [classes.NAME] of classes that the case does not have by any name."""
    job, resolved = read.start.job, read.resolved
    sides = (*read.start.truth.parts, *read.start.pred.parts)
    names = [*(c.name for c in resolved.classes), *resolved.skipped, *resolved.faults, *sides]
    return [
        f"[classes.{remark.name}]: no case has such a class"
        for remark in watched_remarks(job.settings, job.classes.remarks)
        if not is_named(remark, names)
    ]


def is_named(remark: ClassDef, names: Sequence[str]) -> bool:
    """Whether one of the names is that of a class, or an alias of it."""
    try:
        return match_name(remark.name, dict.fromkeys(names), remark.aliases) is not None
    except CaseError:
        return True  # two of them are
