"""Parquet: the rows of the long CSV as columns, for results that are too many for text.

A value is a float64: null where there is none, as its cell of CSV is empty, and infinity is itself.
The signature is in the metadata of the file. Cases are written a group at a time, so a run of any
size takes the memory of one group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import IO, Any

from segeval.reports.delimited import HEADER, rows_of_case
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.extras import install_advice
from segeval.runtime.safe_text import VISIBLE
from segeval.scorecard.card import Row, Scorecard

GROUP = 1 << 16  # rows that are written together
VALUE = HEADER.index("value")


def check_parquet(output: str) -> None:
    """Refuse an output that cannot be written here. Raises RequestError.

    output  as it was typed, for the message
    """
    if output.endswith(":-"):
        raise RequestError(
            f"-o {output}: Parquet is no text for stdout", help="csv:- has the same rows"
        )
    find_pyarrow(output)


def find_pyarrow(output: str) -> None:
    """Refuse an output where the library is not there (CLI-E4). Raises RequestError."""
    if find_spec("pyarrow") is None:
        raise RequestError(
            f"-o {output} needs pyarrow, which is not installed",
            help=f"{install_advice('parquet')}; or write the same rows as CSV: -o results.csv",
        )


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the rows into the bytes under a text file."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = [(name, pa.float64() if name == "value" else pa.string()) for name in HEADER]
    schema = pa.schema(columns, metadata={"signature": card.signature})
    rows = (row for case in card.cases for row in rows_of_case(case))
    with parquet.ParquetWriter(file.buffer, schema, compression="zstd") as out:  # type: ignore[attr-defined]
        while cells := list(islice(map(_row_cells, rows), GROUP)):
            out.write_batch(pa.record_batch(list(_arrow_columns(cells, schema)), schema=schema))


def _row_cells(row: Row) -> tuple[Any, ...]:
    """The cells of a row in the order of the head."""
    return row.case, row.class_, row.metric, row.value, row.unit, row.status, row.reason, row.group


def _arrow_columns(cells: Sequence[tuple[Any, ...]], schema: Any) -> Iterator[Any]:
    """The columns of rows: a value that is none is null, what is no text in a name is escaped."""
    import pyarrow as pa

    for place, column in enumerate(zip(*cells, strict=True)):
        if place == VALUE:
            yield pa.array(column, schema.field(place).type, from_pandas=True)
        else:
            text = [word.encode("utf-8", VISIBLE).decode() for word in column]
            yield pa.array(text, schema.field(place).type)
