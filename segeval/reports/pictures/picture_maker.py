"""Pictures of one case after the other: its classes and instances, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from html import escape
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassList
from segeval.pairing.cases import Case
from segeval.pairing.remote import fetch_case, fetch_file
from segeval.readers.remote_files import RemoteStore
from segeval.reports.pictures.case_images import CaseImages
from segeval.reports.pictures.case_masks import CaseMasks, read_masks, views_of
from segeval.reports.pictures.draw_planes import MOST_BYTES, PlaceImage, draw_view
from segeval.reports.pictures.draw_tints import draw_tints
from segeval.reports.pictures.grey_levels import grey_levels, picture_levels
from segeval.reports.pictures.image_planes import check_shown, image_planes
from segeval.reports.pictures.instance_outlines import (
    FoundInstance,
    InstanceSpot,
    find_instance,
)
from segeval.reports.pictures.instance_pictures import draw_instance, view_instance
from segeval.reports.pictures.planes import ClassView
from segeval.reports.pictures.same_masks import check_same_masks, find_doubts
from segeval.request.settings import Settings
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, GeometryError, SegevalError
from segeval.runtime.frozen import replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import CaseResult

ALL_BYTES = 440 << 10  # of the images of a page
PLANES = 3  # of a picture, at most
MASKS_ALONE = "masks without the image: "
NO_IMAGE = "--images has no image of the case, so its masks stand alone"
Key = tuple[str, str]  # case and class
SpotKey = tuple[str, str, int, int]  # case, class, side and id of an instance


class PictureMaker:
    """Draws classes of cases, case by case.

    most  bytes of an image
    """

    def __init__(
        self,
        settings: Settings,
        classes: ClassList,
        images: CaseImages | None,
        place: PlaceImage,
        stores: Sequence[RemoteStore] = (),
    ) -> None:
        self._settings, self._classes, self._images = settings, classes, images
        self._stores = stores
        self._place, self.most = place, MOST_BYTES
        self.drawn: dict[Key, str] = {}
        self.notes: dict[str, int] = {}
        self.of_note: dict[str, list[str]] = {}
        self.told: list[str] = []
        self.axes: list[int] = []  # of each that was drawn
        self.spots: dict[SpotKey, str] = {}

    def share_room(self, pictures: int) -> None:
        """Let the images of so many pictures fit in a page (REPORT-T4)."""
        self.most = min(MOST_BYTES, ALL_BYTES // (PLANES * max(pictures, 1)))

    def note(self, text: str, case: str, many: int = 1, told: bool = True) -> None:
        """Count what could not be drawn or shown.

        told  a file is the cause: whoever asked for the page can do something
        """
        if told and text not in self.told:
            self.told.append(text)
        self.notes[text] = self.notes.get(text, 0) + many
        named = self.of_note.setdefault(text, [])
        if case not in named:
            named.append(case)

    def draw_case(
        self,
        case: Case,
        names: Sequence[str],
        spots: Sequence[InstanceSpot],
        known: CaseResult | None,
    ) -> None:
        """Draw classes and instances of a case; whatever is wrong with it is noted.

        known  what came of it when it was scored
        """
        many = len(names) + len(spots)
        try:
            with fetch_case(case, self._stores) as here:
                doubts = None if known is None else find_doubts(known, here)
                masks = read_masks(here, self._settings, self._classes, bool(spots))
                if known is not None and doubts is not None:
                    check_same_masks(known, masks.read, doubts)
                here = self._with_series(here, masks)
                self._draw_views(here, masks, names)
                self._draw_spots(here, masks, spots)
        except SegevalError as problem:
            self.note(describe_problem(problem), case.id, many)
        except OSError as problem:
            self.note(f"a file cannot be read ({problem.strerror})", case.id, many)
        except Exception as problem:  # a picture must not take the report with it
            self.note(f"{type(problem).__name__}: {problem}", case.id, many)

    def _with_series(self, case: Case, masks: CaseMasks) -> Case:
        """A case of masks with the DICOM series of its name; one of contours has its own."""
        flat = len(masks.read.start.grid.shape) == 2
        if self._images is None or case.series or self._stores or flat:
            return case
        return replace(case, series=self._images.find_series(case))

    def _draw_views(self, case: Case, masks: CaseMasks, names: Sequence[str]) -> None:
        views: dict[str, ClassView] = {}
        for name, view in views_of(masks, names):
            if isinstance(view, CaseError):
                self.note(view.message, case.id, told=False)
            else:
                views[name] = view
        if not views:
            return
        grid = masks.read.start.grid
        of_image, planes = self._image_planes(case, masks, list(views.values()))
        for (name, view), own in zip(views.items(), planes, strict=True):
            window, ct = self._settings.window, any(s.modality == "CT" for s in case.series)
            if len(view.shape) == 2:
                flat = None if own is None else picture_levels(own[0], window, name)
                shown = draw_tints(view, flat, self._place, self.most)
            else:
                grey = None if own is None else grey_levels(own, window, name, ct)
                shown = draw_view(view, grid, grey, self._place, self.most)
            said = "" if own is None else f'<p class="remark">image {of_image}</p>'
            self.drawn[case.id, name] = shown + said
            self.axes.append(len(view.shape))

    def _draw_spots(self, case: Case, masks: CaseMasks, spots: Sequence[InstanceSpot]) -> None:
        """The small pictures of instances."""
        grid, found = masks.read.start.grid, masks.instances
        shown: list[tuple[InstanceSpot, FoundInstance, ClassView]] = []
        for spot in spots:
            try:
                one = find_instance(found, spot)
                shown.append((spot, one, view_instance(one, grid)))
            except CaseError as problem:
                self.note(problem.message, case.id)
        views = [view for _, _, view in shown]
        _, planes = self._image_planes(case, masks, views) if views else ("", [])
        for (spot, one, view), own in zip(shown, planes, strict=True):
            image: Any = own
            if image is not None and len(view.shape) == 3:
                ct = any(s.modality == "CT" for s in case.series)
                image = grey_levels(image, self._settings.window, spot.class_, ct)
            elif image is not None:
                image = [picture_levels(image[0], self._settings.window, spot.class_)]
            text = f"{clean_name(spot.class_)} {spot.id} and what lies around it"
            drawn = draw_instance(one, view, grid, image, self._place, text)
            self.spots[spot.case, spot.class_, spot.side, spot.id] = drawn

    def _image_planes(
        self, case: Case, masks: CaseMasks, views: Sequence[ClassView]
    ) -> tuple[str, list[tuple[Floats, ...] | None]]:
        """What the image is, as the page has it, and the planes of each view; None without any."""
        nothing: list[tuple[Floats, ...] | None] = [None] * len(views)
        grid = masks.read.start.grid
        path = case.image
        try:
            if path is None and self._images is not None:
                path = self._images.find(case)
            if path is None and (not case.series or self._stores):  # slices stay in their store
                if self._images is not None:
                    self.note(NO_IMAGE, case.id)
                return "", nothing
            with ExitStack() as stack:
                here = path
                if path is not None and self._stores:
                    here = stack.enter_context(fetch_file(path, self._stores))
                found, taken = image_planes(case, here, grid, views)
        except SegevalError as problem:
            # names of slices may be those of people
            why = describe_problem(problem) if path is not None else problem.message
            self.note(f"{MASKS_ALONE}{why}", case.id)
            return "", nothing
        for k, planes in enumerate(found):
            try:
                check_shown(planes, path is None or bool(taken))
                nothing[k] = planes
            except CaseError as problem:
                self.note(f"{MASKS_ALONE}{problem.message}", case.id)
        called = escape(clean_name(describe_image(case, path)))
        return f"<bdi>{called}</bdi>{', ' if taken else ''}{taken}", nothing


def describe_problem(problem: SegevalError) -> str:
    """What is wrong, with the name of the file, and the facts of both grids."""
    name = Path(problem.where).name if problem.where else ""
    place = f"{name}: " if name and name not in problem.message else ""
    facts = f" ({'; '.join(problem.facts[:2])})" if isinstance(problem, GeometryError) else ""
    return f"{place}{problem.message}{facts}"


def describe_image(case: Case, path: Path | None) -> str:
    """The name of the file of an image; of a series what it is, for its files may say too much."""
    if path is not None:
        return path.name
    series = max(case.series, key=lambda one: len(one.images))
    return f"{series.modality} series of {len(series.images)} slices"
