"""Cases over a Dask cluster: the bytes of one process, and nothing of a case or a worker is lost.

The cluster is real: a scheduler and two workers, processes of their own on loopback.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import build
import killers
import numpy as np
import pytest
from runs import run, settings

from segeval.api.request_checks import requested_metrics
from segeval.classes.class_list import ClassList
from segeval.pairing.pair import pair_paths
from segeval.readers.remote_files import RemoteStore
from segeval.runtime.errors import CaseError, RequestError
from segeval.scorecard.results import result_lines
from segeval.scoring.pass_plan import Job

distributed = pytest.importorskip("distributed", reason="pip install distributed")
from segeval.engines import cluster  # noqa: E402

NII = (build.nifti, ".nii.gz")
NAMES = ("a1", "a2", "a10", "b", "c")
TESTS = Path(__file__).resolve().parents[1]


def free_port():
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        return here.getsockname()[1]


class Cluster:
    """A scheduler on loopback, and workers that are started and ended one by one."""

    def __init__(self, folder):
        self.folder, self.address = folder, f"tcp://127.0.0.1:{free_port()}"
        self.workers = []
        self.scheduler = self._dask("scheduler", "--host", self.address)
        for _ in range(200):
            with socket.socket() as here:
                if not here.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))):
                    return
            time.sleep(0.1)
        raise AssertionError((folder / "dask.log").read_text())

    def _dask(self, kind, *rest):
        """A process that knows the metrics of the tests, as workers know segeval.

        A case is under suspicion with the first worker that it was with when that one was lost.
        """
        paths = os.pathsep.join([str(TESTS), str(TESTS.parent)])
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SEGEVAL")}
        environment |= {"PYTHONPATH": paths, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        with open(self.folder / "dask.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *rest, "--no-dashboard"],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def add(self, _=""):
        """Start a worker."""
        rest = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))
        self.workers.append(self._dask("worker", self.address, *rest))

    def ready(self, count):
        """Have so many workers."""
        for _ in range(count - sum(worker.poll() is None for worker in self.workers)):
            self.add()
        with distributed.Client(self.address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=30)
        return self

    def close(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait(20)

    def keys(self):
        """What the scheduler still has of any client."""
        with distributed.Client(self.address, set_as_default=False) as client:
            return client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


@pytest.fixture
def two_workers(started):
    return started.ready(2)


def tree(tmp_path, prey=""):
    marked = np.zeros(build.GRID.shape, np.uint8)
    marked.reshape(-1)[: killers.PREY] = 1
    truth = {n: marked if n == prey else build.blocks(seed=i) for i, n in enumerate(NAMES)}
    build.folder(tmp_path / "gt", NII, **truth)
    preds = {n: build.blocks(seed=10 + i) for i, n in enumerate(NAMES)}
    build.folder(tmp_path / "pred", NII, **preds)
    return tmp_path / "pred", tmp_path / "gt"


def text(card):
    return "".join(result_lines(card))


def silent(_):
    """Nobody listens."""


def clustered(address, cases, *failing, say=silent):
    """Results by case."""
    chosen = settings("dice")
    job = Job(chosen, ClassList(), (*requested_metrics(chosen), *map(killers.asked, failing)))
    with cluster.connect_cluster(address, say) as engine:
        return {result.case: result for result in engine(cases, job)}


def test_the_bytes_are_those_of_one_process(tmp_path, two_workers):  # O4
    sides = tree(tmp_path)
    (sides[0] / "b.nii.gz").write_bytes(b"damaged")
    (sides[0] / "c.nii.gz").unlink()
    metrics = ("dice", "hd95", "volume_difference")
    alone = run(*sides, *metrics)
    assert text(run(*sides, *metrics, scheduler=two_workers.address)) == text(alone)
    assert [case.status for case in alone.cases][3:] == ["unreadable", "missing_prediction"]
    assert two_workers.keys() == []


@pytest.mark.parametrize("change", killers.CHANGES)
def test_a_file_that_changes_is_no_value_of_its_case(tmp_path, two_workers, change):
    cases = pair_paths(*tree(tmp_path, "b"), settings()).cases
    word = f"{change} {tmp_path / 'pred' / 'b.nii.gz'}"
    found = clustered(two_workers.address, cases, word)
    assert {name: r.status for name, r in found.items() if r.status != "ok"} == {"b": "unreadable"}
    assert "the file changed while its case was scored" in found["b"].result.error["message"]


def test_workers_have_another_working_folder(tmp_path, two_workers, monkeypatch):
    tree(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = run("pred", "gt", "dice", scheduler=two_workers.address)
    assert [case.status for case in found.cases] == ["ok"] * len(NAMES)
    assert text(found) == text(run("pred", "gt", "dice"))


def test_workers_fetch_from_a_store(tmp_path, two_workers):
    pytest.importorskip("fsspec", reason="pip install fsspec")
    sides = tree(tmp_path)
    urls = [f"local://{side}" for side in sides]  # goes the way of every store
    found = run(*urls, "dice", scheduler=two_workers.address)
    assert [case.status for case in found.cases] == ["ok"] * len(NAMES)
    assert [case.rows for case in found.cases] == [case.rows for case in run(*sides, "dice").cases]


def test_a_bug_is_of_its_case_alone(tmp_path, two_workers):  # X4
    cases = pair_paths(*tree(tmp_path, "b"), settings()).cases
    found = clustered(two_workers.address, cases, "raising")
    assert found["b"].status == "internal_error"
    assert "ZeroDivisionError" in found["b"].trace
    assert {result.status for name, result in found.items() if name != "b"} == {"ok"}


def test_a_case_that_kills_its_workers_is_given_up_and_the_others_are_scored(tmp_path, two_workers):
    cases = pair_paths(*tree(tmp_path, "b"), settings()).cases
    found = clustered(two_workers.address, cases, "exiting", say=two_workers.add)
    assert {name: r.status for name, r in found.items() if r.status != "ok"} == {
        "b": "worker_killed"
    }
    assert set(found) == set(NAMES)


def test_a_lost_worker_loses_nothing(tmp_path, two_workers):
    # It is stopped, so it takes cases and gives none back, and then it is killed.
    cases = pair_paths(*tree(tmp_path), settings()).cases
    chosen = settings("dice")
    job = Job(chosen, ClassList(), requested_metrics(chosen))
    with cluster.connect_cluster(two_workers.address, silent) as engine:
        worker = next(worker for worker in two_workers.workers if worker.poll() is None)
        worker.send_signal(signal.SIGSTOP)
        results = engine(cases, job)
        found = [next(results)]
        worker.kill()
        found += results
    assert {result.case: result.status for result in found} == dict.fromkeys(NAMES, "ok")


def test_workers_are_waited_for_and_a_scheduler_that_goes_away_is_an_error(tmp_path):
    own = Cluster(tmp_path)
    cases = pair_paths(*tree(tmp_path), settings()).cases
    said = []

    def comes(text):
        said.append(text)
        own.add()

    def gone():
        chosen = settings("dice")
        job = Job(chosen, ClassList(), requested_metrics(chosen))
        with cluster.connect_cluster(own.address, silent) as engine:
            for number, _ in enumerate(engine(list(cases) * 40, job)):
                if not number:
                    own.scheduler.kill()

    try:
        assert set(clustered(own.address, cases, say=comes)) == set(NAMES)
        assert said == ["the cluster has no workers yet; the first one is waited for"]
        with pytest.raises(CaseError, match="does not answer any more") as problem:
            gone()
        assert "--resume" in problem.value.help
    finally:
        own.close()


def test_a_run_that_is_broken_off_leaves_nothing_behind(tmp_path, two_workers):
    cases = list(pair_paths(*tree(tmp_path), settings()).cases) * 4
    chosen = settings("dice")
    job = Job(chosen, ClassList(), requested_metrics(chosen))

    def broken_off():
        with cluster.connect_cluster(two_workers.address, silent) as engine:
            for _ in engine(cases, job):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    deadline = time.monotonic() + 10
    while two_workers.keys() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert two_workers.keys() == []


def refusal(address):
    start = time.monotonic()
    with pytest.raises(RequestError) as problem, cluster.connect_cluster(address, silent):
        pass
    assert time.monotonic() - start < 8
    return "\n".join(problem.value.lines())


def test_no_scheduler_is_said_at_once():
    said = refusal(f"tcp://127.0.0.1:{free_port()}")
    assert "no Dask scheduler answers at tcp://127.0.0.1:" in said
    assert "dask scheduler" in said


def test_something_else_that_listens_is_no_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        said = refusal(f"tcp://127.0.0.1:{other.getsockname()[1]}")
    assert "no Dask scheduler answers" in said


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "tcp://:1", "tcp://host:port"])
def test_what_is_no_address_is_refused(address):
    assert f"--scheduler {address}: no address" in refusal(address)


def test_a_store_of_this_process_is_refused(tmp_path):
    stores = (RemoteStore("memory://gt", tmp_path),)
    job = Job(settings(), ClassList(), (), stores)
    with pytest.raises(RequestError, match="no other process can read"):
        next(cluster.run(None, silent, [], job))


def test_another_version_is_refused_with_the_facts():
    found = {"tcp://a:1": cluster.__version__, "tcp://b:2": "0.0.9", "tcp://c:3": OSError("none")}
    with pytest.raises(RequestError, match="2 of 3 workers") as problem:
        cluster.check_versions(found)
    assert problem.value.facts == (
        f"here: {cluster.__version__}",
        "worker tcp://b:2: 0.0.9",
        "worker tcp://c:3: no segeval",
    )
    cluster.check_versions({"tcp://a:1": cluster.__version__})


def test_a_worker_of_another_version_that_comes_later_refuses():
    with pytest.raises(RequestError) as problem:
        cluster.score_in_worker(b"", b"", "9.9")
    assert "here: 9.9" in problem.value.facts


def test_without_the_library_the_extra_is_named(monkeypatch):  # E4
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "the extra segeval-cli[dask]" in refusal("tcp://127.0.0.1:1")
