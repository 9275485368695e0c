"""The floors: imports look down only, and rooms on one floor do not know each other.

A line is a floor, a room on it, and the steps of the room from the lowest up, cut by `|`. A module
may import what lies on a lower floor, and in its own room what lies on a lower step. What stands on
one step does not know its neighbours. A package is named like its `__init__`.

Every import counts: inside functions (they keep start-up short) and for type checkers too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FLOORS = """
0  segeval     segeval
0  errors      frozen | errors
0  arrays      arrays
0  memory      memory

1  kernels     kernels | cube decode ordered resample rle runs softmax spatial starts triangles
               | counts labelruns sums | shades bins cuts entropy flips lattice raster rois surfels | borders lengths mesh polygons
               | distances outlines | conventions | planes
1  dicom       dicom | elements | files
1  geometry    geometry
1  grammar     grammar
1  names       names
1  budget      budget
1  scratch     scratch
1  streams     streams

2  volumes     regions | volumes
2  contours    contours
2  slices      slices
2  stores      stores
2  tolerances  tolerances
2  settings    classes | settings

3  readers     readers | frames inflated nrrdheader pixels | bands | coco dicom_seg nifti npy nrrd png rois rtstruct series
               | joining open selection
3  drawing     drawing | rules | placing | masks | structures
3  tallies     tallies | block rois | counts fields part polygons slab surface voxels | pieces runs | sums | branches
3  writers     writers | nifti nrrd png
3  align       align | upsampling
3  kinds       kinds | values | side | finite | scores | labels

4  metrics     metrics | called registry | overlap pooling surface words | rims | contours losses maskrcnn semantic volume
               | calibration overlap_losses voxel_losses | focal generalized_losses soft_scores
               | combined_losses | outputs

5  pairing     pairing | cases | datasets files words | images keys classnames table | layoutkinds
               | layouts | coco matching shards | twosides | patients | pair | outputs
               | remote
5  scorecard   scorecard | card | casejson census | spool summary | results
5  absence     absence
5  signature   signature

6  scoring     scoring | fingerprint roisides structurenames | sides structuresides
               | structureclasses | structurecase
               | targets | onepass | planning | branches checks classwise decoding fields rows | surfaces | box
               | case converting
6  statistics  statistics | bootstrap tests | intervals paired | compare

7  engines     engines | work | serial | cluster pool | shared | choice
7  gate        gate | verdict | rules | baseline | judge
7  merging     merging
7  resume      resume

8  api         api
8  reports     reports | blocks terminal | fit means plain problems values | layout verdicts | badge
               codequality delimited json jsonl junit markdown openmetrics summary table
               | comparison github judged tabbed
               | outputs

9  cli         cli | choices codes log show standard_streams | main notes problems progress values | tables | files | layers
               | answer ci options paths | finish | compare completion config convert decode gate inspect
               merge metrics pairs score
