"""Pictures of the worst cases, made from the files when the report is made (REPORT-T23, T24).

A case is found again as scoring found it, and must be what it was: files that changed have no
picture. Cases are read one after the other, so memory is that of one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from segeval.pairing.remote import localize_inputs
from segeval.reports.pictures.case_images import CaseImages
from segeval.reports.pictures.case_masks import pair_again
from segeval.reports.pictures.draw_planes import PlaceImage
from segeval.reports.pictures.instance_outlines import InstanceSpot
from segeval.reports.pictures.picture_maker import Key, PictureMaker, SpotKey
from segeval.request.settings import Settings
from segeval.runtime.frozen import field, frozen
from segeval.runtime.inventory import Inventory, keep_inventory
from segeval.scorecard.card import CaseResult


@frozen
class Pictures:
    """What was drawn, and why something was not.

    drawn    HTML by case and class
    notes    reasons, each with how many pictures it cost
    of_note  the cases that a reason is of
    told     reasons that files or images are the cause of, for whoever asked for the page
    volumes  how many are planes of volumes
    flat     how many are pictures
    spots    HTML of instances by case, class, side and id
    """

    drawn: Mapping[Key, str]
    notes: Mapping[str, int]
    volumes: int = 0
    flat: int = 0
    spots: Mapping[SpotKey, str] = field(default_factory=dict)
    of_note: Mapping[str, Sequence[str]] = field(default_factory=dict)
    told: Sequence[str] = ()


def draw_worst(  # noqa: PLR0913 - what is drawn, of what, by what
    wanted: Sequence[Key],
    known: Mapping[str, CaseResult],
    pred: Path | str,
    truth: Path | str,
    settings: Settings,
    place: PlaceImage | None = None,
    spots: Sequence[InstanceSpot] = (),
) -> Pictures:
    """Pictures of some classes of some cases, and of instances.

    known         what came of each case when it was scored
    pred, truth   the roots, of this machine or of a store
    settings      those of the run
    place         where the bytes of an image go; None: into the page
    Raises RequestError and NothingToScore where the roots cannot be paired.
    """
    with keep_inventory(Inventory()), localize_inputs(pred, truth, settings) as here:
        settings = here.settings
        cases, classes = pair_again(here.pred, here.truth, settings)
        images = None
        if settings.images:
            images = CaseImages(Path(settings.images), cases, not here.stores)
        maker = PictureMaker(settings, classes, images, place or data_uri, here.stores)
        maker.share_room(len(wanted) if place is None else 1)
        left = dict.fromkeys([case for case, _ in wanted] + [spot.case for spot in spots])
        for found in cases:
            if found.id in left:
                left.pop(found.id)
                names = [name for case, name in wanted if case == found.id]
                own = [spot for spot in spots if spot.case == found.id]
                maker.draw_case(found, names, own, known.get(found.id))
    for case in left:
        gone = sum(case == one for one, _ in wanted) + sum(case == spot.case for spot in spots)
        maker.note("the case is not in the folders any more", case, gone)
    flat = maker.axes.count(2)
    volumes = len(maker.axes) - flat
    return Pictures(maker.drawn, maker.notes, volumes, flat, maker.spots, maker.of_note, maker.told)


def data_uri(content: bytes, suffix: str) -> str:
    """An image inside the page."""
    return f"data:image/{suffix[1:]};base64,{base64.b64encode(content).decode()}"
