"""Every choice of a run, in one frozen value.

A signed choice can change a number and is part of the signature; the others only say how fast the
number comes and where it goes. The command line, the environment and the settings file are made
from these fields, so a choice is added in this one place.
"""

from __future__ import annotations

from typing import Any

from segeval.classes.class_list import ClassList
from segeval.classes.label_tables import LabelTable
from segeval.request.grammar import Charge, Gate, Metric
from segeval.runtime.frozen import field, frozen, replace
from segeval.runtime.memory_budget import DEFAULT_BUDGET

NUMBERS = 2  # raised by a change of behaviour that alters a number; see CHANGELOG.md


@frozen
class ChoiceForm:
    """How people write a choice, at every door: option, environment, file.

    words   all that it may be; () where it is free
    word    what stands for a value in the help
    option  long name of the option where it is not the field's: one value each, so no plural
    letter  short name of the option
    least   the smallest number
    most    the largest number
    path    the value is a path or may be one: in a file it is relative to that file
    """

    words: tuple[str, ...] = ()
    word: str = ""
    option: str = ""
    letter: str = ""
    least: float | None = None
    most: float | None = None
    path: bool = False


ANY = ChoiceForm()
FILE = ChoiceForm(word="FILE", path=True)
REGEX = ChoiceForm(word="REGEX")
LABEL = ChoiceForm(word="LABEL", option="ignore-label")
REMAP = ChoiceForm(word="TABLE", path=True)
CODE = ChoiceForm(word="CODE")
MILLIMETRES = ChoiceForm(word="MM", least=0.01)
ALIAS = ChoiceForm(word="NAME=OTHER", option="alias")


def one_of(*words: str) -> ChoiceForm:
    """A choice among words."""
    return ChoiceForm(words)


def signed(default: Any, group: str, help: str, form: ChoiceForm = ANY) -> Any:
    """A choice that can change a number."""
    return field(
        default=default, metadata={"signed": True, "group": group, "help": help, "form": form}
    )


def free(default: Any, group: str, help: str, form: ChoiceForm = ANY) -> Any:
    """A choice that changes no number."""
    return field(
        default=default, metadata={"signed": False, "group": group, "help": help, "form": form}
    )


KINDS = one_of("auto", "labels", "prob", "logits")
GT_KINDS = one_of("labels", "prob")
ACTIVATIONS = one_of("auto", "softmax", "sigmoid", "none")
MISSING = one_of("error", "worst", "skip")
ABSENT = one_of("not-annotated", "empty")
UNDEFINED = one_of("exclude", "worst")
LAYOUTS = one_of("auto", "flat", "case-folders", "class-folders", "class-files", "one-case")
FORMATS = one_of("table", "csv", "tsv", "json", "jsonl", "markdown", "none")
COLOURS = one_of("auto", "always", "never")
PROGRESS = one_of("auto", "bar", "log", "none")
RESAMPLE = ChoiceForm(word="WHERE", path=True)
LOSSES = one_of("error", "accept")
UNLISTED = one_of("error", "ignore")
GEOMETRIES = one_of("own", "gt", "pred")
UPSAMPLE = one_of("never", "align_corners", "half_pixel", "asymmetric")
FLIP = one_of("never", "logit_sum", "softmax_mean")
FOLDER = ChoiceForm(word="DIR", path=True)
CLASSES = ChoiceForm(word="LIST", path=True)
METRIC = ChoiceForm(word="METRIC", option="metric", letter="m")
OUTPUT = ChoiceForm(word="[FORMAT:]PATH", letter="o", path=True)
GATE = ChoiceForm(word="RULE", option="gate")
POLICIES = one_of("any", "regression", "noninferior")
ADJUST = one_of("max", "holm", "none")
LEADS = one_of("mean", "pooled")
LEVEL = ChoiceForm(word="LEVEL")
CHARGE = ChoiceForm(word="RULE", option="charge")
TABLE = ChoiceForm(word="NAME", option="tolerance")
COUNT = ChoiceForm(word="N", least=0, most=(1 << 63) - 1)
DECIMALS = ChoiceForm(word="N", least=0, most=17)  # as many as a float64 has
MAPS_BY = one_of("case", "class")
WINDOW = ChoiceForm(word="WORD")
SPACING = ChoiceForm(word="X,Y[,Z]")
SIZE = ChoiceForm(word="SIZE", least=1)
AMOUNT = ChoiceForm(word="VOLUME")
AMOUNTS = ChoiceForm(word="SIZES")
CONNECTIVITY = one_of("auto", "26", "18", "6", "8", "4")
SHARD = ChoiceForm(word="I/N")
ADDRESS = ChoiceForm(word="ADDRESS")
BOUNDARIES = one_of("centre", "inclusive")
OWN_BOUNDARIES = one_of("same", "centre", "inclusive")
OVERLAPS = one_of("parity", "union")
GAPS = one_of("none", "nearest", "shape")
BAD = one_of("error", "skip")
KEYS = one_of("auto", "folder", "patient", "study", "series")
PATTERN = ChoiceForm(word="PATTERN")
FOLDER = ChoiceForm(word="DIR", path=True)
PASTES = one_of("detectron2", "torchvision", "matterport")


