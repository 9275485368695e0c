"""Pictures of the worst cases, made from the files when the report is made (REPORT-T23, T24).

A case is found again as scoring found it, and must be what it was: files whose fingerprint changed
have no picture. Cases are read one after the other, so memory is that of one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassList
from segeval.pairing.cases import Case
from segeval.pairing.outputs import add_outputs
from segeval.pairing.pair import pair_paths
from segeval.pairing.remote import fetch_case, fetch_file, localize_inputs
from segeval.readers.remote_files import RemoteStore
from segeval.reports.pictures.case_masks import CaseMasks, read_masks, views_of
from segeval.reports.pictures.draw_planes import MOST_BYTES, PlaceImage, draw_view
from segeval.reports.pictures.draw_tints import draw_tints
from segeval.reports.pictures.grey_levels import grey_levels
from segeval.reports.pictures.image_planes import find_case_image, image_planes, list_images
from segeval.reports.pictures.instance_pictures import (
    InstanceSpot,
    draw_instance,
    view_instance,
)
from segeval.reports.pictures.planes import ClassView
from segeval.request.settings import Settings
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, SegevalError
from segeval.runtime.frozen import field, frozen
from segeval.runtime.inventory import Inventory, keep_inventory
from segeval.runtime.safe_text import clean_name
from segeval.scoring.fingerprint import case_fingerprint
from segeval.scoring.pass_plan import leave_out_labels

ALL_BYTES = 440 << 10  # of the images of a page
PLANES = 3  # of a picture, at most
Key = tuple[str, str]  # case and class
SpotKey = tuple[str, str, int]  # case, class and id of an instance


@frozen
class Pictures:
    """What was drawn, and why something was not.

    drawn    HTML by case and class
    notes    reasons, each with how many pictures it cost
    volumes  how many are planes of volumes
    flat     how many are pictures
    spots    HTML of instances by case, class and id
    """

    drawn: Mapping[Key, str]
    notes: Mapping[str, int]
    volumes: int = 0
    flat: int = 0
    spots: Mapping[SpotKey, str] = field(default_factory=dict)

    @property
    def solid(self) -> bool:
        """Whether the instances are parts of volumes."""
        return any(shown.startswith("<svg") for shown in self.spots.values())


class PictureMaker:
    """Draws classes of cases, case by case.

    most  bytes of an image
    """

    def __init__(
        self,
        settings: Settings,
        classes: ClassList,
        images: Mapping[str, Path],
        place: PlaceImage,
        stores: Sequence[RemoteStore] = (),
    ) -> None:
        self._settings, self._classes, self._images = settings, classes, images
        self._stores = stores
        self._place, self.most = place, MOST_BYTES
        self.drawn: dict[Key, str] = {}
        self.notes: dict[str, int] = {}
        self.axes: list[int] = []  # of each that was drawn
        self.spots: dict[SpotKey, str] = {}

    def share_room(self, pictures: int) -> None:
        """Let the images of so many pictures fit in a page (REPORT-T4)."""
        self.most = min(MOST_BYTES, ALL_BYTES // (PLANES * max(pictures, 1)))

    def note(self, text: str, many: int = 1) -> None:
        """Count what could not be drawn or shown."""
        self.notes[text] = self.notes.get(text, 0) + many

    def draw_case(
        self, case: Case, names: Sequence[str], spots: Sequence[InstanceSpot], fingerprint: str
    ) -> None:
        """Draw classes and instances of a case; whatever is wrong with it is noted."""
        try:
            with fetch_case(case, self._stores) as here:
                if fingerprint and case_fingerprint(here) != fingerprint:
                    raise CaseError("the files changed since they were scored")
                masks = read_masks(here, self._settings, self._classes)
                self._draw_views(here, masks, names)
                self._draw_spots(here, masks, spots)
        except SegevalError as problem:
            self.note(problem.message, len(names) + len(spots))
        except Exception as problem:  # a picture must not take the report with it
            self.note(f"{type(problem).__name__}: {problem}", len(names) + len(spots))

    def _draw_views(self, case: Case, masks: CaseMasks, names: Sequence[str]) -> None:
        views: dict[str, ClassView] = {}
        for name, view in views_of(masks, names):
            if isinstance(view, CaseError):
                self.note(view.message)
            else:
                views[name] = view
        if not views:
            return
        grid = masks.read.start.grid
        planes = self._image_planes(case, masks, list(views.values()))
        for k, (name, view) in enumerate(views.items()):
            own = None if planes is None else planes[k]
            if len(view.shape) == 2:
                shown = draw_tints(view, None if own is None else own[0], self._place, self.most)
            else:
                window, ct = self._settings.window, any(s.modality == "CT" for s in case.series)
                grey = None if own is None else grey_levels(own, window, name, ct)
                shown = draw_view(view, grid, grey, self._place, self.most)
            self.drawn[case.id, name] = shown
            self.axes.append(len(view.shape))

    def _draw_spots(self, case: Case, masks: CaseMasks, spots: Sequence[InstanceSpot]) -> None:
        """The small pictures of instances."""
        views = {spot: view_instance(masks, spot) for spot in spots}
        planes = self._image_planes(case, masks, list(views.values())) if views else None
        for k, (spot, view) in enumerate(views.items()):
            image: Any = None if planes is None else planes[k]
            if image is not None and len(view.shape) == 3:
                ct = any(s.modality == "CT" for s in case.series)
                image = grey_levels(image, self._settings.window, spot.class_, ct)
            text = (
                f"{escape(clean_name(spot.class_), quote=True)} {spot.id} and what lies around it"
            )
            shown = draw_instance(view, masks.read.start.grid, image, self._place, text)
            self.spots[spot.case, spot.class_, spot.id] = shown

    def _image_planes(
        self, case: Case, masks: CaseMasks, views: Sequence[ClassView]
    ) -> list[tuple[Floats, ...]] | None:
        path = find_case_image(case, self._images)
        if path is None and (not case.series or self._stores):  # slices stay in their store
            if self._images:
                self.note("--images has no image of the case, so its masks stand alone")
            return None
        grid = masks.read.start.grid
        try:
            if path is None or not self._stores:
                return image_planes(case, path, grid, views)
            with fetch_file(path, self._stores) as here:
                return image_planes(case, here, grid, views)
        except SegevalError as problem:
            self.note(f"masks without the image: {problem.message}")
            return None


def draw_worst(  # noqa: PLR0913 - what is drawn, of what, by what
    wanted: Sequence[Key],
    fingerprints: Mapping[str, str],
    pred: Path | str,
    truth: Path | str,
    settings: Settings,
    place: PlaceImage | None = None,
    spots: Sequence[InstanceSpot] = (),
) -> Pictures:
    """Pictures of some classes of some cases, and of instances.

    fingerprints  of the files of each case when it was scored
    pred, truth   the roots, of this machine or of a store
    settings      those of the run
    place         where the bytes of an image go; None: into the page
    Raises RequestError and NothingToScore where the roots cannot be paired.
    """
    with keep_inventory(Inventory()), localize_inputs(pred, truth, settings) as here:
        settings = here.settings
        pairing = add_outputs(pair_paths(here.pred, here.truth, settings), here.truth, settings)
        classes = leave_out_labels(pairing.classes.chosen(settings.classes), settings)
        images = list_images(settings.images) if settings.images else {}
        maker = PictureMaker(settings, classes, images, place or data_uri, here.stores)
        maker.share_room(len(wanted) if place is None else 1)
        left = dict.fromkeys([case for case, _ in wanted] + [spot.case for spot in spots])
        for found in pairing.cases:
            if found.id in left:
                left.pop(found.id)
                names = [name for case, name in wanted if case == found.id]
                own = [spot for spot in spots if spot.case == found.id]
                maker.draw_case(found, names, own, fingerprints.get(found.id, ""))
    for case in left:
        gone = sum(case == one for one, _ in wanted) + sum(case == spot.case for spot in spots)
        maker.note("the case is not in the folders any more", gone)
    flat = maker.axes.count(2)
    return Pictures(maker.drawn, maker.notes, len(maker.axes) - flat, flat, maker.spots)


def data_uri(content: bytes, suffix: str) -> str:
    """An image inside the page."""
    return f"data:image/{suffix[1:]};base64,{base64.b64encode(content).decode()}"
