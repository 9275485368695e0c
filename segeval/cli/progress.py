"""How far a run is: a bar for a person at a terminal, plain lines for a log, or nothing."""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.request.settings import Settings

if TYPE_CHECKING:
    from segeval.pairing.cases import Pairing
    from segeval.scorecard.result_store import FinishedCase

EVERY_SECONDS = 30
EVERY_PERCENT = 10
PATIENCE = 3.0  # a run that is over sooner needs no lines in a log


class ProgressDisplay(Protocol):
    """A way to show how far a run is."""

    def step(self, case: str, done: int, total: int) -> None:
        """A case is done, scored or not."""

    def close(self) -> None:
        """The last case is done, or the run was interrupted."""


class HiddenProgress:
    """Shows nothing."""

    def step(self, case: str, done: int, total: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class ProgressLines:
    """One line every 10 % or 30 s."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._started = self._last = monotonic()
        self._tenth = 0
        self._patience = patience

    def step(self, case: str, done: int, total: int) -> None:
        """Print a line when it is time for one."""
        now, tenth = monotonic(), 100 * done // total // EVERY_PERCENT
        if now - self._started < self._patience:
            return
        if tenth > self._tenth or now - self._last >= EVERY_SECONDS:
            seconds = round(now - self._started)
            share = 100 * done // total
            print_message(f"{done} of {total} cases ({share} %) after {seconds} s")
            self._tenth, self._last = tenth, now

    def close(self) -> None:
        """Nothing is left open."""


class ProgressBar:
    """A tqdm bar, made when there is a second case to wait for."""

    def __init__(self) -> None:
        self._bar: Any = None

    def step(self, case: str, done: int, total: int) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.set_postfix_str(case, refresh=False)
            self._bar.update(done - self._bar.n)
        elif done < total:
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=done, unit="case", file=sys.stderr, leave=False)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()


def choose_display(settings: Settings) -> ProgressDisplay:
    """The form that the settings ask for; `auto` is a bar only where a person looks."""
    if settings.quiet or settings.progress == "none":
        return HiddenProgress()
    if settings.progress == "bar" or (settings.progress == "auto" and is_watched_terminal()):
        return ProgressBar()
    return ProgressLines(0.0 if settings.progress == "log" else PATIENCE)


def is_watched_terminal() -> bool:
    """Whether stderr is a terminal that somebody sees; that of a CI job is not."""
    return sys.stderr.isatty() and os.environ.get("CI", "").lower() not in ("true", "1")


class ProgressReporter:
    """What `score_paths` tells of its work, shown and logged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._form = choose_display(settings)
        self.done = 0
        self.total = 0

    def paired(self, pairing: Pairing) -> None:
        """The cases are known: one line says how they were found (rule LAYOUTS-P4)."""
        self.total = len(pairing.cases)
        LOG.line(pairing.sentence)
        if not self._settings.quiet:
            print_message(pairing.sentence)

    def waits(self, text: str) -> None:
        """The work waits for something."""
        LOG.line(text)
        if not self._settings.quiet:
            print_message(text)

    def scored(self, result: FinishedCase, done: int, total: int) -> None:
        """A case is finished."""
        self.done = done
        LOG.line(f"{result.case}: {result.status}, {result.rows} rows")
        for line in result.trace.splitlines():
            LOG.line(line)
        self._form.step(result.case, done, total)

    def close(self) -> None:
        """Nothing more comes."""
        self._form.close()
