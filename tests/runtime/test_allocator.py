"""Freed memory is used again (touched pages are counted); the collector waits for a start."""

import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
{first}
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(40):
    one, two = np.ones(4 << 20, np.uint8), np.ones(2 << 20, np.uint8)
    del one, two
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(first):
    call = [sys.executable, "-c", FAULTS.format(first=first)]
    return int(subprocess.run(call, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_pages_are_touched_once():
    kept = faults("from segeval.runtime.allocator import keep_freed_memory; keep_freed_memory()")
    assert kept < 3 * (6 << 20) // 4096
    assert kept <= faults("")


def test_a_c_library_without_the_call_is_left_alone(monkeypatch):
    import ctypes

    from segeval.runtime.allocator import keep_freed_memory

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    keep_freed_memory()


CYCLES = """
import gc, weakref
from segeval.runtime import allocator
class Node: pass
def cycle():
    node = Node()
    node.own = node
    return weakref.ref(node)
before = gc.get_freeze_count()
allocator.{moment}()
first = cycle()
kept = [Node() for _ in range(20_000)]
print(first() is None, gc.get_freeze_count() > before)
"""


@pytest.mark.parametrize(
    ("moment", "said"), [("delay_collector", "False False"), ("freeze_collector", "True True")]
)
def test_the_collector_looks_for_garbage_only_when_all_is_loaded(moment, said):
    call = [sys.executable, "-c", CYCLES.format(moment=moment)]
    assert subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip() == said
