"""The report as text: every number is that of the result file (REPORT.md T1 to T20)."""

import io
import math
import re

import cards
import numpy as np
import pytest
import report_cards
from page_reader import Page, Scale, metric_chart, strip_pixels
from PIL import Image
from report_cards import nothing, patients, pictures, probabilities, whole
from whole_card import written

from segeval.classes.class_list import ClassList
from segeval.gates.judge import judge_scorecard
from segeval.reports.html.page import contents, render_page, write
from segeval.reports.pictures.draw_planes import webp
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.results import card_from_json

GATES = ["dice=0.6", "OpticChiasm/dice=0.6", "Parotid_*/hd95.worst=8mm"]


@pytest.fixture(scope="module")
def card():
    return whole(patients(50, groups=("north", "south")), gates=GATES)


@pytest.fixture(scope="module")
def kept(card):
    return written(card)


@pytest.fixture(scope="module")
def text(card):
    return render_page(card, Settings())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def values_in(kept):
    """Every value of the cases by (case, class, metric), as JSON has it."""
    found = {}
    for case in kept["cases"]:
        for class_, of_metric in case["values"].items():
            for metric, value in of_metric.items():
                value = value.get("value") if isinstance(value, dict) else value
                if class_ and isinstance(value, int | float):
                    found[case["case"], class_, metric] = repr(float(value))
    return found


def test_report_t19_every_value_of_every_case_stands_in_the_table(page, kept):
    (table,) = page.of("cases")
    assert table.heads == [
        "case",
        "group",
        "class",
        "status",
        "dice",
        "hd95 mm",
        "nsd@2mm",
        "volume_difference ml",
        "note",
    ]
    shown = {}
    for row in table.rows:
        case, _, class_, *_ = (cell.text for cell in row)
        for metric, cell in zip(
            ("dice", "hd95", "nsd@2mm", "volume_difference"), row[4:8], strict=True
        ):
            if cell.exact is not None:
                shown[case, class_, metric] = cell.exact
    assert shown == values_in(kept)
    assert len(shown) > 3000


def test_report_t19_what_is_shown_is_the_number_rounded(page):
    (table,) = page.of("cases")
    for head, decimals in (("dice", 3), ("hd95 mm", 2), ("volume_difference ml", 2)):
        for cell in table.column(head):
            if cell.exact is not None:
                wanted = f"{float(cell.exact):.{decimals}f}"
                wanted = wanted.lstrip("-") if float(wanted) == 0 else wanted
                assert cell.text == wanted.replace("-", "−")


STATISTICS = ("mean", "sd", "median", "worst", "pooled")


def test_report_t9_every_statistic_is_that_of_the_summary(page, kept):
    seen = 0
    for table in page.of("classes"):
        for row in table.rows:
            cells = dict(zip(table.heads, row, strict=True))
            name = cells["class"].text
            made = kept["summary"][""][name][table.metric]
            for word in STATISTICS:
                if word in cells:
                    wanted = None if made[word] is None else repr(float(made[word]))
                    assert cells[word].exact == wanted, (name, table.metric, word)
                    seen += 1
            for word, key in (("n", "n"), ("undefined", "n_undefined"), ("missing", "n_missing")):
                assert cells[word].exact == str(made[key])
            assert cells["in case"].text == made["worst_case"]
    assert seen > 300


def test_report_t10_every_dot_stands_where_its_value_is(text, kept):
    for metric in kept["metrics"]:
        wanted = {}
        for (_, class_, of), value in values_in(kept).items():
            if of == metric:
                wanted.setdefault(class_, []).append(float(value))
        chart = metric_chart(text, metric)
        scale, found = Scale.first_in(chart), strip_pixels(chart)
        assert set(found) == set(wanted)
        for class_, places in found.items():
            assert places == pytest.approx([scale.pixel(v) for v in wanted[class_]], abs=0.011)


def test_report_t10_the_bar_of_a_gate_is_a_line(text):
    chart = metric_chart(text, "hd95")
    bars = re.findall(r'class="bar" d="M([\d.]+) [^>]*><title>bar ([\d.]+)', chart)
    assert {bar for _, bar in bars} == {"8"}
    scale = Scale.first_in(chart)
    for x, bar in bars:
        assert float(x) == pytest.approx(scale.pixel(float(bar)), abs=0.011)


