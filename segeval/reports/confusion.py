"""The confusion matrix as CSV: rows are classes of the ground truth, columns of the prediction.

Counts of pixels or voxels, added up over the cases. As a picture it is `figure-confusion`.
"""

from __future__ import annotations

from typing import IO

from segeval.reports.csv_cells import CsvWriter
from segeval.reports.html.confusion_section import confusion_of, names_of_labels
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard

HEAD = "ground_truth"  # of the rows; the columns are the prediction


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the matrix; its head alone where the results have none."""
    total, _ = confusion_of(card)
    labels = sorted({label for cell in total for label in cell})
    called = names_of_labels(card.fields)
    names = [called.get(label, str(label)) for label in labels]
    out = CsvWriter(file, settings)
    out.write_row([HEAD, *names])
    for truth, name in zip(labels, names, strict=True):
        out.write_row([name, *(total.get((truth, pred), 0) for pred in labels)])
