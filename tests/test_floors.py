"""The floors: imports look down only, and rooms on one floor do not know each other.

Inside a room the modules are in an order too: none imports itself, over whatever way.

Every import counts: inside functions (they keep start-up short) and for type checkers too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the lowest floor up; a module lies in the room that its name begins with.
FLOORS = (
    ("segeval", "runtime"),
    ("kernels", "dicom", "grid", "classes"),
    ("request",),
    ("volume",),
    ("contours",),
    ("tallies", "writers", "readers"),
    ("metrics",),
    ("pairing", "scorecard"),
    ("opening",),
    ("exporting", "scoring", "statistics"),
    ("engines", "gates"),
    ("reports",),
    ("api",),
    ("selftest",),
    ("cli", "__main__"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
LOOSE = ("segeval", "__main__")
PACKAGES = tuple(room for room in FLOOR if room not in LOOSE)

# Who may look up, and why.
EXCEPTIONS = {
    ("classes.class_list", "classes.shipped_lists"): "an unknown class may be the name of a list",
    ("classes.class_list", "classes.names"): "names are compared where a settings file has some",
    ("segeval", "api.score"): "the face of the package is loaded when it is used",
    ("segeval", "api.cards"): "the same",
    ("segeval", "api.compare"): "the same",
    ("segeval", "api.evaluator"): "the same",
    ("segeval", "api.gate"): "the same",
    ("segeval", "scorecard.card"): "the same",
    ("segeval", "request.settings"): "the same",
    ("scorecard.card", "api.cards"): "a Scorecard writes and shows itself where reports are known",
    ("__main__", "cli.entry"): "the entry point stands on the command line's floor, above it",
    ("__main__", "cli.standard_streams"): "the same",
    ("__main__", "cli.interruption"): "the same",
}


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


def room_of(module: str) -> str:
    """The room of a module."""
    return module.split(".")[0]


def allowed(importer: str, target: str) -> bool:
    """Whether an import looks down, or stays in its room."""
    room, other = room_of(importer), room_of(target)
    return (importer, target) in EXCEPTIONS or other == room or FLOOR[other] < FLOOR[room]


def way_back(start: str, imports: dict[str, set[str]]) -> list[str]:
    """Modules by which a module of a room imports itself; [] where it does not."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop()
        for target in imports[way[-1]]:
            if target == start:
                return [*way, start]
            if target in imports and target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


IN_ROOM = {
    name: {
        target
        for target in imported(TREES[name])
        if room_of(target) == room_of(name) and (name, target) not in EXCEPTIONS
    }
    for name in MODULES
}


@pytest.mark.parametrize("name", MODULES)
def test_imports_look_down(name):
    assert room_of(name) in FLOOR, f"{name} is in no room of the list of floors"
    wrong = sorted({target for target in imported(TREES[name]) if not allowed(name, target)})
    assert wrong == [], f"{name} (floor {FLOOR[room_of(name)]}) imports what is not below it"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_imports_itself_over_others(name):
    assert way_back(name, IN_ROOM) == []


def test_the_list_names_nothing_that_is_gone():
    assert set(FLOOR) == {room_of(name) for name in MODULES}


def test_a_climb_is_seen():
    tree = ast.parse("def f():\n    from segeval.cli import main\n    import segeval.api\n")
    assert list(imported(tree)) == ["cli.main", "api"]
    assert not allowed("kernels.counts", "cli.main")  # up
    assert not allowed("readers.nifti", "tallies.block")  # another room of the floor
    assert allowed("readers.registry", "readers.nifti")
    assert allowed("scoring.case", "runtime.errors")


def test_a_ring_is_seen():
    ring = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set()}
    assert way_back("b", ring) == ["b", "c", "a", "b"]
    assert way_back("d", ring) == []


@pytest.mark.parametrize("name", [*PACKAGES, "segeval"])
def test_a_package_holds_its_docstring_and_its_list(name):
    quiet = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    said, *rest = TREES[name].body
    assert isinstance(said, ast.Expr)
    assert isinstance(said.value, ast.Constant)
    logic = [type(node).__name__ for node in rest if not isinstance(node, quiet)]
    # The face of the package has a lazy attribute: see EXCEPTIONS.
    assert logic == (["If", "If"] if name == "segeval" else [])


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
    "jinja2",
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


def test_the_page_of_the_architecture_has_the_same_floors():
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", page, re.MULTILINE)
    said = {room: int(floor) for floor, rooms in rows for room in re.findall(r"`(\w+)`", rooms)}
    assert said == {room: floor for room, floor in FLOOR.items() if room != "segeval"}
