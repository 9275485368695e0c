"""Coverage-guided fuzzing of every reader, table and result file, in one process.

    python benchmarks/fuzz_guided.py TARGET [--runs 100000] [--seconds 60] [--corpus FOLDER]
    python benchmarks/fuzz_guided.py --list

It needs atheris (`pip install atheris`, where there is a wheel for the Python in use). An input is
the content of a file; of packed formats it is what is packed, and checksums are made right, so that
mutations come as far as the voxels. Anything but an error of the program's own (a case, a request),
of the machine (OSError, MemoryError, RecursionError), or a good result is a fault: it is printed
once a place, and its input is kept in the corpus as `fault-…`. The inputs of `tests/fuzz_seeds` are
begun with; `tests/test_fuzz_seeds.py` runs them all.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import struct
import sys
import tempfile
import traceback
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FORMS = ("csv", "tsv", "json", "jsonl", "markdown", "latex", "junit", "gitlab-quality",
         "openmetrics", "badge", "summary", "confusion", "instances", "instances-json")  # fmt: skip
MOST_VALUES = 1 << 18  # of a file are read
LONGEST = 1 << 14  # bytes of an input
ROOM = 64 << 20


# -- what an input becomes ------------------------------------------------------------------------


def as_it_is(data: bytes) -> bytes:
    """The input is the file."""
    return data


def gzipped(data: bytes) -> bytes:
    """The input is what is packed."""
    return gzip.compress(data, 1)


def zipped(data: bytes) -> bytes:
    """The input is the one member of an archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("probabilities.npy", data)
    return file.getvalue()


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what is in them."""
    out, at = bytearray(data[:8]), 8
    while at + 8 <= len(data):
        size = min(struct.unpack_from(">I", data, at)[0], len(data) - at - 8)
        body = data[at + 4 : at + 8 + size]
        out += struct.pack(">I", size) + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + size
    return bytes(out)


# -- what is done with it -------------------------------------------------------------------------


def read_file(path: Path) -> None:
    """Open a file and read what it holds."""
    from segeval.readers.registry import open_file
    from segeval.volume.channel_streams import open_channels
    from segeval.volume.label_values import open_value_stream
    from segeval.volume.read_options import ReadOptions
    from segeval.volume.value_stream import ReadAs
    from segeval.volume.volume import Volume

    found = open_file(path, ReadOptions(grid=(20, 24), member="", room=ROOM))
    if not isinstance(found, Volume):
        for roi in found.rois:
            list(roi.contours)
        return
    if found.geometry.size > MOST_VALUES:
        return
    with open_channels(found.channels, 1 << 12) as opened:
        stream = open_value_stream(found, dict(enumerate(opened)), ReadAs("auto"))
        for start in range(0, found.geometry.size, 1 << 12):
            stream.read(min(1 << 12, found.geometry.size - start))
        stream.finish()


def read_results(path: Path) -> None:
    """Read a result file and judge it."""
    forms = [word for form in FORMS for word in ("-o", f"{form}:{path.with_name('out')}")]
    run_commands(["gate", str(path), "--gate", "dice=0.5"], ["show", str(path), *forms])


def read_many_results(path: Path) -> None:
    """Read a result file beside a good one: compare, merge, and the page."""
    from fuzz_samples import results

    good = path.with_name("good.json")
    if not good.exists():
        good.write_bytes(results()[0])
    out = ["--format", "none", "-q"]
    run_commands(
        ["compare", str(good), str(path), *out],
        ["merge", str(path), "--allow-different-settings", *out],
        ["report", str(path), "-o", str(path.with_name("page.html")), "-q"],
    )


def run_commands(*commands: Sequence[str]) -> None:
    """Run commands; what one calls a bug is raised."""
    from segeval.cli import entry

    for words in commands:
        try:
            status = entry._run_command(words)
        except Exception as problem:
            status = entry._report_failure(problem)
            if status == entry.BUG:
                raise
        if status not in (0, 1, 2, 3, 4):
            raise AssertionError(f"status {status} of {words[0]}")


def read_journal(path: Path) -> None:
    """Take the cases of an input as those that a broken-off run left, and go through them."""
    from segeval.engines.resume import Journal
    from segeval.engines.sealed_lines import seal_line
    from segeval.pairing.cases import Case, CaseFiles, CaseStore

    class Trusting(Journal):
        """Files are those of the earlier run."""

        def _same(self, case: Any, result: Any) -> bool:
            return str(result.status) == "ok"

    journal = Trusting(path.with_name("r.json"), {})
    lines = (b"{}", *path.read_bytes().splitlines())  # those that a checksum lets through
    journal.path.write_bytes(b"".join(map(seal_line, lines)))
    side = CaseFiles(path.parent, {"": path})
    kept = journal.start(CaseStore([Case(name, side, side) for name in ("a", "b")]), resume=True)
    for name in ("a", "b"):
        kept.add(name, PLAIN_CASE.replace("NAME", name)) if not kept.has(name) else None
    for case in kept:
        str(case.rows)


def read_settings(path: Path) -> None:
    """Read a settings file."""
    from segeval.cli.files import load_settings_file, make_settings_layer

    file = load_settings_file(path)
    if file is not None:
        make_settings_layer(file)


def read_table(path: Path) -> None:
    """Read a table of cases."""
    run_commands(["pairs", "--pairs", str(path)])


def read_class_list(path: Path) -> None:
    """Read a class list, and a table of labels."""
    from segeval.classes.class_files import read_class_file

    read_class_file(path)


PLAIN_CASE = '{"case": "NAME", "status": "ok", "rows": []}'
Target = tuple[str, Callable[[bytes], bytes], Callable[[Path], None]]
TARGETS: dict[str, Target] = {
    "nii": (".nii", as_it_is, read_file),
    "nii.gz": (".nii.gz", gzipped, read_file),
    "gzip": (".nii.gz", as_it_is, read_file),
    "nrrd": (".nrrd", as_it_is, read_file),
    "mha": (".mha", as_it_is, read_file),
    "mgz": (".mgz", gzipped, read_file),
    "npy": (".npy", as_it_is, read_file),
    "npz": (".npz", zipped, read_file),
    "zip": (".npz", as_it_is, read_file),
    "png": (".png", with_checksums, read_file),
    "tif": (".tif", as_it_is, read_file),
    "bmp": (".bmp", as_it_is, read_file),
    "gif": (".gif", as_it_is, read_file),
    "dcm": (".dcm", as_it_is, read_file),
    "rois": (".npz", as_it_is, read_file),
    "coco": (".json", as_it_is, read_file),
    "labelme": (".json", as_it_is, read_file),
    "geojson": (".geojson", as_it_is, read_file),
    "yolo": (".txt", as_it_is, read_file),
    "results": (".json", as_it_is, read_results),
    "many results": (".json", as_it_is, read_many_results),
    "journal": (".jsonl", as_it_is, read_journal),
    "toml": (".toml", as_it_is, read_settings),
    "table": (".csv", as_it_is, read_table),
    "rows": (".jsonl", as_it_is, read_table),
    "classes": (".json", as_it_is, read_class_list),
    "class table": (".csv", as_it_is, read_class_list),
    "class text": (".txt", as_it_is, read_class_list),
}
JSON = ("coco", "labelme", "geojson", "results", "many results", "journal", "rows", "classes")


# -- the loop -------------------------------------------------------------------------------------


class Judge:
    """Runs inputs and keeps what is a fault, once a place."""

    def __init__(self, target: str, corpus: Path) -> None:
        self.suffix, self.wrap, self.act = TARGETS[target]
        self.target, self.corpus = target, corpus
        self.count = corpus.with_name(f"{corpus.name}.txt")
        self.faults: dict[str, int] = {}
        self.runs = 0
        self.place = Path(tempfile.mkdtemp(prefix="segeval-fuzz-", dir=shared_memory()))

    def __call__(self, data: bytes) -> None:
        """Run an input."""
        self.runs += 1
        if self.runs % 500 == 0:  # the library leaves without a word
            self.count.write_text(f"{self.runs} inputs, {len(self.faults)} faults\n")
        path = self.place / f"a{self.suffix}"
        path.write_bytes(self.wrap(data))
        if fault := judge(self.act, path):
            if fault not in self.faults:
                print(f"FAULT {self.target}: {fault}", file=sys.__stderr__, flush=True)
                (self.corpus / f"fault-{zlib.crc32(fault.encode()):08x}").write_bytes(data)
            self.faults[fault] = self.faults.get(fault, 0) + 1


def judge(act: Callable[[Path], None], path: Path) -> str:
    """What is wrong with how a file is answered; "" if nothing is."""
    from segeval.runtime.errors import SegevalError

    try:
        act(path)
    except SegevalError as problem:
        return f"a bug: {problem}" if problem.exit_status == 5 else ""
    except (OSError, MemoryError, RecursionError):
        return ""
    except Exception as problem:
        frames = traceback.extract_tb(problem.__traceback__)
        last = ([f for f in frames if "segeval" in f.filename] or frames)[-1]
        place = f"{Path(last.filename).name}:{last.lineno} {last.name}"
        return f"{type(problem).__name__} {place}: {problem}"[:160]
    return ""


def shared_memory() -> str | None:
    """Where files cost no disk."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def mutate(data: bytes, longest: int, seed: int) -> bytes:
    """Change values of JSON; bytes, where it is none and every third time."""
    import atheris
    from fuzz_json import mutate_json

    made = mutate_json(data, seed) if seed % 3 else None
    if made is None or len(made) > longest:
        return bytes(atheris.Mutate(data, longest))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz a target; 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args(arguments)
    if asked.list or not asked.target:
        print(*TARGETS, sep="\n")
        return 0
    import atheris
    from fuzz_samples import seeds_of

    with atheris.instrument_imports(include=["segeval"]):
        import segeval.cli.compare
        import segeval.cli.entry
        import segeval.cli.files
        import segeval.cli.gate
        import segeval.cli.merge
        import segeval.cli.pairs
        import segeval.cli.report
        import segeval.cli.show
        import segeval.engines.resume
        import segeval.pairing.table
        import segeval.readers.registry
        import segeval.scorecard.results  # noqa: F401
        from segeval.readers.registry import READERS
    for name in READERS:
        with atheris.instrument_imports(include=["segeval"]):
            __import__(f"segeval.readers.{name}")
    corpus = asked.corpus or Path(tempfile.mkdtemp(prefix=f"segeval-corpus-{asked.target}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds_of(asked.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    run = Judge(asked.target, corpus)
    for name in ("stdout", "stderr"):  # what commands print, as they open it
        nowhere = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        setattr(sys, name, nowhere)
    options: list[Any] = [
        sys.argv[0], str(corpus), f"-runs={asked.runs}", f"-max_total_time={asked.seconds}",
        f"-max_len={LONGEST}", "-verbosity=0", "-timeout=20", "-rss_limit_mb=1500",
    ]  # fmt: skip
    mutator = {"custom_mutator": mutate} if asked.target in JSON else {}
    atheris.Setup(options, run, **mutator)
    atheris.Fuzz()
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
