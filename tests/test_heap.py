"""That freed memory is kept shows in page faults, which are counted in a process of its own."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from segeval.heap import keep_freed
if sys.argv[1] == "keep":
    keep_freed()
def step():
    return [np.ones(1 << 18) for _ in range(4)]  # 2 MiB each
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(word):
    done = subprocess.run([sys.executable, "-c", FAULTS, word], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no mallopt")
def test_freed_arrays_are_used_again():
    # 4 arrays of 512 pages, 50 times; huge pages make them fewer
    assert faults("keep") < 2000
    assert faults("keep") <= faults("leave")
