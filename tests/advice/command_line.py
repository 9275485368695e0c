"""Commands, options and settings files that make no sense."""

import functools
import json

from advice.driver import Situation, Way, add, drop, invoke, mend, put, run, swap
from advice.files import both, folders, nothing, organ, pair, text

S = "score p.npy g.npy"
score = functools.partial(Situation, make=pair(), status=2)


def results(name, options=""):
    """Makes a result file of the pair."""

    def make(here):
        pair()(here)
        answer = invoke(["score", "p.npy", "g.npy", *options.split(), "-o", name, "-q"])
        assert answer.status == 0, answer.err

    return make


def two_results(here):
    """Makes result files of two models."""
    both(results("r.json", "-m dice"), results("s.json", "-m dice"))(here)


def other_case(here):
    """Makes a result file of a case that is called otherwise."""
    folders({"other": organ(1)}, {"other": organ(1)})(here)
    invoke(["score", "pred", "gt", "-m", "dice", "-o", "s.json", "-q"])


def shards(count, *parts, more=""):
    """Makes result files of some shards of two cases: s1.json …"""

    def make(here):
        named = {f"c{i}": organ(1) for i in range(8)}
        folders(named, named)(here)
        for part in parts:
            command = f"score pred gt -m dice --shard {part}/{count} -o s{part}.json -q {more}"
            invoke(command.split())

    return make


def setting(**lines):
    """Makes a settings file beside the pair."""
    return both(pair(), text(segeval_toml="\n".join(lines.values())))


def rewrite(name, old, new):
    """Changes words of a file."""

    def change(here):
        path = here / name
        content = path.read_text()
        assert old in content
        path.write_text(content.replace(old, new))

    return change


def in_file(name, line, said, right, wrong, *, words=None):
    """A settings file with a wrong value, and what the help says to write."""
    return Situation(
        name, setting(a=line), words or f"{S} -m dice", (mend(said, rewrite("segeval.toml", wrong, right)),), 2
    )  # fmt: skip


def replace_output(said, old):
    """Write what is printed in place of the wrong output."""
    return put(said, old, said.removeprefix("-o "))


def no_roots(here):
    """A result file as one of an older version, which does not say where its files lie."""
    results("r.json", "-m dice")(here)
    card = json.loads((here / "r.json").read_text())
    card["inputs"].pop("roots")
    (here / "r.json").write_text(json.dumps(card))


