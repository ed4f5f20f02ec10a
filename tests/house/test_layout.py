"""Where things stand, and what no file may say."""

from pathlib import Path

from tests.house.tree import ROOT, modules, project_files

# Modules too thin for a test module of their own; each says what covers it instead.
WITHOUT_TESTS = {
    "webqq": "tests/house/test_packaging.py",
    "webqq.__main__": "tests/cli/test_main.py",
}


def is_package(path: Path) -> bool:
    return path.name == "__init__.py"


def mirror_of(module: str) -> str:
    *packages, name = module.split(".")[1:]
    return Path("tests", *packages, f"test_{name.strip('_')}.py").as_posix()


def test_every_module_has_its_test_module():
    tested = [name for name, path in modules().items() if not is_package(path) and name not in WITHOUT_TESTS]
    assert [mirror for mirror in map(mirror_of, tested) if not (ROOT / mirror).exists()] == []


def test_list_of_exceptions_is_not_stale():
    assert set(WITHOUT_TESTS) <= {*modules(), "webqq.__main__"}


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in project_files() if path.suffix == ".py" and ROOT / "tests" in path.parents}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_no_file_names_a_path_of_one_machine():
    # In two pieces, so that this file is not the first to be found.
    words = ["/" + "work/", "/" + "root/"]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in project_files()
        for word in words
        if word in path.read_text("utf-8", errors="replace")
    ]
    assert found == []


def test_architecture_page_has_a_line_for_every_module():
    page = (ROOT / "docs" / "architecture.rst").read_text("utf-8")
    names = [path.relative_to(ROOT / "webqq").as_posix() for path in modules().values() if not is_package(path)]
    assert [name for name in names if f"``{name}``" not in page] == []
