"""The tallies that are kept with a case: put into their JSON form when somebody reads that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class KeptTallies(Mapping[str, Any]):
    """Tallies in their JSON form, by name.

    A confusion matrix of 200 labels is 40 000 lists, which those of a case in memory need not
    become: its counts are pooled as they are.

    finished  those of which the JSON form says everything, as they are
    """

    def __init__(self, finished: Mapping[str, Any], forms: Mapping[str, Any]) -> None:
        """The tallies of a case.

        finished  see above
        forms     of all, in order; None of those that are finished
        """
        self.finished = finished
        self._forms = dict(forms)

    def __getitem__(self, name: str) -> Any:
        form = self._forms[name]
        if form is None:
            form = self._forms[name] = self.finished[name].to_json()
        return form

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # for another process, which writes them
