"""Metrics, gates, classes and tables that make no sense."""

import functools

import build
from advice.command_line import S, results, rewrite
from advice.driver import Situation, add, drop, invoke, mend, put, run
from advice.files import both, organ, pair, text

score = functools.partial(Situation, make=pair(organ(1, 2), organ(1, 2)), status=2)


def metric(name, wrong, *right, options="", **named):
    """A metric that is wrong, and what the help says to write."""
    return score(
        name,
        command=f"{S} -m {wrong} {options}",
        ways=tuple(put(one, wrong) for one in right),
        **named,
    )


def damage(old, new, options="-m dice"):
    """Makes a result file that is damaged."""
    return both(results("r.json", options), rewrite("r.json", old, new))


again = mend(
    "write it again with `segeval score -o`", lambda here: invoke(f"{S} -o r.json -q".split())
)


def bare_nifti(here):
    """Write a NIfTI file without a table of labels."""
    build.nifti(here / "p.nii", organ(1, 2))


BASE = f"{S} -m dice --baseline r.json"

SITUATIONS = [
    metric("no such metric", "dicce", "dice"),
    metric("a metric of another kind", "auroc", "brier", options=""),
    Situation("no metric like it", pair(), f"{S} -m xyzzyx", (run("segeval metrics", then=False),), 2),
    metric("a metric of two meanings", "f1", "dice"),
    metric("a bare name of two meanings", "asd", "assd", "masd", "asd_pred_to_gt"),
    score("no metric at all", command=f"{S} -m @", ways=(put("write a name", "@", "dice"),)),
    score("a quantity that is none", command=f"{S} -m nsd@x --spacing 1,1,1", ways=(put("mm", "nsd@x", "nsd@2mm"),)),
    metric("a percentile twice", "hd95@2mm", "hd95"),
    
    score("an option that is misspelt", command=f"{S} -m hd95:ass=medpy", ways=(put("as", "hd95:ass=medpy", "hd95:as=medpy"),)),
    score("a word of an option", command=f"{S} -m hd95:as=medpi", ways=(put("medpy", "hd95:as=medpi", "hd95:as=medpy"),)),
    score("a metric of a length without one", command=f"{S} -m biou --spacing 1,1,1", ways=(put("biou@2mm", "biou"),)),
    score("metrics without a comma", command=f"{S} -m 'dice iou'", ways=(put("dice,iou", "dice iou"),)),
    score("nsd without a tolerance", command=f"{S} -m nsd --spacing 1,1,1", ways=(
        put("nsd@2mm", "nsd"), add("--tolerance NAME", "--tolerance nikolov-2021"),
        mend('tolerance = "2mm" in [classes.NAME] of segeval.toml',
             lambda here: (here / "segeval.toml").write_text("[classes.1]\nlabel = 1\ntolerance = '2mm'\n")))),
    score("a table of tolerances that is none", command=f"{S} -m nsd --tolerance xyz --spacing 1,1,1",
          ways=(put("nikolov-2021", "xyz"),)),
    score("a gate that is none", command=f"{S} -m dice --gate iou", ways=(put("dice=0.85", "iou"),)),
    score("a gate with an operator", command=f"{S} -m dice --gate dice>=0.5", ways=(put("dice=0.5", "dice>=0.5"),)),
    score("no such statistic", command=f"{S} -m dice --gate dice.men=0.5", ways=(put("mean", "dice.men=0.5", "dice.mean=0.5"),)),
    score("no statistic like it", command=f"{S} -m dice --gate dice.xyz=0.5", ways=(put("worst", "dice.xyz=0.5", "dice.worst=0.5"),)),
    score("a gate that every value meets", command=f"{S} -m dice --gate ece=5", ways=(put("ece=5%", "ece=5", gives=1),)),
    score("a gate of a volume", command=f"{S} -m dice --gate gt_volume=0.5ml", ways=(
        run("`segeval metrics`", "segeval metrics", then=False),)),
    score("a charge that is none", command=f"{S} -m hd95 --charge hd95=374mm --spacing 1,1,1",
          ways=(put("hd95.pred_empty=374mm", "hd95=374mm"),)),
    score("a tolerance of a baseline", command=f"{BASE} --baseline-tolerance dice.worst=0.01", make=both(pair(), results("r.json", "-m dice")),
          ways=(put("dice=0.01", "dice.worst=0.01"),)),
    score("a baseline of other metrics", command=BASE, make=both(pair(), results("r.json", "-m hd95")),
          ways=(run("score both with the same -m", f"segeval {S} -m dice -o r.json"),)),
    score("a baseline of other settings", command=BASE, make=both(pair(), results("r.json", "-m dice --threshold 0.4")),
          ways=(run("score it again", f"segeval {S} -m dice -o r.json"), add("--allow-different-settings"))),
    score("an interval of no level", command=f"{S} -m dice --ci 95", ways=(put("--ci 0.95", "95", "0.95"),)),
    score("a shard that is none", command=f"{S} -m dice --shard 3", ways=(put("1/10", "3"), put("3/10", "3"))),
    score("a size of instances", command=f"{S} -m lesion_recall --instances components --min-size x", ways=(
        put("10px", "x"),)),
    score("instances of nothing", command=f"{S} -m pq", ways=(
        add("--instances ids"), add("--instances components"), add("--instances 1000"),
        mend("--instances beside: a JSON file beside each map", lambda here: [(here / f"{n}.json").write_text('{"1": 1, "2": 2}') for n in "pg"], "--instances beside"))),
    # classes
    score("a class that is not listed", command=f"{S} --classes livr", make=both(pair(), text(dataset_json='{"labels": {"background": 0, "liver": 1}}')),
          ways=(put("liver", "livr"),)),
    score("a class without a label", command=f"{S} --classes 1=liver,x", ways=(put("5=liver", "1=liver,x", "5=liver,1=x"),)),
    score("a label that is none", command=f"{S} --classes a=liver", ways=(put("5=liver", "a=liver"), put("1+2=tumour", "a=liver"))),
    score("a class twice", command=f"{S} --classes 1=liver,2=liver", ways=(put("1+2=liver", "1=liver,2=liver"),)),
    score("a class and label twice", command=f"{S} --classes 1=liver,1=liver", ways=(put("write liver once", "1=liver,1=liver", "1=liver"),)),
    score("two names of a structure", command=f"{S} --classes 1=Lens-L,2=Lens_L", ways=(put("1+2=Lens-L", "1=Lens-L,2=Lens_L"),)),
    score("a header without names", command=f"{S} --classes p.nii", make=both(pair(), bare_nifti), ways=(put("5=liver,1=spleen", "p.nii"),)),
    score("a class file that is none", command=f"{S} --classes c.txt", make=both(pair(), text(c_txt="???", d_csv="1,liver\n")),
          ways=(put("5=liver,1=spleen", "c.txt"), put("a .csv", "c.txt", "d.csv"))),
    score("an alias that is none", command=f"{S} --alias x", ways=(put('--alias "Parotid_L=Parotis li"', "x", "'Parotid_L=Parotis li'"),)),
    score("an alias of two classes", command=f"{S} --alias a=x --alias b=x", ways=(
        drop("leave one of the two out", "--alias", "a=x"), drop("leave one of the two out", "--alias", "b=x"))),
    score("a table of labels that is none", command=f"{S} --remap-gt xyz", ways=(
        put("3=4,0=255", "xyz", "2=1"), put("zero-based", "xyz"))),
    score("a table without rows", command=f"{S} --remap-gt t.csv", make=both(pair(organ(1), organ(2)), text(t_csv="")),
          ways=(mend("a CSV of two columns", lambda here: (here / "t.csv").write_text("2,1\n")),)),
    score("a table of words", command=f"{S} --remap-gt a=b", ways=(put("write OLD=NEW for every label", "a=b", "2=1"),)),
    score("a table that is a list", command=f"{S} --remap-gt t.json", make=both(pair(organ(1), organ(2)), text(t_json="[1]")),
          ways=(mend("a JSON", lambda here: (here / "t.json").write_text('{"2": 1}')),)),
    # result files
    score("a case of a result file", command="show r.json", make=damage('"status": "ok"', '"status": 7'), ways=(again,)),
    score("a part of a result file", command="show r.json", make=damage('"metrics"', '"metrix"'), ways=(again,)),
    score("a result file of another schema", command="show r.json", make=damage("segeval.results/2", "segeval.results/9"), ways=(run("`segeval score -o results.json`", f"segeval {S} -o r.json"),)),
    score("a wrong word of --resample", command=f"{S} --resample gtt", ways=(put("gt", "gtt"),)),
    score("no such file of --resample", command=f"{S} --resample zzzzz", ways=(put("union", "zzzzz", "gt"),)),
]  # fmt: skip
