"""CLI-U1: what a release is made of: `.ci/release`, what lies in it, and who may publish it."""

import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
LOADER = SourceFileLoader("contents", str(ROOT / ".ci" / "contents"))
SPEC = importlib.util.spec_from_loader("contents", LOADER)
contents = importlib.util.module_from_spec(SPEC)
sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
LOADER.exec_module(contents)
sys.dont_write_bytecode = kept
BUILD = importlib.util.spec_from_file_location("index_page", ROOT / ".ci" / "index_page.py")
RELEASE = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))


def load_hook():
    """`.ci/index_page.py`, which only the back end imports."""
    pytest.importorskip("hatchling", reason="the back end that builds")
    made = importlib.util.module_from_spec(BUILD)
    BUILD.loader.exec_module(made)
    return made


def built(folder, epoch="1700000000", tree=ROOT):
    """A wheel and an sdist of a tree, by the back end itself."""
    pytest.importorskip("hatchling", reason="the back end that builds")
    script = (
        "import sys; from hatchling.build import build_sdist, build_wheel;"
        "print(build_wheel(sys.argv[1])); print(build_sdist(sys.argv[1]))"
    )
    folder.mkdir()
    made = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        cwd=tree, env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return [folder / name for name in made]


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    return built(tmp_path_factory.mktemp("build") / "dist")


def test_a_release_is_the_same_bytes_each_time(archives, tmp_path):
    again = built(tmp_path / "again")
    assert [file.name for file in again] == [file.name for file in archives]
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in archives]


def test_the_container_copies_what_its_wheel_is_built_of(archives, tmp_path):
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if re.match("COPY (?!--from)", line)]
    tree = tmp_path / "source"
    tree.mkdir()
    for name in (name for names in copied for name in names):
        place = ROOT / name
        (tree / name).parent.mkdir(exist_ok=True)
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tree / name)
    (wheel,) = (one for one in built(tmp_path / "dist", tree=tree) if one.suffix == ".whl")
    (same,) = (one for one in archives if one.suffix == ".whl")
    assert sorted(zipfile.ZipFile(wheel).namelist()) == sorted(zipfile.ZipFile(same).namelist())


def test_a_release_holds_what_it_should(archives):
    assert [line for file in archives for line in contents.problems(str(file))] == []


def shown_by_an_index(file):
    """The long description of a wheel or of an sdist."""
    if file.suffix == ".whl":
        archive = zipfile.ZipFile(file)
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        text = archive.read(name).decode()
    else:
        with tarfile.open(file) as archive:
            (member,) = (
                one for one in archive if one.name.count("/") == 1 and "PKG-INFO" in one.name
            )
            text = archive.extractfile(member).read().decode()
    return text.split("\n\n", 1)[1]


ENDS = re.compile(r"\]\(([^)]*)\)|<img[^>]*src=\"([^\"]*)")


def test_an_index_shows_no_picture_and_no_link_that_it_cannot(archives):
    for file in archives:
        text = shown_by_an_index(file)
        assert [end for end in ENDS.findall(text) if not end[0].startswith("https://")] == []
        assert "Pictures and documents are in the repository" in text
        assert "a gate in CI in ten minutes (docs/tutorials/gate-in-ci.md)" in text
        assert "## Status" in text


def test_with_the_address_of_the_repository_an_index_shows_all():
    page = load_hook().index_page(
        "# t\n\n![A table.](docs/a.svg)\n\n[x](docs/x.md#y), [z](#z), [w](https://w.org)\n",
        "https://example.org/o/r", "v1",
    )  # fmt: skip
    assert page == (
        "# t\n\n![A table.](https://example.org/o/r/raw/v1/docs/a.svg)\n\n"
        "[x](https://example.org/o/r/blob/v1/docs/x.md#y), [z](#z), [w](https://w.org)\n"
    )


def wheel(folder, *names):
    with zipfile.ZipFile(folder / "a.whl", "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return str(folder / "a.whl")


def test_what_is_missing_or_too_much_is_seen(tmp_path):
    whole = [*contents.IN_WHEEL, "segeval_cli-1.dist-info/METADATA"]
    assert list(contents.problems(wheel(tmp_path, *whole))) == []
    assert "no segeval/py.typed" in "".join(
        contents.problems(wheel(tmp_path, *[name for name in whole if "typed" not in name]))
    )
    for extra in ("segeval/__pycache__/a.cpython-311.pyc", "segeval/.DS_Store"):
        assert "left-over" in "".join(contents.problems(wheel(tmp_path, *whole, extra)))
    beside = contents.problems(wheel(tmp_path, *whole, "tests/test_a.py"))
    assert "beside the program" in "".join(beside)


def test_an_sdist_is_read_without_its_own_folder(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for name in contents.IN_SDIST:
            archive.addfile(tarfile.TarInfo(f"segeval_cli-1/{name}"), io.BytesIO())
    assert list(contents.problems(str(tmp_path / "a.tar.gz"))) == []


def release(folder, *arguments):
    """`.ci/release` in a small repository of its own."""
    return subprocess.run(
        ["bash", ".ci/release", *arguments], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def repository(tmp_path):
    """A repository with a version 1.0.0 and the script."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "segeval").mkdir()
    (tmp_path / ".ci" / "release").write_bytes((ROOT / ".ci" / "release").read_bytes())
    (tmp_path / "segeval" / "__init__.py").write_text('__version__ = "1.0.0"\n')
    (tmp_path / "CITATION.cff").write_text("version: 1.0.0\n")
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "One")
    return tmp_path


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("v1.0.1", "the tag is v1.0.1 and the version 1.0.0"),
        ("v1.0.0", "CHANGELOG.md has no section 1.0.0"),
    ],
)
def test_a_tag_that_says_something_else_is_no_release(repository, tag, says):
    git(repository, "tag", tag)
    done = release(repository, tag)
    assert done.returncode == 1
    assert done.stderr == f"release: {says}\n"


def test_a_citation_of_another_version_is_no_release(repository):
    (repository / "CITATION.cff").write_text("version: 0.9.0\n")
    git(repository, "commit", "-qam", "Two")
    done = release(repository)
    assert (done.returncode, "another version than 1.0.0" in done.stderr) == (1, True)


def test_a_tag_that_is_not_there_is_no_release(repository):
    assert release(repository, "v2").returncode != 0
    assert not (repository / "release" / "dist").exists()


def test_only_a_tag_starts_it_and_only_one_job_may_publish():
    assert RELEASE[True] == {"push": {"tags": ["v*"]}}  # `on` is true in YAML
    assert RELEASE["permissions"] == {"contents": "read"}
    jobs = RELEASE["jobs"]
    allowed = {name: job.get("permissions", {}) for name, job in jobs.items()}
    assert [name for name, given in allowed.items() if "id-token" in given] == ["publish"]
    assert allowed["publish"] == {"id-token": "write"}
    assert jobs["publish"]["if"] == "vars.PUBLISH == 'yes'"
    assert jobs["publish"]["environment"] == "release"
    assert "password" not in str(jobs["publish"])
    first = jobs["publish"]["steps"][0]["uses"]
    assert first.startswith("actions/download-artifact")


def test_it_is_built_by_the_script_that_a_person_runs():
    runs = [step.get("run", "") for step in RELEASE["jobs"]["build"]["steps"]]
    assert 'bash .ci/release "$GITHUB_REF_NAME" release' in runs
