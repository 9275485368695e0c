"""A stream that says that it is a terminal, or a pipe, and keeps what is written to it."""

import io

from segeval.reports import table
from segeval.request.settings import Settings


class Stream(io.StringIO):
    """A terminal, unless it is told otherwise."""

    def __init__(self, terminal=True, encoding="utf-8"):
        super().__init__()
        self.terminal, self.kind = terminal, encoding

    def isatty(self):
        return self.terminal

    @property
    def encoding(self):
        return self.kind


def piped(made, **choices):
    """The lines of a table in a pipe."""
    stream = Stream(terminal=False)
    table.write(made, stream, Settings(**{"worst": 0} | choices))
    return stream.getvalue().splitlines()
