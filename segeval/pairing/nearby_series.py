"""The image series that the contours of a case may have been drawn on (LAYOUTS-D3)."""

from __future__ import annotations

from collections.abc import Iterable

from segeval.pairing.cases import Case
from segeval.pairing.dicom_root import DicomRoot
from segeval.readers.series import Series


class NearbySeries:
    """Which image series a case may have been drawn on: its own, or those that it names.

    Rule LAYOUTS-D3.
    """

    def __init__(self, roots: Iterable[DicomRoot], by: str) -> None:
        self._by_key: dict[str, list[Series]] = {}
        self._by_uid: dict[str, Series] = {}
        self._by_frame: dict[str, list[Series]] = {}
        for root in reversed(list(roots)):  # the ground truth, which is second, is looked at first
            for series in root.index.series.values():
                key = root.key(series.images[0].path, series, by)
                self._by_key.setdefault(key, []).append(series)
                self._by_uid.setdefault(series.uid, series)
                self._by_frame.setdefault(series.frame, []).append(series)

    def of(self, case: Case) -> tuple[Series, ...]:
        """The series of a case, each once."""
        found: dict[str, Series] = {}
        for side in (case.truth, case.pred):
            for one in () if side is None else side.sets:
                uids = dict.fromkeys((one.series, *one.beside))
                named = [self._by_uid[uid] for uid in uids if uid in self._by_uid]
                frames = filter(None, (one.frame, *one.frames))
                same = [s for frame in frames for s in self._by_frame.get(frame, [])]
                for series in (*named, *same):
                    found.setdefault(series.uid, series)
        for series in self._by_key.get(case.id, []):
            found.setdefault(series.uid, series)
        return tuple(found.values())