9  main        __main__
"""  # noqa: E501 - a room is one line

PACKAGES = (
    "kernels",
    "dicom",
    "readers",
    "writers",
    "drawing",
    "kinds",
    "tallies",
    "metrics",
    "pairing",
    "scorecard",
    "scoring",
    "statistics",
    "engines",
    "gate",
    "reports",
    "cli",
)

# Who may look up, and why.
EXCEPTIONS = {
    ("segeval", "api"): "`segeval.score` is loaded when it is used",
    ("__main__", "cli.answer"): "the entry point stands on the command line's floor, above it",
    ("__main__", "cli.standard_streams"): "the same",
}


def placed() -> dict[str, tuple[int, str, int]]:
    """Floor, room and step of every module."""
    text = FLOORS.replace("\n               ", " ")
    places = {}
    for line in filter(None, text.splitlines()):
        floor, room, steps = line.split(None, 2)
        for step, modules in enumerate(steps.split("|")):
            for module in modules.split():
                inside = room in PACKAGES and module != room
                places[f"{room}.{module}" if inside else module] = (int(floor), room, step)
    return places


PLACES = placed()


def modules() -> dict[str, Path]:
    """Every module of the package by the name that the list gives it."""
    found = {}
    for path in sorted((ROOT / "segeval").rglob("*.py")):
        parts = path.relative_to(ROOT / "segeval").with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        found[".".join(parts) or "segeval"] = path
    return found


MODULES = modules()
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules of segeval that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "segeval":
            within = node.module.removeprefix("segeval").lstrip(".")
            for alias in node.names:
                whole = f"{within}.{alias.name}".lstrip(".")
                yield whole if whole in MODULES else within or "segeval"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "segeval":
                    yield alias.name.removeprefix("segeval").lstrip(".") or "segeval"


def allowed(importer: str, target: str) -> bool:
    """Whether an import looks down."""
    floor, room, step = PLACES[importer]
    other_floor, other_room, other_step = PLACES[target]
    if (importer, target) in EXCEPTIONS or other_floor < floor:
        return True
    return other_floor == floor and other_room == room and other_step < step


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_its_place(name):
    assert name in PLACES, f"{name} is not in the list of floors"


def test_the_list_names_nothing_that_is_gone():
    assert [name for name in PLACES if name not in MODULES] == []


@pytest.mark.parametrize("name", MODULES)
def test_imports_look_down(name):
    wrong = sorted({target for target in imported(TREES[name]) if not allowed(name, target)})
    assert wrong == [], f"{name} {PLACES[name]} imports what is not below it"


def test_a_climb_is_seen():
    tree = ast.parse("def f():\n    from segeval.cli import main\n    import segeval.api\n")
    assert list(imported(tree)) == ["cli.main", "api"]
    assert not allowed("kernels.counts", "cli.main")  # up
    assert not allowed("readers.nifti", "tallies.block")  # another room of the floor
    assert not allowed("readers.nifti", "readers.png")  # the same step
    assert allowed("readers.open", "readers.nifti")
    assert allowed("scoring.case", "errors")


@pytest.mark.parametrize("name", [*PACKAGES, "segeval"])
def test_a_package_holds_its_docstring_and_its_list(name):
    quiet = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    said, *rest = TREES[name].body
    assert isinstance(said, ast.Expr)
    assert isinstance(said.value, ast.Constant)
    logic = [type(node).__name__ for node in rest if not isinstance(node, quiet)]
    # The face of the package has a lazy attribute: see EXCEPTIONS.
    assert logic == (["If", "FunctionDef"] if name == "segeval" else [])


def called(tree: ast.AST) -> set[str]:
    """The functions that a module calls, as they are written."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def used(tree: ast.AST) -> set[str]:
    """The attributes that a module uses, as they are written."""
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


BELOW = [name for name in MODULES if name.split(".")[0] not in ("cli", "__main__")]


@pytest.mark.parametrize("name", BELOW)
def test_only_the_command_line_prints_and_exits(name):
    loud = {"print", "click.echo", "click.secho", "input", "exit", "quit", "sys.exit", "os._exit"}
    assert called(TREES[name]) & loud == set()
    assert used(TREES[name]) & {"sys.argv", "sys.stdin"} == set()


# A table is drawn as the terminal asks: TERM, NO_COLOR, FORCE_COLOR.
SEES = ("reports.terminal",)


@pytest.mark.parametrize("name", [name for name in BELOW if name not in SEES])
def test_nothing_below_reads_the_environment(name):
    assert used(TREES[name]) & {"os.environ", "os.environb", "os.getenv"} == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("kernels")])
def test_a_kernel_knows_no_file(name):
    names = {node.id for node in ast.walk(TREES[name]) if isinstance(node, ast.Name)}
    assert names & {"Path", "open", "pathlib"} == set()


HEAVY = {
    "PIL",
    "distributed",
    "fsspec",
    "igl",
    "isal",
    "nibabel",
    "nrrd",
    "pydicom",
    "rich",
    "scipy",
    "tqdm",
}


@pytest.mark.parametrize("name", MODULES)
def test_a_heavy_library_is_imported_where_it_is_used(name):
    at_start = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in TREES[name].body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {module.split(".")[0] for module in at_start} & HEAVY == set()