def test_report_t7_the_title_says_the_verdict_and_the_table_the_numbers(page, kept):
    missed = [gate for gate in kept["gates"] if not gate["passed"]]
    assert page.title == f"2 cases not scored in full, {len(missed)} gates missed - segeval"
    failed, passed = page.of("verdict")
    assert [row[1].text.split()[0] for row in failed.rows] == [gate["class"] for gate in missed]
    for row, gate in zip(failed.rows, missed, strict=True):
        assert row[3].exact == (None if gate["value"] is None else repr(gate["value"]))
        assert row[4].exact == repr(gate["bar"])
        assert row[6].exact == str(gate["n"])
        made = kept["summary"][gate["group"]][gate["class"]][gate["metric"]]
        assert row[8].text == made["worst_case"]
    assert len(passed.rows) == len(kept["gates"]) - len(missed)


def test_report_t6_the_title_of_missed_gates_alone():
    made = whole(patients(10), gates=["OpticChiasm/dice=0.99", "Lung_L/dice=0.5"])
    assert Page(render_page(made, Settings())).title == "1 of 2 gates missed - segeval"


def test_report_t8_the_account_adds_up_and_help_is_there(page, kept):
    assert "cases 50 = 48 scored + 2 not scored" in page.text
    assert "--resample gt puts the prediction on the ground truth's grid" in page.text
    names = page.of("compared")
    matched = next(
        table for table in names if table.heads == ["class", "prediction", "ground truth"]
    )
    assert [cell.text for cell in matched.rows[0]] == ["Brainstem", "brainstem", "Brainstem"]
    assert "Bolus" in page.text
    assert "BODY" in page.text


def test_report_t8_the_inventory_adds_up():
    inputs = {
        "inventory": {"gt file": {"found": 5, "scored": 3, "left_aside": {"named like images": 2}}},
        "left_aside": [
            {
                "kind": "file",
                "side": "gt",
                "reason": "named like images",
                "weight": "known",
                "names": ["a_t1.nii", "b_t1.nii"],
                "number": 2,
            }
        ],
    }
    page = Page(render_page(whole(patients(4), inputs=inputs), Settings()))
    table = next(t for t in page.of("compared") if t.heads[0] == "kind")
    assert [cell.text for cell in table.rows[0]] == ["cases", "4", "4", "0", "0"]
    assert [cell.text for cell in table.rows[1]] == [
        "files of the ground truth",
        "5",
        "3",
        "0",
        "2",
    ]
    assert "2 files of the ground truth named like images" in page.text
    assert "a_t1.nii , b_t1.nii" in page.text


def test_report_t11_the_worst_come_first_and_at_most_five_of_a_class(page, kept):
    (table,) = page.of("worst")
    dice = [float(cell.exact) for cell in table.column("dice")]
    assert len(dice) == 30
    assert dice == sorted(dice)
    classes = [cell.text for cell in table.column("class")]
    assert max(classes.count(name) for name in classes) <= 5
    least = min(float(v) for (_, _, m), v in values_in(kept).items() if m == "dice")
    assert dice[0] == least
    why = [cell.text for cell in table.column("why")]
    assert any("missed" in one for one in why)
    assert any("spurious" in one for one in why)


def test_report_t12_missed_and_spurious_stand_apart(page, kept):
    reasons = {"missed": set(), "spurious": set()}
    for case in kept["cases"]:
        for class_, of in case["values"].items():
            reason = of["dice"]["reason"] if isinstance(of.get("dice"), dict) else ""
            kind = {"pred_empty": "missed", "gt_empty": "spurious"}.get(reason)
            if kind:
                reasons[kind].add((case["case"], class_))
    for kind, table in zip(("missed", "spurious"), page.of("absent"), strict=True):
        assert {(row[0].text, row[1].text) for row in table.rows} == reasons[kind]
        for row in table.rows:
            counts = next(c for c in kept["cases"] if c["case"] == row[0].text)["tallies"]["counts"]
            both, pred, truth, _ = counts["classes"][row[1].text]
            size = (both + (pred if kind == "spurious" else truth)) * counts["voxel"]
            assert float(row[2].exact) == size


def test_report_t13_bias_and_limits_are_those_of_the_counts(text, kept):
    gaps = []
    for case in kept["cases"]:
        counts = case.get("tallies", {}).get("counts")
        if counts:
            _, pred, truth, _ = counts["classes"]["Mandible"]
            gaps.append((pred - truth) * counts["voxel"])
    bias = math.fsum(gaps) / len(gaps)
    sd = math.sqrt(sum((g - bias) ** 2 for g in gaps) / (len(gaps) - 1))
    start = text.index("<figcaption><bdi>Mandible</bdi>")
    shown = [
        float(v) for v in re.findall(r'<data value="([^"]+)"', text[start : start + 20000])[:3]
    ]
    assert shown == pytest.approx([bias, bias - 1.96 * sd, bias + 1.96 * sd], rel=1e-9)
    chart = text[start : text.index("</figure>", start)]
    scale = {k: float(v) for k, v in re.findall(r'data-(low|high|start|end)="([^"]+)"', chart)}
    path = re.search(r'class="dots" d="([^"]*)"', chart)[1]
    ys = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h0", path)]
    share = (scale["high"] - scale["low"]) / (scale["end"] - scale["start"])
    found = [scale["low"] + (y - scale["start"]) * share for y in ys]
    assert found == pytest.approx(gaps, abs=0.011 * abs(share))


def test_report_t13_ratios_where_the_spread_grows():
    from segeval.reports.html.volume_section import agreement

    truth = 10.0 * np.arange(1, 21)
    found = agreement("liver", "ml", truth, truth * np.tile([1.2, 0.8], 10))
    assert found.ratio
    logs = [math.log(1.2), math.log(0.8)] * 10
    mean = sum(logs) / 20
    assert found.bias == pytest.approx(math.exp(mean))
    sd = math.sqrt(sum((v - mean) ** 2 for v in logs) / 19)
    assert (found.low, found.high) == pytest.approx(
        (math.exp(mean - 1.96 * sd), math.exp(mean + 1.96 * sd))
    )


def test_report_t14_the_matrix_is_the_sum_of_the_cells():
    cases = pictures(12)
    page = Page(render_page(whole(cases), Settings()))
    matrix, mistakes = page.of("confusion")
    total = {}
    for case in cases:
        for t, p, n in case.tallies["counts"]["confusion"]:
            total[t, p] = total.get((t, p), 0) + n
    for t, row in enumerate(matrix.rows):
        assert [int(cell.exact) for cell in row[1:-1]] == [total.get((t, p), 0) for p in range(19)]
        whole_row = sum(total.get((t, p), 0) for p in range(19))
        assert int(row[-1].exact) == whole_row
        shown = row[1 + t].text
        assert float(shown) == pytest.approx(100 * total[t, t] / whole_row, abs=0.05)
    first = mistakes.rows[0]
    assert int(first[2].exact) == max(n for (t, p), n in total.items() if t != p)
    linked = {link for row in matrix.rows for cell in row for link in cell.links}
    assert linked == {f"#{i}" for i in mistakes.row_ids}
    behind = first[4].links[0].removeprefix("#case-")
    key = tuple(int(k) for k in mistakes.row_ids[0].split("-")[1:])
    most = max(
        cases, key=lambda c: {(t, p): n for t, p, n in c.tallies["counts"]["confusion"]}.get(key, 0)
    )
    assert behind == most.case


def test_report_t15_the_diagram_is_the_sum_of_the_bins():
    cases = probabilities()
    text = render_page(whole(cases), Settings())
    page = Page(text)
    (table,) = page.of("reliability")
    bins = [[0.0, 0.0, 0.0] for _ in range(16)]
    for case in cases:
        pieces = case.tallies["sums"]["pieces"]["class_bins:15:torchmetrics:True"][0]
        bins = [
            [a + b for a, b in zip(x, y, strict=True)] for x, y in zip(bins, pieces, strict=True)
        ]
    held = [b for b in bins if b[0]]
    assert [int(row[0].exact) for row in table.rows] == [b[0] for b in held]
    assert [float(row[1].exact) for row in table.rows] == [b[1] / b[0] for b in held]
    assert [float(row[2].exact) for row in table.rows] == [b[2] / b[0] for b in held]
    ece = sum(abs(b[2] - b[1]) for b in held) / sum(b[0] for b in held)
    found = re.search(r'calibration error <data value="([^"]+)"', text)[1]
    assert float(found) == pytest.approx(ece, rel=1e-12)


