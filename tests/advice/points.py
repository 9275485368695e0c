"""Tables of points: what they lack, and what cannot be asked of them."""

import build
import numpy as np
from advice.driver import Situation, Way, mend

GT = "case,x,y,z,diameter_mm\na,0,0,0,10\nb,9,9,9,10\n"
PRED = "case,x,y,z,probability\na,1,0,0,0.9\nb,2,2,2,0.5\n"
S = "score p.csv g.csv -m froc:as=luna16"


def tables(pred=PRED, gt=GT, **more):
    """Tables of both sides, and further files by the name of a table."""

    def make(here):
        for name, content in {"p": pred, "g": gt, **more}.items():
            (here / f"{name}.csv").write_text(content)

    return make


def bad(name, said, pred=PRED, gt=GT, command=S, status=3, **more):
    """Tables that cannot be scored, and written again as the help says."""

    def good(here):
        tables()(here)
        for one in more:
            (here / f"{one}.csv").unlink()

    return Situation(name, tables(pred, gt, **more), command, (mend(said, good),), status)


def picture(here):
    """A picture, and points of three coordinates."""
    (here / "g").mkdir()
    mask = np.zeros((20, 20), np.uint8)
    mask[:5, :5] = 1
    build.png(here / "g" / "a.png", mask)
    (here / "p.csv").write_text(PRED)


def flat(here):
    """Points of two coordinates."""
    (here / "p.csv").write_text("case,x,y,probability\na,1,0,0.9\n")


SITUATIONS = [
    bad("no scores", "add a column `probability`", pred="case,x,y,z\na,1,0,0\n", status=2),
    Situation(
        "the sides swapped", tables(), "score g.csv p.csv -m froc",
        (Way("are the sides swapped?", lambda _, __: S.split()),
         Way("add a column `probability`", lambda _, __: S.split())), 2,
    ),
    Situation(
        "scores in the ground truth", tables(gt=PRED), S,
        (mend("A lesion is a row with `diameter_mm`", tables()),
         mend("are the sides swapped?", tables())), 2,
    ),
    bad("cases of other names", "write the same names in both tables",
        pred=PRED.replace("\na", "\nx").replace("\nb", "\ny"), status=4),
    bad("a row without a case", "a table of points has columns case, x, y, z", status=2,
        pred=PRED + ",1,2,3,0.5\n"),
    bad("one table without z", "give both tables a column z",
        pred="case,x,y,probability\na,1,0,0.9\nb,2,2,0.5\n"),
    bad("no number", "write its numbers with a decimal point", pred=PRED.replace("0.9", "nine")),
    bad("no score in a row", "add a column `probability`", pred=PRED.replace("0.9", "")),
    bad("no diameter in a row", "fill the column diameter_mm in", gt=GT.replace(",10\nb", ",\nb")),
    bad("some with z", "a table of points has columns case, x, y, z", status=2,
        g_excluded="case,x,y,diameter_mm\na,1,2,3\n"),
    bad("other columns beside it", "a table of points has columns case, x, y, z", status=2,
        g_excluded="case,volume\na,1\n"),
    Situation(
        "one table of many cases", tables(), "inspect p.csv",
        (Way("give the table itself as PRED or GT", lambda _, __: S.split()),),
    ),
    Situation(
        "three coordinates on a picture", picture, "score p.csv g -m froc@1",
        (mend("x and y for pictures", flat),
         mend("give x, y and z for volumes", flat)),
    ),
    Situation(
        "Dice of points", tables(), "score p.csv g.csv -m dice",
        (Way("-m froc,froc:as=luna16,case_auroc",
             lambda c, _: [*c[:-2], "-m", "froc,froc:as=luna16,case_auroc"]),),
    ),
]  # fmt: skip