SITUATIONS = [
    score("a command that is misspelt", command=f"scor{S[5:]}", ways=(put("score", "scor"),)),
    score("no such command", command="xyzzy p.npy g.npy", ways=(put("score", "xyzzy"),)),
    score("paths without a command", command="p.npy g.npy", ways=(run("segeval score p.npy g.npy", then=False),)),
    score("an option that is misspelt", command=f"{S} --metrc dice", ways=(put("--metric", "--metrc"),), also=("--geometry", "--strict")),
    score("an argument too many", command=f"{S} -m dice iou",
          ways=(run("segeval score --help", then=False), Way("-m dice,iou", lambda command, _: [*command[:-2], "dice,iou"]))),
    score("an option twice", command=f"{S} --threshold 0.5 --threshold 0.5",
          ways=(drop("leave one --threshold out", "--threshold", "0.5"),), also=("--threshold",)),
    score("PRED without GT", command="score p.npy", ways=(
        run("segeval score pred/ gt/", "segeval score p.npy g.npy", then=False),
        run("--pairs FILE", "segeval score --pairs t.csv", then=False)),
        make=both(pair(), text(t_csv="case,pred,gt\na,p.npy,g.npy\n"))),
    score("a table of pairs and paths", command=f"{S} --pairs t.csv", ways=(
        drop("leave one of them out", "p.npy", "g.npy"), drop("leave one of them out", "--pairs", "t.csv")),
        make=both(pair(), text(t_csv="case,pred,gt\na,p.npy,g.npy\n"))),
    score("a side twice", command=f"{S} --pred p.npy", ways=(
        run("segeval score --pred P --gt G", "segeval score --pred p.npy --gt g.npy", then=False),
        run("segeval score P G", "segeval score p.npy g.npy", then=False))),
    score("Parquet on stdout", command=f"{S} -m dice -o parquet:-", ways=(put("csv:-", "parquet:-"),)),
    score("resume without a file", command=f"{S} --resume", ways=(add("-o results.json"),)),
    score("only gates without any", command=f"{S} --only-gates",
          ways=(add("--gate dice=0.85"), drop("leave --only-gates out", "--only-gates"))),
    score("isolated and a file", command=f"{S} --isolated -c segeval.toml", make=setting(a='metrics = ["dice"]'),
          ways=(drop("leave one out", "--isolated"), drop("leave one out", "-c", "segeval.toml"))),
    score("a size that is none", command=f"{S} --max-memory much",
          ways=(put("512MiB", "much"), put("2GB", "much"), put("a count of bytes", "much", "600000000"))),
    score("a spacing that is none", command=f"{S} --spacing x", ways=(put("0.98,0.98,3", "x"),)),
    score("a flag in a variable", command=S, env=(("SEGEVAL_STRICT", "maybe"),),
          ways=(run("write 1 or 0", "env", then=False),)),
    score("a preset that is misspelt", command=f"{S} --preset semantik", ways=(put("semantic", "semantik"),)),
    score("no such preset", command=f"{S} --preset xyz", ways=(put("nnunet", "xyz"),)),
    score("no such word", command=f"{S} --kind lables", ways=(put("labels", "lables"),)),
    score("no such warning", command=f"{S} --error W-same-fil", ways=(put("W-same-file", "W-same-fil"),), make=pair(organ(1, 2))),
    score("a number that is too small", command=f"{S} --worst=-2", ways=(put("write 0 or more", "--worst=-2", "--worst=0"),)),
    score("a number that is too large", command=f"{S} --digits 99", ways=(put("write 17 or less", "99", "17"),)),
    score("no such label", command=f"{S} --ignore-label x", ways=(put("255", "x"), put("254,255", "x"))),
    score("the baseline as output", command=f"{S} -m dice --baseline r.json -o r.json", make=results("r.json", "-m dice"),
          ways=(run("write to another file", f"segeval {S} -m dice --baseline r.json -o new.json", then=False),)),
    score("a shard as baseline", command="score pred gt -m dice --baseline s1.json", make=shards(2, 1, 2),
          ways=(swap("segeval merge SHARDS -o whole.json", "s1.json", "whole.json", "segeval merge s1.json s2.json -o whole.json"),)),
    # result files
    score("verdicts in no such form", command="gate r.json --gate dice=0.5 --format jsonl", make=results("r.json", "-m dice"),
          ways=(put("json", "jsonl"), put("markdown", "jsonl"))),
    score("nothing to judge by", command="gate r.json", make=results("r.json", "-m dice"),
          ways=(add("--gate dice=0.85"), add("--baseline FILE", "--baseline r.json"))),
    score("a gate of a shard", command="gate s1.json --gate dice=0.5", make=shards(2, 1, 2),
          ways=(swap("segeval merge SHARDS -o whole.json", "s1.json", "whole.json", "segeval merge s1.json s2.json -o whole.json"),)),
    score("a report of a shard", command="report s1.json -o x.html", make=shards(2, 1, 2),
          ways=(swap("segeval merge SHARDS -o whole.json", "s1.json", "whole.json", "segeval merge s1.json s2.json -o whole.json"),)),
    score("a report as a table", command="report r.json -o x.csv", make=results("r.json", "-m dice"),
          ways=(replace_output("-o report.html", "x.csv"), replace_output("-o figure-strips:FILE.svg", "x.csv"))),
    score("a comparison as a table", command="report r.json s.json -o x.csv", make=two_results,
          ways=(replace_output("-o report.html", "x.csv"), replace_output("-o figure-ranks:FILE.svg", "x.csv"))),
    score("a figure of models of one", command="report r.json -o figure-ranks:x.svg", make=two_results,
          ways=(run("segeval report A.json B.json -o figure-ranks:x.svg",
                    "segeval report r.json s.json -o figure-ranks:x.svg", then=False),)),
    score("a report as a picture", command="report r.json -o x.png", make=results("r.json", "-m dice"),
          browser=True, ways=(replace_output("-o x.pdf", "x.png"), replace_output("-o figure-strips:x.png", "x.png"))),
    score("a report of masks", command="report p.npy g.npy",
          ways=(run("segeval score p.npy g.npy -o report.html", then=False),)),
    score("a report of masks beside results", command="report r.json p.npy g.npy", make=results("r.json", "-m dice"),
          ways=(run("segeval report r.json --pred p.npy --gt g.npy", then=False),)),
    score("a report of results given twice", command="report r.json ./r.json -o x.html", make=two_results,
          ways=(drop("give it once", "./r.json"), put("of different models", "./r.json", "s.json"))),
    score("a report of models by rules", command="report r.json s.json --gate dice=0.5", make=two_results,
          ways=(run("segeval gate r.json", "segeval gate r.json --gate dice=0.5", then=False),
                drop("leave the rules out", "--gate", "dice=0.5"))),
    score("a page of compare", command="compare r.json s.json -o x.html", make=two_results,
          ways=(run("segeval report r.json s.json -o x.html", then=False),)),
    Situation("models of no common case", lambda here: [results("r.json", "-m dice")(here), other_case(here)], "compare r.json s.json",
              (run("score the models against one ground truth", f"segeval {S} -m dice -o s.json -q"),), 3),
    score("a figure as a table", command="report r.json -o figure-strips:x.csv", make=results("r.json", "-m dice"),
          ways=(replace_output("-o figure-strips:x.svg", "figure-strips:x.csv"),)),
    score("a comparison of one", command="compare r.json", make=results("r.json", "-m dice"),
          ways=(run("segeval compare A.json B.json", "segeval compare r.json r.json", then=False),)),
    score("a comparison in no such form", command="compare r.json r.json --format tsv", make=results("r.json", "-m dice"),
          ways=(put("csv", "tsv"),)),
    score("a comparison of other settings", command="compare r.json s.json",
          make=both(results("r.json", "-m dice"), results("s.json", "-m dice --threshold 0.4")),
          ways=(add("--allow-different-settings"), run("score them alike", f"segeval {S} -m dice -o s.json"))),
    Situation("a comparison of other cases", both(shards(1), lambda here: [invoke(f"score {words} -q".split()) for words in ("pred gt -m dice -o all.json", "pred/c0.npy gt/c0.npy -m dice -o one.json")]),
              "compare all.json one.json", (add("--allow-different-cases"),), 3),
    score("maps of errors without roots", command="report r.json --error-maps maps", make=no_roots,
          ways=(add("--pred PATH --gt PATH", "--pred p.npy --gt g.npy"),)),
    score("merging a half", command="merge s1.json -o all.json -q", make=shards(2, 1),
          ways=(swap("--shard 2/2", "-q", "s2.json", "segeval score pred gt -m dice --shard 2/2 -o s2.json"),)),
    score("merging other settings", command="merge s1.json s2.json -o all.json",
          make=both(shards(2, 1), shards(2, 2, more="--threshold 0.4")),
          ways=(add("--allow-different-settings"),
                run("score them alike", "segeval score pred gt -m dice --shard 2/2 -o s2.json"))),
    score("merging other runs", command="merge s1.json s2.json -o all.json", make=both(shards(2, 1), shards(3, 2)),
          ways=(run("score all shards", "segeval score pred gt -m dice --shard 2/2 -o s2.json"),), also=("--shard",)),
    score("merging a case twice", command="merge s1.json s1.json -o all.json", make=shards(1, 1),
          ways=(drop("leave s1.json out", "s1.json"),)),
    score("merging a case of two runs", command="merge r.json s.json -o all.json",
          make=both(results("r.json", "-m dice"), results("s.json", "-m dice")),
          ways=(drop("leave one of the files out", "r.json"), drop("leave one of the files out", "s.json"))),
    score("no JSON", command="show r.json", make=both(pair(), text(r_json="{")),
          ways=(run("segeval score -o results.json", f"segeval {S} -o r.json"),)),
    score("JSON of another program", command="show r.json", make=both(pair(), text(r_json="{}")),
          ways=(run("segeval score -o results.json", f"segeval {S} -o r.json"),)),
    score("numbers alone where results are asked for", command="show r.csv", make=results("r.csv", "-m dice"),
          ways=(swap("segeval score -o results.json", "r.csv", "r.json", f"segeval {S} -o r.json"),)),
    score("a settings file that exists", command="config --init", make=setting(a=""),
          ways=(mend("remove it first", lambda here: (here / "segeval.toml").unlink()),)),
    score("a shell that is none", command="completion tcsh", make=nothing, ways=(put("bash", "tcsh"), put("fish", "tcsh"))),
    score("no such format", command=f"{S} -o docx:x.docx", ways=(put("./docx:x.docx", "docx:x.docx", gives=2),)),
    score("a suffix that says nothing", command=f"{S} -o x.abc", ways=(put("csv:x.abc", "x.abc"),)),
    score("a folder as output", command=f"{S} -o out.csv", make=both(pair(), lambda here: (here / "out.csv").mkdir()),
          ways=(put("name a file in it", "out.csv", "out.csv/x.csv"),)),
    # settings files
    in_file("a key that is misspelt", "metric = 1", "metrics", "metrics = ['dice']", "metric = 1"),
    in_file("a table of pyproject", "[tool.segeval]\nkind = 'labels'", "without [tool.segeval]", "", "[tool.segeval]\n"),
    in_file("a preset of a file", "preset = 'xyz'", "nnunet", "nnunet", "xyz"),
    in_file("a preset of a file, misspelt", "preset = 'semantik'", "semantic", "semantic", "semantik"),
    in_file("a class as a value", "[classes]\nliver = 1", "write [classes.liver]", "[classes.liver]\nlabel = 1", "[classes]\nliver = 1"),
    in_file("a key of a class", "[classes.liver]\nlabl = 1", "label", "label", "labl"),
    in_file("no such key of a class", "[classes.liver]\nxyz = 1", "label", "label", "xyz"),
    in_file("a label of a class", "[classes.liver]\nlabel = 'x'", "5", "1", "'x'"),
    in_file("a colour", "[classes.liver]\nlabel = 1\ncolor = 'red'", '"#56b4e9"', '"#56b4e9"', "'red'"),
    in_file("a tolerance", "[classes.liver]\nlabel = 1\ntolerance = 'x'", '"1mm"', '"1mm"', "'x'"),
    in_file("gates as a value", "[classes.liver]\nlabel = 1\ngates = 1", "dice = 0.85", "gates = { dice = 0.85 }", "gates = 1"),
    in_file("a bar", "[gates]\ndice = true", "0.85", "0.85", "true"),
    in_file("a gate of a file", "[gates]\n'dice.men' = 0.5", "mean", "mean", "men"),
    in_file("a key of the baseline", "[baseline]\npolcy = 'any'", "policy", "policy", "polcy"),
    in_file("no such key of the baseline", "[baseline]\nxyz = 'any'", "policy", "policy", "xyz"),
    in_file("a metric of a file", "metrics = ['dicce']", "dice", "dice", "dicce", words=S),
    Situation("the form of a self-test", nothing, "selftest -o page.txt", (put("-o selftest.html", "page.txt", "selftest.html"),), 2),
    Situation("a class list that is misspelt", nothing, "classes amso", (put("amos", "amso"),), 2),
    Situation("no such class list", nothing, "classes zebra", (run("segeval classes", then=False),), 2),
    in_file("a word of a file", "kind = 'lables'", "labels", "labels", "lables"),
]  # fmt: skip
