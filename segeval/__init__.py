"""segeval: how good are these segmentations, and can I trust the number?"""

from __future__ import annotations

TYPE_CHECKING = False  # for a type checker it is true; the module that has it is a third of a start
__version__ = "0.1.0"
__all__ = [
    "Evaluator", "Scorecard", "Settings", "__version__", "compare", "gate", "load", "score",
]  # fmt: skip

if TYPE_CHECKING:
    from typing import Any

    from segeval.api.cards import load
    from segeval.api.compare import compare
    from segeval.api.evaluator import Evaluator
    from segeval.api.gate import gate
    from segeval.api.score import score
    from segeval.request.settings import Settings
    from segeval.scorecard.card import Scorecard

# The face of the package is loaded when it is used: `--version` must not pay for NumPy.
FACE = {
    "Evaluator": "segeval.api.evaluator",
    "Scorecard": "segeval.scorecard.card",
    "Settings": "segeval.request.settings",
    "compare": "segeval.api.compare",
    "gate": "segeval.api.gate",
    "load": "segeval.api.cards",
    "score": "segeval.api.score",
}

if not TYPE_CHECKING:  # so that a type checker knows what there is not

    def __getattr__(name: str) -> Any:
        """Load what Python asks of the package, when it is used."""
        if name not in FACE:
            raise AttributeError(f"module 'segeval' has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(FACE[name]), name)
