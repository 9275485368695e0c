"""The floors: imports look down only, and rooms on one floor do not know each other.

A line is a floor, a room on it, and the steps of the room from the lowest up, cut by `|`. A module
may import what lies on a lower floor, and in its own room what lies on a lower step. What stands on
one step does not know its neighbours. A package is named like its `__init__`.

Every import counts: inside functions (they keep start-up short) and for type checkers too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FLOORS = """
0  segeval     segeval
0  runtime     runtime | allocator arrays extras frozen folders inventory memory_budget | errors | packed_streams spill

1  kernels     kernels | average_precision decode froc marching_cubes mask_runs ordered resample run_starts softmax spatial triangles
               | counts label_runs rle sums topology | mask_stack | bins distance_tables run_faces entropy flips raster rois surfels value_counts vtk_triangles
               | borders connected_components lengths mesh polygons run_dilation | distances outlines run_overlaps | skewed
               | conventions heights instance_matching | planes
1  dicom       dicom | elements | files number_text
1  grid        grid | geometry | mismatch slices | joined_slices
1  classes     classes | label_tables names | class_list | class_files structure_matching tolerances

2  request     request | grammar | settings | check_settings presets

3  volume      volume | instance_masks instances value_kinds | id_coding | volume | align finite_values value_stream | score_values upsampling
               | label_values

4  contours    contours | structure_set | own_planes rules | sharing | placing | rasterize | structures
5  tallies     tallies | block instance_table rois | box_mask counts detections fields instance_sides polygons slab surface voxels
               | candidates joined_lesions loss_terms | instances sums | branches
5  writers     writers | nifti nrrd png

5  readers     readers | channel_axis coco_file frames tiff_tags nrrd_header pixels png_inflate | coco_masks png_bands | coco_panoptic | coco dicom_seg mgz mha nifti npy nrrd rois tiff rtstruct series
               | png | polygon_files | geojson labelme yolo | registry remote_files selection series_matching | contour_slices
6  metrics     metrics | aliases convention_names | registry | option_types overlap surface topology | boundary | contours losses maskrcnn matched_detections semantic volume
               | calibration candidates detections overlap_losses voxel_losses | focal generalized_losses soft_scores
               | combined_losses panoptic | cells outputs | instance_rows lesion_fit lesions | lesion_distances | instance_counts

7  pairing     pairing | cases | datasets files messages | class_names images keys table | layout_kinds
               | layouts | coco matching shards swapped_sides | two_sides | patients | pair | outputs
               | remote
7  scorecard   scorecard | card empty_class_policy results_schema signature | short_signature | case_json row_index | result_store summary | foreign_results | results

8  opening     opening | frames instances lost_voxels own_grid structure_choice | open_side | common_grid enlarge onto_grid relabel structure_classes
               | open_structures | open_case

9  exporting   exporting | decode | convert
9  scoring     scoring | class_resolution fingerprint slab_pass | pass_plan | case_stages | branches checks detections polygons run_pass
               probability_fields roi_losses surfaces_by_class | surfaces | foreground_box instances | probabilities
               | tally_kinds | pooling rows | absent_classes | case
9  statistics  statistics | bootstrap hypothesis_tests | intervals paired | compare

10 engines     engines | class_union | merge resume work | cluster serial | pool | shared | choice
10 gates       gates | pooled_pairs verdict | rules truth | baseline | judge

11 api         api
11 reports     reports html pictures | table_model terminal | fold_columns means plain problems values | table_content verdicts | badge
               codequality delimited instances json jsonl junit markdown openmetrics summary table
               | comparison github instances_json judged tabbed
               | pictures.contour_paths pictures.largest_error pictures.grey_levels | pictures.planes
               | pictures.case_masks pictures.image_planes pictures.draw_planes | pictures.draw_tints pictures.error_maps
               | pictures.worst_pictures | pictures.illustrate
               | html.charts html.shown html.browser | html.drawings html.definition_section
               | html.volume_section html.verdict_section html.account_section
               html.confusion_section html.instance_section html.reliability_section html.class_section
               | html.case_section html.baseline_section html.figures | html.page | html.comparison_page
               | outputs | html.folder

12 cli         cli | choices codes log print_table standard_streams | accounts main problems progress values warnings_output | tables | files | settings_sources
               | ci entry error_maps options paths | conclude | compare completion config convert decode gate inspect
               merge metrics pairs score show | report
12 main        __main__
"""  # noqa: E501 - a room is one line

PACKAGES = (
    "runtime",
    "kernels",
    "dicom",
    "grid",
    "classes",
    "request",
    "volume",
    "contours",
    "tallies",
    "writers",
    "readers",
    "metrics",
    "pairing",
    "scorecard",
    "opening",
    "exporting",
    "scoring",
    "statistics",
    "engines",
    "gates",
    "reports",
    "cli",
)

# Who may look up, and why.
EXCEPTIONS = {
    ("classes.class_list", "classes.class_files"): "a file is read where one is named as the list",
    ("classes.class_list", "classes.names"): "names are compared where a settings file has some",
    ("segeval", "api"): "`segeval.score` is loaded when it is used",
    ("__main__", "cli.entry"): "the entry point stands on the command line's floor, above it",
    ("__main__", "cli.standard_streams"): "the same",
}


def placed() -> dict[str, tuple[int, str, int]]:
    """Floor, room and step of every module."""
    text = FLOORS.replace("\n               ", " ")
    places = {}
    for line in filter(None, text.splitlines()):
        floor, room, steps = line.split(None, 2)
        for step, modules in enumerate(steps.split("|")):
            for place, module in enumerate(modules.split()):
                inside = room in PACKAGES and (step, place) != (0, 0)  # the first is the package
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
    assert allowed("readers.registry", "readers.nifti")
    assert allowed("scoring.case", "runtime.errors")


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
    known = {room: floor for floor, room, _ in PLACES.values()} | {
        "__main__": PLACES["__main__"][0]
    }
    assert said == {room: floor for room, floor in known.items() if room not in ("segeval", "main")}
