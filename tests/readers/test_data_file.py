"""The data file of a header lies beside it (SECURITY.md)."""

import numpy as np
import pytest

from segeval.readers.data_file import find_data_file_of
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.read_options import ReadOptions

OUTSIDE = (
    "../secret.raw",
    "/etc/hostname",
    "sub/../../secret.raw",
    "C:\\secret.raw",
    "..\\secret.raw",
)


@pytest.mark.parametrize("name", ["a.raw", "./a.raw", "sub/a.raw", "sub\\a.raw"])
def test_beside_and_below(tmp_path, name):
    (tmp_path / "sub").mkdir()
    for file in (tmp_path / "a.raw", tmp_path / "sub" / "a.raw"):
        file.write_bytes(b"1")
    assert find_data_file_of(tmp_path / "a.nhdr", name).is_file()


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("form", ["nhdr", "mhd"])
def test_elsewhere_is_refused_whether_it_is_there_or_not(tmp_path, name, form):
    (tmp_path / "secret.raw").write_bytes(bytes(8))
    (tmp_path / "case" / "sub").mkdir(parents=True)
    path = tmp_path / "case" / f"a.{form}"
    path.write_text(
        f"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: {name}\n"
        if form == "nhdr"
        else "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
        f"ElementDataFile = {name}\n"
    )
    with pytest.raises(ReadError, match="outside of the folder of the header") as problem:
        open_volume(path, ReadOptions())
    assert str(problem.value.where) == str(path)


def test_what_is_advised_works(tmp_path):
    np.arange(8, dtype=np.uint8).tofile(tmp_path / "a.raw")
    (tmp_path / "a.nhdr").write_text(
        "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: a.raw\n"
    )
    assert open_volume(tmp_path / "a.nhdr", ReadOptions()).geometry.shape == (2, 2, 2)
