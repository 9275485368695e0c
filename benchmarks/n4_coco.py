"""N4, P20: detections against COCO files of 100 images and 80 categories; against pycocotools.

Memory is that of an image and a few kB of tables for each, so 5 000 images are measured too.
"""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("coco")
pred = str(folder / "detections.json")
asked = ["--format", "json", "-q", "-j", "1"]

commands, bars = [], []
for truth, most in (("runs", 1.0), ("polygons", 2.0)):
    files = [pred, str(folder / f"{truth}.json")]
    commands.append(
        Command(f"ap, {truth}", [*program(), "score", *files, "--preset", "coco", *asked])
    )
    if has("pycocotools"):
        script = str(HERE / "peer" / "pycocotools_ap.py")
        commands.append(Command(f"pycocotools, {truth}", [*peers(), script, *files]))
    bars.append(Bar("N4", f"ap, {truth}", f"pycocotools, {truth}", most))
files = [pred, str(folder / "polygons.json")]
commands.append(Command("dice, polygons", [*program(), "score", *files, "-m", "dice", *asked]))
many = [str(make("coco5000") / name) for name in ("detections.json", "runs.json")]
ap = ["--preset", "coco", *asked]
commands.append(Command("ap, 5000 images", [*program(), "score", *many, *ap], rounds=1))
bars.append(Bar("N4", "ap, 5000 images", "", 128))
if has("pycocotools"):
    script = str(HERE / "peer" / "pycocotools_ap.py")
    commands.append(Command("pycocotools, 5000 images", [*peers(), script, *many], rounds=1))
bars.append(Bar("P20", "dice, polygons", "pycocotools, polygons", 1.5))

if __name__ == "__main__":
    title = "N4, P20 detections of 100 images, 80 categories"
    sys.exit(show(judge(title, measure(commands, rounds=5), bars)))
