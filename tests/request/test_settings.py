"""The choices of a run."""

from dataclasses import fields, replace

import pytest

from segeval.request.settings import ChoiceForm, Settings

GROUPS = ("inputs", "contours", "metrics", "output", "gate", "performance")
FIELDS = {field.name: field for field in fields(Settings)}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_every_field_says_what_it_is(field):
    assert field.metadata["group"] in GROUPS
    assert field.metadata["help"]
    assert isinstance(field.metadata["signed"], bool)
    assert isinstance(field.metadata["form"], ChoiceForm)


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_default_is_among_the_words(field):
    words = field.metadata["form"].words
    assert not words or field.default in words


def test_the_groups_lie_together():
    order = [field.metadata["group"] for field in fields(Settings)]
    assert order == sorted(order, key=GROUPS.index)


def test_what_can_change_a_number_is_signed():
    signed = {name for name, field in FIELDS.items() if field.metadata["signed"]}
    assert signed == {
        *("kind", "gt_kind", "activation", "threshold", "channel_axis", "spacing"),
        *("upsample", "flip"),
        *("paste", "min_score", "roi_offset", "instances", "connectivity", "min_size"),
        *(
            "ignore_label",
            "resample",
            "resample_loss",
            "remap_pred",
            "remap_gt",
            "unlisted",
            "frames",
            "geometry",
            "missing",
            "absent_gt",
            "undefined",
            "background",
        ),
        *("tolerances", "charges", "ci", "seed"),
        *("pred_select", "gt_select", "rt_boundary", "pred_rt_boundary", "gt_rt_boundary"),
        *("rt_overlap", "rt_fill_gaps", "rt_bad_contour", "rt_grid", "ignore_frame_of_reference"),
    }


def test_the_settings_are_a_value():
    assert replace(Settings(), jobs=2) == Settings(jobs=2)
    assert hash(Settings()) == hash(Settings())
