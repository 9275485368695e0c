"""P7: `--version` and `--help` against importing click; and what they load."""

import subprocess
import sys

from harness import Bar, Command, environment, judge, measure, program, show

HEAVY = ("numpy", "nibabel", "nrrd", "pydicom", "PIL", "rich", "tqdm", "scipy")

commands = [
    Command("segeval --version", [*program(), "--version"]),
    Command("segeval --help", [*program(), "--help"]),
    Command("segeval score --help", [*program(), "score", "--help"]),
    Command("import click", [sys.executable, "-c", "import click"]),
    Command("python", [sys.executable, "-c", ""]),
]
bars = [
    Bar("P7", "segeval --version", "import click", 1.25),
    Bar("P7", "segeval --help", "import click", 1.25),
]


def loaded(argument: str) -> list[str]:
    """The heavy libraries that are in `sys.modules` after a call."""
    line = (
        "import sys; from segeval.cli.entry import run_command_line; "
        f"run_command_line([{argument!r}]); "
        f"print(*set(sys.modules) & set({HEAVY!r}), file=sys.stderr)"
    )
    call = [sys.executable, "-c", line]
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=environment())
    return done.stderr.split()


if __name__ == "__main__":
    status = show(judge("P7 start-up", measure(commands, rounds=25), bars))
    for argument in ("--version", "--help"):
        found = loaded(argument)
        print(f"  {'FAIL' if found else 'PASS'}  P7   {argument} loads {found or 'none of them'}")
        status |= bool(found)
    sys.exit(status)