def test_report_t17_old_new_and_difference(tmp_path):
    from segeval.scorecard.results import result_lines

    old = whole(patients(30, seed=5))
    file = tmp_path / "old.json"
    file.write_text("".join(result_lines(old)))
    new = whole(patients(30, seed=6))
    settings = Settings(baseline=str(file))
    new = replace(new, gates=judge_scorecard(new, settings, accept=False, baseline=old).verdicts)
    kept = written(new)
    page = Page(render_page(new, settings))
    tables = page.of("baseline")
    shown = {}
    for table in tables[:-1]:
        for row in table.rows:
            cells = dict(zip((head.strip("|") for head in table.heads), row, strict=True))
            cells["difference"] = row[5]  # new − old, or of the distances from zero
            shown.setdefault(cells["class"].links[0].removeprefix("#class-"), []).append(cells)
    for gate in kept["gates"]:
        own = [c for c in shown[gate["class"]] if c["new"].exact == _text(gate["value"])]
        assert own, gate
        against = gate["against"]
        assert own[0]["old"].exact == _text(against["baseline"])
        assert own[0]["difference"].exact == _text(against["difference"])
        assert own[0]["interval"].numbers == [
            repr(v) for v in (against["low"], against["high"]) if v is not None
        ]
    moved = tables[-1]
    values = {(c.case, r.class_): r.value for c in new.cases for r in c.rows if r.metric == "dice"}
    before = {(c.case, r.class_): r.value for c in old.cases for r in c.rows if r.metric == "dice"}
    changes = [abs(float(cell.exact)) for cell in moved.column("difference")]
    assert changes == sorted(changes, reverse=True)
    both = [abs(values[k] - before[k]) for k in values if k in before]
    assert changes[0] == max(both)
    assert "different in" in page.text  # another truth, T8


def _text(value):
    return None if value is None else repr(value)


def test_report_t18_groups_stand_side_by_side(page, kept):
    tables = page.of("groups")
    assert len(tables) == 4
    for table, metric in zip(tables, kept["metrics"], strict=True):
        for row in table.rows:
            for group, cell in zip(table.heads[1:], row[1:], strict=True):
                assert cell.exact == repr(kept["summary"][group][row[0].text][metric]["mean"])


def test_report_t20_definitions_and_the_full_signature(card, page):
    assert card.signature in page.text
    assert "2 tp / (2 tp + fp + fn)" in page.text
    assert "Dice, Ecology 26(3), 1945" in page.text
    assert "bias-corrected" not in page.text  # no interval was asked for
    assert "48 cases of 50 were scored in 20 classes by dice, hd95, nsd@2mm" in page.text


def test_report_t6_every_link_inside_the_page_arrives(page):
    ids = set(page.ids)
    assert len(ids) == len(page.ids)
    inside = [link for link in page.links if link.startswith("#")]
    assert len(inside) > 100
    assert [link for link in inside if link[1:] not in ids] == []
    assert {"case-PAT001", "class-Brainstem"} <= ids


EVIL = "<script>alert(1)</script>\"'&\u202e\u05e9\u05dc\u05d5\u05dd" + "x" * 300


def test_report_t3_names_appear_as_text():
    cases = [
        replace(
            c,
            case=EVIL + c.case,
            rows=tuple(r._replace(case=EVIL + c.case, class_=EVIL + r.class_) for r in c.rows),
            error={"message": EVIL, "help": EVIL, "where": EVIL, "facts": [EVIL]}
            if c.error
            else None,
        )
        for c in patients(17)
    ]
    text = render_page(
        whole(cases, inputs={"pairing": EVIL, "extra_predictions": [EVIL]}), Settings()
    )
    page = Page(text)
    assert page.tags.count("script") == 1
    assert text.count("<script>alert(1)") == 0
    assert text.count("<script>") == 1
    names = [row[0].text for row in page.of("cases")[0].rows]
    assert names[0].startswith("<script>alert(1)</script>\"'&\\u202e\u05e9\u05dc\u05d5\u05dd")
    ids = set(page.ids)
    assert all(link[1:] in ids for link in page.links if link.startswith("#"))


def test_report_t1_nothing_leads_out_of_the_page(text):
    assert re.findall(r'(?:src|href)="(?!#|data:,)[^"]*', text) == []
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_a_result_file_gives_the_page_of_its_run(card, kept):
    assert render_page(card_from_json(kept), Settings()) == render_page(card, Settings())


def test_nothing_scored_says_so():
    page = Page(render_page(whole(nothing(), "dice"), Settings()))
    assert page.title == "3 cases not scored in full - segeval"
    assert "copy the file again" in page.text
    assert "not a readable NIfTI file" in page.text


def test_one_case_is_one_table():
    page = Page(render_page(whole(patients(1)), Settings()))
    assert [t.section for t in page.tables if t.section in ("classes", "every-case", "cases")] == [
        "classes"
    ]
    assert "case-PAT001" in page.ids


