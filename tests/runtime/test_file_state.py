"""Devices are no files, and what replaces a file is as private as it was."""

import os
import stat

import pytest

from segeval.runtime.file_state import keep_access, refuse_device

pytestmark = pytest.mark.skipif(os.name != "posix", reason="devices and permissions")


def test_a_device_is_refused_and_a_pipe_is_not(tmp_path):
    (tmp_path / "zero").symlink_to("/dev/zero")
    for path in ("/dev/zero", tmp_path / "zero", "/dev/null"):
        with pytest.raises(OSError, match="a device, no file"):
            refuse_device(path)
    os.mkfifo(tmp_path / "pipe")
    refuse_device(tmp_path / "pipe")  # of a shell: --pairs <(command)
    refuse_device(tmp_path)
    with pytest.raises(FileNotFoundError):
        refuse_device(tmp_path / "nothing")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o604])
def test_permissions_are_kept(tmp_path, mode):
    (tmp_path / "old").write_text("x")
    (tmp_path / "old").chmod(mode)
    (tmp_path / "new").touch()
    keep_access(tmp_path / "new", tmp_path / "old")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode
    keep_access(tmp_path / "new", tmp_path / "nothing")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode
