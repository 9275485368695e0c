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
import json
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

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "tests" / "fuzz_seeds"
MOST_VALUES = 1 << 18  # of a file are read
LONGEST = 1 << 14  # bytes of an input
ROOM = 64 << 20
sys.path.insert(0, str(Path(__file__).parent))


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
    from segeval.cli.entry import run_command_line

    for words in (["gate", str(path), "--gate", "dice=0.5"], ["show", str(path)]):
        status = run_command_line(words)
        if status not in (0, 1, 2, 3, 4):
            raise AssertionError(f"status {status} of {words[0]}")


def read_journal(path: Path) -> None:
    """Take cases from what a broken-off run left."""
    from segeval.engines.resume import Journal, _parse_result

    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        output = Path(place, "r.json")
        Path(f"{output}.partial.jsonl").write_bytes(path.read_bytes())
        for line in Journal(output, {})._earlier():
            _parse_result(line)


def read_settings(path: Path) -> None:
    """Read a settings file."""
    from segeval.cli.files import load_settings_file, make_settings_layer

    file = load_settings_file(path)
    if file is not None:
        make_settings_layer(file)


def read_table(path: Path) -> None:
    """Read a table of cases."""
    from segeval.cli.entry import run_command_line

    status = run_command_line(["pairs", "--pairs", str(path)])
    if status not in (0, 2, 3, 4):
        raise AssertionError(f"status {status}")


def read_class_list(path: Path) -> None:
    """Read a class list, and a table of labels."""
    from segeval.classes.class_files import read_class_file

    read_class_file(path)


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
    "coco": (".json", as_it_is, read_file),
    "results": (".json", as_it_is, read_results),
    "journal": (".jsonl", as_it_is, read_journal),
    "toml": (".toml", as_it_is, read_settings),
    "table": (".csv", as_it_is, read_table),
    "rows": (".jsonl", as_it_is, read_table),
    "classes": (".json", as_it_is, read_class_list),
}


def seeds_of(target: str) -> list[bytes]:
    """Good inputs of a target, made here, and those that were found."""
    import fuzz

    made: list[bytes] = []
    with tempfile.TemporaryDirectory() as place:
        if target in ("nii", "nii.gz", "nrrd", "npy", "npz", "png", "tif", "bmp", "zip", "gzip"):
            suffix = {"gzip": ".nii.gz", "zip": ".npz", "nii.gz": ".nii", "npz": ".npy"}.get(
                target, f".{target}"
            )
            write, shape = fuzz.FORMATS[suffix]
            small = (3, 6, 7)[-len(shape) :]
            path = Path(place, f"a{suffix}")
            write(path, np.random.default_rng(0).integers(0, 3, small).astype(np.uint8))
            made.append(path.read_bytes())
    made += [SAMPLES[target]] if target in SAMPLES else []
    folder = SEEDS / target
    return made + [path.read_bytes() for path in sorted(folder.glob("*"))]


COCO = {
    "images": [{"id": 1, "file_name": "a.png", "height": 20, "width": 24}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [2, 2, 8, 8],
         "segmentation": [[2, 2, 10, 2, 10, 10, 2, 10]]},
        {"id": 2, "image_id": 1, "category_id": 1,
         "segmentation": {"size": [20, 24], "counts": [50, 40, 390]}},
    ],
    "categories": [{"id": 1, "name": "cat"}],
}  # fmt: skip
SAMPLES = {
    "coco": json.dumps(COCO).encode(),
    "mha": b"ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementType = MET_UCHAR\n"
           b"ElementSpacing = 1 1 2\nElementDataFile = LOCAL\n" + bytes(24),
    "toml": b'metrics = ["dice", "hd95"]\nthreshold = 0.5\n[classes.liver]\nlabel = 1\n'
            b"[gates]\ndice = 0.5\n",
    "table": b"case,pred,gt\na,p/a.png,g/a.png\nb,p/b.png,g/b.png\n",
    "rows": b'{"case": "a", "pred": "p/a.png", "gt": "g/a.png"}\n',
    "classes": b'{"labels": {"background": 0, "liver": 1, "tumour": [1, 2]}}',
    "journal": b'{}\n{"case": "a", "values": {"1": {"dice": 0.5}}}\n',
}  # fmt: skip


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

    with atheris.instrument_imports(include=["segeval"]):
        import segeval.cli.entry
        import segeval.cli.files
        import segeval.cli.gate
        import segeval.cli.pairs
        import segeval.cli.show
        import segeval.engines.resume
        import segeval.pairing.table
        import segeval.readers.registry
        import segeval.scorecard.results  # noqa: F401
        from segeval.readers.registry import READERS  # noqa: F401
    corpus = asked.corpus or Path(tempfile.mkdtemp(prefix=f"segeval-corpus-{asked.target}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds_of(asked.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    run = Judge(asked.target, corpus)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what commands print
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    options: list[Any] = [
        sys.argv[0], str(corpus), f"-runs={asked.runs}", f"-max_total_time={asked.seconds}",
        f"-max_len={LONGEST}", "-verbosity=0", "-timeout=20", "-rss_limit_mb=1500",
    ]  # fmt: skip
    atheris.Setup(options, run)
    atheris.Fuzz()
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