def test_the_writer_writes_what_is_rendered(card, text):
    file = io.StringIO()
    write(card, file, Settings(pictures=0))
    assert file.getvalue() == text + "\n"


def test_report_t4_sizes(text):
    big = render_page(whole(patients(100)), Settings())
    assert len(big.encode()) <= 800 << 10


def test_what_no_gate_has_judged_stands_above_the_verdicts(card):
    page = Page(render_page(replace(card, refused=("2 files of the ground truth were left aside",)),
                       Settings()))  # fmt: skip
    assert "ERROR 2 files of the ground truth were left aside" in page.text


def test_the_number_that_leads_is_set_in_bold(card):
    for leads, head in (("mean", "mean"), ("pooled", "pooled")):
        text = render_page(replace(card, leads=leads), Settings())
        start = text.index('data-metric="dice"')
        row = text[start : text.index("</tr>", start)]
        bold = re.findall(r'<td class="num strong" data-v="([^"]+)"', row)
        made = card.summary[""]["Brainstem"]["dice"]
        assert bold == [repr(getattr(made, head))]


def test_a_metric_that_lacks_its_input_everywhere_is_named_and_not_shown():
    cases = [
        replace(c, rows=(*c.rows, *(
            report_cards.row(c.case, organ, "ce", math.nan, "", "no_probabilities")
            for organ in c.classes
        )))
        for c in patients(6)
    ]  # fmt: skip
    page = Page(render_page(whole(cases), Settings()))
    assert "Not shown: ce , no probabilities in every case." in page.text
    assert "ce" not in page.of("cases")[0].heads


def test_worst_cases_are_chosen_by_a_metric_of_classes():
    cases = pictures(5)
    cases = [replace(c, rows=tuple(sorted(c.rows, key=lambda r: r.class_ != "all")))
             for c in cases]  # fmt: skip
    page = Page(render_page(whole(cases, "pixel_accuracy", "iou"), Settings()))
    (table,) = page.of("worst")
    assert {cell.text for cell in table.column("class")} - {"whole case"}
    assert "worst by iou" in page.text


def test_report_t4_sixty_pictures_fit_in_1_6_mib():
    from segeval.reports.pictures.worst_pictures import PictureMaker, Pictures, data_uri

    chance = np.random.default_rng(0)
    maker = PictureMaker(Settings(), ClassList(), {}, data_uri)
    maker.share_room(60)
    made, shown = whole(patients(100)), {}
    contour = f'<path class="truth" d="M0 0l{"1 1-1 1" * 90}z"/>' * 2  # of an organ of 60 pixels
    for worst in contents(made, Settings(pictures=60))["worst"]:
        planes = []
        for _ in range(3):  # 256 pixels of a noisy image
            grey = chance.normal(120, 12, (256, 256)).clip(0, 255).astype(np.uint8)
            uri = data_uri(webp(Image.fromarray(grey), maker.most), ".webp")
            planes.append(f'<svg width="256"><image href="{uri}"/>{contour}</svg>')
        shown[worst.case, worst.class_] = "".join(planes)
    assert len(shown) == 60
    text = render_page(made, Settings(pictures=60), Pictures(shown, {}))
    assert text.count("data:image/webp") == 180
    assert len(text.encode()) <= 1.6 * (1 << 20)


def test_report_t10_the_tolerance_of_a_class_is_a_line_in_its_distances():
    facts = {"tolerances": {"a": [2.5, "a table"]}}
    made = []
    for k in range(4):
        values = {"hd95": 1.0 + k, "nsd": 0.9, "dice": 0.8}
        made.append(cards.case(f"c{k}", {"a": values, "b": values}, "mm", facts=facts))
    text = render_page(cards.card(made), Settings(pictures=0))
    chart = metric_chart(text, "hd95")
    scale = Scale.first_in(chart)
    lines = re.findall(r'class="tolerance" d="M([\d.]+) [^>]*><title>tolerance ([\d.]+)', chart)
    assert [value for _, value in lines] == ["2.5"]  # of class a alone
    assert float(lines[0][0]) == pytest.approx(scale.pixel(2.5), abs=0.011)
    assert "a dashed one the tolerance of the class" in text
    assert 'class="tolerance"' not in metric_chart(text, "dice")
    without = cards.card([cards.case("c", {"a": {"hd95": 1.0}}, "mm")])
    assert "tolerance of the class" not in render_page(without, Settings(pictures=0))
