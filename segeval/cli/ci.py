"""What a run tells the CI system that it finds itself in: on stderr and in files, never on stdout.

GITHUB_ACTIONS=true gets a page and annotations; other systems read the files that `-o` asks for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from segeval.cli.messages import print_message
from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.scorecard.card import Scorecard

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
RUN_VARIABLES = {  # of GitHub, GitLab, Jenkins, Azure, Buildkite, CircleCI, Bitbucket
    "commit": (
        "GITHUB_SHA",
        "CI_COMMIT_SHA",
        "GIT_COMMIT",
        "BUILD_SOURCEVERSION",
        "BUILDKITE_COMMIT",
        "CIRCLE_SHA1",
        "BITBUCKET_COMMIT",
    ),
    "run": ("CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL"),
}
ORIGIN_PATTERN = r"(?s)(.+\.toml):\d+\Z"  # of gates that come from a settings file


def finding_path(origin: str, judged_on: str | Path, environment: Mapping[str, str]) -> str:
    """The file that a finding points at, relative to the repository.

    origin  where the gates come from; a settings file goes before what was judged
    """
    found = re.match(ORIGIN_PATTERN, origin) if ".toml" in origin else None
    path = found[1] if found else judged_on
    return Path(os.path.relpath(path, environment.get("CI_PROJECT_DIR") or ".")).as_posix()


def describe_ci_run(environment: Mapping[str, str]) -> dict[str, str]:
    """The commit and the page of the run, where a CI system says them."""
    found = {}
    for name, variables in RUN_VARIABLES.items():
        if value := next((v for k in variables if (v := environment.get(k))), ""):
            found[name] = value
    parts = [environment.get(f"GITHUB_{k}", "") for k in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if all(parts):
        found["run"] = f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}"
    return found


def report_to_ci(card: Scorecard, settings: Settings, environment: Mapping[str, str]) -> int:
    """Write the page and the annotations of GitHub, where it is GitHub and not `--no-ci`.

    A page that cannot be written is a warning, for it must not decide over a build; gives how many
    warnings `--error` made errors.
    """
    if settings.no_ci or environment.get("GITHUB_ACTIONS") != "true":
        return 0
    from segeval.reports import github

    for line in github.error_commands(card):
        print_message(line)
    path = environment.get(SUMMARY_VARIABLE)
    if not path:
        return 0
    try:
        with open(path, "ab") as page:
            text = github.job_summary(card, settings, github.LIMIT - page.tell())
            page.write(text.encode("utf-8", "replace"))
        wrong = "" if text else "what stands in it already leaves no room"
    except OSError as problem:
        wrong = f"it cannot be written ({problem.strerror})"
    if not wrong:
        return 0
    return report_notes(
        [Note("W-step-summary", f"no summary: {wrong}", SUMMARY_VARIABLE)], settings
    )
