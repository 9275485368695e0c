"""segeval: how good are these segmentations, and can I trust the number?"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Settings", "__version__", "score"]

if TYPE_CHECKING:
    from segeval.api import Settings, score


def __getattr__(name: str) -> Any:
    """Load `segeval.score` when it is used: `--version` must not pay for NumPy."""
    if name == "score":
        from segeval.api import score

        return score
    if name == "Settings":
        from segeval.api import Settings

        return Settings
    raise AttributeError(f"module 'segeval' has no attribute {name!r}")
