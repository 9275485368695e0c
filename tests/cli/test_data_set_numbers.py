"""Numbers of a data set over shards, merged and resumed: average precision from files."""

import json

from oracles.instance_records import content


def test_instances_part_4_shards_that_are_merged_are_the_whole_run(segeval, here):
    sources = content("coco_main")
    (here / "gt.json").write_text(json.dumps(sources["coco_gt"]))
    (here / "pred.json").write_text(json.dumps(sources["coco_dt"]))
    score = ["score", "pred.json", "gt.json", "-m", "ap,ar,dice", "-q", "--format", "none"]
    for k in (1, 2):
        segeval(*score, "--shard", f"{k}/2", "-o", f"{k}.json")
    assert segeval("merge", "1.json", "2.json", "-o", "merged.json", "-q").status == 0
    assert segeval(*score, "-o", "whole.json").status == 0
    assert segeval(*score, "-o", "whole.json", "--resume").status == 0
    found = [json.loads((here / f"{name}.json").read_text()) for name in ("merged", "whole")]
    assert found[0]["summary"] == found[1]["summary"]
    assert found[1]["summary"][""]["all"]["ap"]["pooled"] > 0.3