@frozen
class Settings:
    """The choices. `metrics`, `classes` and `gates` are values already; paths are text.

    spacing  millimetres in the order of the arrays, (z, y, x) or (y, x); people write x,y,z
    """

    # inputs
    pairs: str = free("", "inputs", "table of cases (CSV or JSON lines)", FILE)
    classes: ClassList = field(
        default=ClassList(),
        metadata={
            "signed": False,
            "group": "inputs",
            "help": "names to pick, 5=liver,1=spleen to name labels, a file, or a list: cityscapes",
            "form": CLASSES,
        },
    )
    aliases: tuple[str, ...] = free(
        (), "inputs", "another name of a class, as files have it; repeatable", ALIAS
    )
    kind: str = signed("auto", "inputs", "what the prediction holds", KINDS)
    gt_kind: str = signed("labels", "inputs", "what the ground truth holds", GT_KINDS)
    activation: str = signed("auto", "inputs", "how scores become probabilities", ACTIVATIONS)
    threshold: float = signed(0.5, "inputs", "a voxel is inside where p >= this")
    channel_axis: int | None = signed(
        None, "inputs", "axis of the channels of an array, from 0", ChoiceForm(word="N", least=0)
    )
    spacing: tuple[float, ...] | None = signed(
        None, "inputs", "millimetres a voxel of files that do not say", SPACING
    )
    ignore_label: tuple[int, ...] = signed(
        (), "inputs", "ground-truth voxels with these labels are left out; repeatable", LABEL
    )
    remap_pred: LabelTable = signed(
        (), "inputs", "other label values for the prediction: 3=4,0=255, a file or a name", REMAP
    )
    remap_gt: LabelTable = signed((), "inputs", "the same for the ground truth", REMAP)
    unlisted: str = signed(
        "error", "inputs", "colours that no class of the list stands for", UNLISTED
    )
    resample: str = signed(
        "never",
        "inputs",
        "put both sides on one grid: never, gt, pred, union, image or a file",
        RESAMPLE,
    )
    resample_loss: str = signed(
        "error", "inputs", "labelled voxels that lie off the grid of --resample", LOSSES
    )
    frames: bool = signed(
        False, "inputs", "each frame of a series (a fourth axis, pages) is a case: case@t03"
    )
    geometry: str = signed(
        "own", "inputs", "whose header is right for both sides, of equal shapes", GEOMETRIES
    )
    paste: str = signed("detectron2", "inputs", "how RoI masks get into the image", PASTES)
    min_score: float = signed(0.0, "inputs", "RoIs and detections below are left out of masks")
    roi_offset: int | None = signed(
        None, "inputs", "class value of RoI label 0: 1 where 0 is the first class", COUNT
    )
    instances: str = signed(
        "",
        "inputs",
        "what an instance is: ids, components, 1000 (class*1000+i), or beside",
        ChoiceForm(word="CODE"),
    )
    connectivity: str = signed(
        "auto", "inputs", "of components: auto is 26 in a volume, 8 in a picture", CONNECTIVITY
    )
    min_size: str = signed(
        "", "inputs", "components below it are dropped on both sides: 50mm3, 0.05ml, 10px", AMOUNT
    )
    size_bins: str = free(
        "", "inputs", "lesion_recall of each range of volumes too: 0.1ml,1ml,10ml", AMOUNTS
    )
    upsample: str = signed(
        "never", "inputs", "bring scores of low resolution to the gt's size", UPSAMPLE
    )
    aux: tuple[str, ...] = free((), "inputs", "scores of an auxiliary output; repeatable", FOLDER)
    flipped: str = free("", "inputs", "scores of the mirrored images, not mirrored back", FOLDER)
    flip: str = signed("never", "inputs", "how the scores of --flipped are joined", FLIP)
    weights: str = free("", "inputs", "arrays of weights (.npz), for weight_decay", FILE)
    weight_maps: str = free("", "inputs", "a weight for each voxel, for weighted_ce", FOLDER)
    missing: str = signed("error", "inputs", "a case without a prediction", MISSING)
    absent_gt: str = signed("not-annotated", "inputs", "a class file the gt lacks", ABSENT)
    undefined: str = signed("exclude", "inputs", "a number that cannot be computed", UNDEFINED)
    layout: str = free("auto", "inputs", "how folders become cases", LAYOUTS)
    pair_regex_pred: str = free("", "inputs", "group `case` is the key of a prediction", REGEX)
    pair_regex_gt: str = free("", "inputs", "group `case` is the key of a ground truth", REGEX)
    strict: bool = free(False, "inputs", "a prediction without ground truth is an error")
    # contours
    images: str = free(
        "", "contours", "folder of images: series of contours, pictures of a report", FOLDER
    )
    case_key: str = free("auto", "contours", "what a case is in a DICOM tree", KEYS)
    pred_select: str = signed(
        "", "contours", "which structure set: a file name, label=, description=", PATTERN
    )
    gt_select: str = signed("", "contours", "the same for the ground truth", PATTERN)
    rt_boundary: str = signed("centre", "contours", "what of the border is inside", BOUNDARIES)
    pred_rt_boundary: str = signed(
        "same", "contours", "the same for the prediction alone", OWN_BOUNDARIES
    )
    gt_rt_boundary: str = signed(
        "same", "contours", "the same for the ground truth alone", OWN_BOUNDARIES
    )
    rt_overlap: str = signed("parity", "contours", "contours that cross each other", OVERLAPS)
    rt_fill_gaps: str = signed("none", "contours", "slices without a contour inside", GAPS)
    rt_bad_contour: str = signed("error", "contours", "a contour that cannot be read", BAD)
    rt_grid: float = signed(
        1.0, "contours", "millimetres a pixel where no side has a grid", MILLIMETRES
    )
    ignore_frame_of_reference: bool = signed(
        False, "contours", "score across two frames of reference"
    )
    # metrics
    metrics: tuple[Metric, ...] = free((), "metrics", "what is computed; a comma list too", METRIC)
    preset: str = free("default", "metrics", "a named set of choices", ChoiceForm(word="NAME"))
    background: bool = signed(False, "metrics", "label 0 is a class like any other")
    tolerances: tuple[str, ...] = signed(
        (), "metrics", "published tolerances for a bare nsd; repeatable", TABLE
    )
    charges: tuple[Charge, ...] = signed(
        (), "metrics", "value where a side is empty: hd95.pred_empty=374mm; repeatable", CHARGE
    )
    # output
    output: tuple[str, ...] = free((), "output", "also write a file; repeatable", OUTPUT)
    format: str = free("table", "output", "what stdout gets", FORMATS)
    wide: bool = free(False, "output", "CSV with one row a case and class")
    safe_csv: bool = free(
        False, "output", "an apostrophe before text that a spreadsheet takes for a formula"
    )
    leads: str = free("mean", "output", "statistic of the table and of rules without one", LEADS)
    digits: int = free(3, "output", "decimals of the table", DECIMALS)
    percent: bool = free(False, "output", "ratios times 100 in what people read")
    per_case: bool = free(False, "output", "a table row for every case")
    worst: int | None = free(
        None, "output", "name the N worst cases of every class; else five; 0 none", COUNT
    )
    pictures: int = free(30, "output", "of the worst cases in an HTML report; 0 is none", COUNT)
    window: str = free("auto", "output", "of their images: soft, lung, bone, brain, 400,40", WINDOW)
    error_maps: str = free("", "output", "folder for maps: 1 hit, 2 false, 3 missed", FOLDER)
    error_maps_by: str = free("case", "output", "a map a case, or one a class", MAPS_BY)
    quiet: bool = free(False, "output", "no warnings and no progress", ChoiceForm(letter="q"))
    verbose: int = free(
        0, "output", "notes per case; -vv: a debug log", ChoiceForm(letter="v", least=0)
    )
    log_file: str = free("", "output", "a debug log, always in full", FILE)
    color: str = free("auto", "output", "colour of tables and verdicts", COLOURS)
    progress: str = free("auto", "output", "how far the run is, on stderr", PROGRESS)
    no_ci: bool = free(False, "output", "no summary and annotations for GitHub Actions")
    error: tuple[str, ...] = free((), "output", "a warning (W-…) that is an error", CODE)
    ignore: tuple[str, ...] = free((), "output", "a warning (W-…) that is not shown", CODE)
    # gate
    gates: tuple[Gate, ...] = free(
        (), "gate", "a bar: dice=0.85, Heart/hd95.worst=5mm; repeatable", GATE
    )
    only_gates: bool = free(False, "gate", "leave out the rules of the settings file")
    baseline: str = free("", "gate", "an earlier result file (JSON): fail where worse", FILE)
    policy: str = free("regression", "gate", "when worse than the baseline fails", POLICIES)
    baseline_tolerance: tuple[Gate, ...] = free(
        (), "gate", "how much worse is none: dice=0.01; repeatable", ChoiceForm(word="RULE")
    )
    adjust: str = free("max", "gate", "how intervals hold for all rules together", ADJUST)
    ci: float | None = signed(None, "gate", "intervals beside the means: 0.95", LEVEL)
    seed: int = signed(0, "gate", "of the resamples of intervals", COUNT)
    allow_different_settings: bool = free(
        False, "gate", "compare files whose settings differ; a warning says how"
    )
    allow_different_cases: bool = free(
        False, "gate", "compare the cases that both have; a warning names the others"
    )
    allow_different_truth: bool = free(
        False, "gate", "compare with a baseline that had another ground truth"
    )
    exit_zero: bool = free(False, "gate", "a missed gate does not fail the command")
    # performance
    jobs: int = free(
        1, "performance", "processes; 0 is one a core", ChoiceForm(letter="j", least=0)
    )
    max_memory: int | None = free(
        None, "performance", "bytes, of the whole run; else 512MiB a process", SIZE
    )
    shard: str = free("", "performance", "score part I of N of the cases; `merge` joins", SHARD)
    scheduler: str = free(
        "", "performance", "send cases to a Dask cluster: tcp://host:8786", ADDRESS
    )
    resume: bool = free(False, "performance", "take unchanged cases from the file of -o x.json")

    @property
    def budget(self) -> int:
        """Bytes that a case may take with its process, when it has the machine to itself."""
        return DEFAULT_BUDGET if self.max_memory is None else self.max_memory


def map_aliases(settings: Settings) -> Settings:
    """The settings with `--alias` in their list of classes. Raises RequestError."""
    if not settings.aliases:
        return settings
    return replace(settings, classes=settings.classes.with_aliases(settings.aliases))
