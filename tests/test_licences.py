"""What a plain install brings along is permissive, and stands in docs/licences.md."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# Words of the metadata that say a licence of the table.
SAID = {
    "MIT": r"\bMIT\b",
    "MIT-CMU": r"MIT-CMU|HPND",
    "BSD-2-Clause": r"BSD",
    "BSD-3-Clause": r"BSD",
    "Apache-2.0": r"Apache",
    "PSF-2.0": r"PSF|Python Software Foundation",
    "MPL-2.0": r"MPL|Mozilla Public License 2",
}
COPYLEFT = r"\b[AL]?GPL|General Public"


def installed():
    """Every package that a plain install brings, with its metadata."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found, left = {}, [Requirement(text) for text in project["dependencies"]]
    while left:
        asked = left.pop()
        name = canonicalize_name(asked.name)
        if name in found or (asked.marker and not asked.marker.evaluate({"extra": ""})):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        left += [Requirement(text) for text in found[name].requires or ()]
    return found


def table():
    page = (ROOT / "docs" / "licences.md").read_text("utf-8")
    return dict(re.findall(r"^\| ([a-z][\w-]+) \| (.+) \|$", page, re.MULTILINE)[1:])


def test_every_package_stands_in_the_table():
    assert set(installed()) <= set(table())


@pytest.mark.parametrize(("name", "package"), installed().items())
def test_its_licence_is_that_of_the_table(name, package):
    meta = package.metadata
    classes = [c for c in meta.get_all("Classifier") or () if c.startswith("License")]
    told = "\n".join([meta.get("License-Expression") or "", meta.get("License") or "", *classes])
    for licence in re.split(r" and | or ", table()[name]):
        assert re.search(SAID[licence], told), told[:200]
    if not re.search(r"BSD|MIT|Apache", told):  # the texts of bundled parts name theirs as well
        assert not re.search(COPYLEFT, told)


def test_no_extra_asks_for_a_copyleft_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {
        canonicalize_name(Requirement(text).name)
        for extra, texts in project["optional-dependencies"].items()
        if extra not in ("test", "docs")  # tools, which the program does not load
        for text in texts
    }
    assert not asked & {"pylibjpeg-libjpeg"}  # which may not be installed here
    for name in asked:
        try:
            meta = distribution(name).metadata
        except PackageNotFoundError:
            continue
        told = (
            f"{meta.get('License-Expression')} {meta.get('License')} {meta.get_all('Classifier')}"
        )
        assert not re.search(COPYLEFT, told) or re.search(r"BSD|MIT|Apache|MPL", told), name


def test_distances_need_no_copyleft_part_of_libigl(tmp_path):
    home = Path(find_spec("igl").origin).parent
    shutil.copytree(
        home, tmp_path / "igl", ignore=shutil.ignore_patterns("copyleft", "triangle", "embree")
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import igl, segeval, numpy as np\n"
        "a = np.zeros((40, 40, 40), np.uint8); b = a.copy()\n"
        "a[2:9, 2:9, 2:9] = 1; b[30:37, 30:37, 30:37] = 1\n"
        "print(igl.__file__, segeval.score(b, a, 'hd', spacing=(1, 1, 1)).rows[0].value)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    place, value = ran.stdout.split()
    assert Path(place).parent == tmp_path / "igl"
    assert float(value) == pytest.approx(28 * 3**0.5, abs=0.5)


def test_the_image_has_none_of_them():
    text = (ROOT / "Containerfile").read_text("utf-8")
    for part in ("copyleft", "triangle", "embree"):
        assert f"site-packages/igl/{part}" in text
