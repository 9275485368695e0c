"""How all tests run."""

import json
import signal

import pytest
from hypothesis import settings

from segeval.scorecard.result_store import FinishedCase

# A shell starts what it puts in the background deaf to Ctrl-C, and so all that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # so does `nohup` to the loss of a terminal
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A property is slow where the machine is busy; what takes time is measured in benchmarks/.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _what_is_kept_is_what_is_written(monkeypatch):
    """A case is counted and pooled by its JSON values before they are text, in one process."""
    made = FinishedCase.of.__func__

    def checked(cls, result, large=False):
        done = made(cls, result, large)
        tallies = {"tallies": dict(done.kept["tallies"])} if "tallies" in done.kept else {}
        assert json.loads(done.text) == {**done.kept, **tallies}
        return done

    monkeypatch.setattr(FinishedCase, "of", classmethod(checked))
