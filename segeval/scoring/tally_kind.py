"""What the program has to know of a tally: how it begins, ends, is kept and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from segeval.metrics.registry import Definition, Values
from segeval.request.grammar import Metric
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.pass_plan import Job, TallyRequest
from segeval.scoring.slab_pass import Tally

if TYPE_CHECKING:
    from segeval.pairing.cases import Case
    from segeval.scoring.surfaces_by_class import ParallelMap


Facts = Mapping[str, Any]
ReportPart = Literal["volumes", "confusion", "reliability", "sizes", "froc", "precision"]


class Kept(Protocol):
    """A finished tally of fixed size, kept with its case in the results."""

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], /) -> Any:
        """Read it again."""

    @staticmethod
    def pool_cases(many: Iterable[Any], /) -> Any:
        """The tallies of several cases as one."""


@frozen
class TallyKind:
    """One tally.

    name      what metrics call it (`of`), and the key under which it is kept
    by        what a value of its metrics belongs to: a class, a channel of the probabilities, or
              the whole case
    begin     makes the tally that sees the slabs; None of one where the case has not what it is of
    finish    makes the result, out of the tally (None: it saw no slab) and the case after its pass
    of_files  makes the result before the sides are opened, of files that the case names
    lacks     the reason of every number where the result is None
    kept      loads the type of a result that is kept, and so can be pooled; None where its size is
              that of the case
    kept_whole  its JSON form says all of a result, so a case in memory may keep the result
    always    made for every case, whatever is asked for
    measure   the values of its metrics, class by class, over several processes if there are
    counts    what is counted beside a metric, by class, out of a result that is kept
    says      what is to be said of a result: notes, and facts for the results
    over      what was not measured for want of memory: bytes, by name of a class or of a metric
    opens     whether the case has to be opened for the metrics of a run
    shares    a tally whose result it takes, and which is made with it
    signs     settings that are in the signature of a run only where a tally that names them is
              asked for
    draws     the parts of the report that are drawn of a result that is kept
    absent    what a result, as it is kept, holds under `classes` of a class that its case has not
    """

    name: str
    by: Literal["class", "channel", "case"]
    begin: Callable[[CaseStart, TallyRequest], Tally | None] | None = None
    finish: Callable[[Any, CaseRead, TallyRequest], Any] | None = None
    of_files: Callable[[Case, Job, TallyRequest], Any] | None = None
    lacks: str = ""
    kept: Callable[[], type[Kept]] | None = None
    kept_whole: bool = False
    always: bool = False
    measure: Callable[[Any, TallyRequest, ParallelMap], Mapping[Metric, Values]] | None = None
    counts: Callable[[Any, Metric, Definition], dict[str, Any]] | None = None
    says: Callable[[Any, CaseRead, TallyRequest], tuple[Sequence[Note], Facts]] | None = None
    over: Callable[[Any, TallyRequest], Mapping[str, int]] | None = None
    opens: Callable[[Job, TallyRequest], bool] | None = None
    shares: str = ""
    signs: tuple[str, ...] = ()
    draws: tuple[ReportPart, ...] = ()
    absent: Callable[[Facts], Any] | None = None
