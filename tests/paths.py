"""Where the real files are that no test may copy."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
needs_data = pytest.mark.skipif(
    not (SHARED / "data").is_dir(), reason="shared/data lies beside the project and is not here"
)
