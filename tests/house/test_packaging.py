"""What a user gets who installs the package, and what stands in the source archive."""

import email
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest

import webqq
from tests.house.tree import ROOT, project_files

IN_SDIST = [
    "setup.py",
    "pyproject.toml",
    "requirements.txt",
    "README.rst",
    "CHANGELOG.rst",
    "CONTRIBUTING.rst",
    "LICENSE",
]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source archive, built from a copy of the tree: a build leaves files behind."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("sdist")
    for path in project_files():
        target = tree / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(out)!r})"
    run(sys.executable, "-c", build, cwd=tree)
    [archive] = out.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        # Python 3.11.2 of Debian 12 has no filters yet; 3.14 takes this one by itself.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        tar.extractall(out)  # noqa: S202 (we made it)
    return out / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the source archive, which thereby proves to be complete."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(out), str(sdist), cwd=out)
    [path] = out.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def built_metadata(wheel: zipfile.ZipFile) -> Message:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(name))


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def requirements(lines: list[str]) -> set[str]:
    return {re.sub(r"\s", "", line) for line in lines if line.strip()}


def test_source_archive_has_what_a_packager_needs(sdist: Path):
    assert [name for name in IN_SDIST if not (sdist / name).is_file()] == []
    assert [name for name in ("docs", "examples", "scripts", "tests") if not (sdist / name).is_dir()] == []


def test_wheel_has_every_module_and_data_file(wheel: zipfile.ZipFile):
    wanted = {path.relative_to(ROOT).as_posix() for path in project_files() if ROOT / "webqq" in path.parents}
    assert wanted - set(wheel.namelist()) == set()
    assert "webqq/py.typed" in wheel.namelist()


def test_wheel_has_the_package_alone(wheel: zipfile.ZipFile):
    roots = {name.split("/")[0] for name in wheel.namelist()}
    assert roots == {"webqq", f"webqq-{webqq.__version__}.dist-info"}


def test_dependencies_are_those_of_requirements_txt(built_metadata: Message):
    runtime = [line for line in built_metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert requirements(runtime) == requirements((ROOT / "requirements.txt").read_text("utf-8").splitlines())


def test_python_of_3_11_is_asked_for(built_metadata: Message):
    assert built_metadata["Requires-Python"] == ">=3.11"


def test_wheel_gives_the_command(wheel: zipfile.ZipFile):
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
    assert "webqq = webqq.cli:main" in wheel.read(name).decode()


def test_version_is_the_same_wherever_it_stands(built_metadata: Message):
    headings = re.findall(r"^(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.rst").read_text("utf-8"), re.MULTILINE)
    assert webqq.__version__ == built_metadata["Version"] == headings[0]


def test_installed_package_is_this_tree():
    assert Path(webqq.__file__).parent == ROOT / "webqq"
    assert metadata.version("webqq") == webqq.__version__
