"""Who may import whom. The table here is the one that docs/architecture.rst explains."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.imports import Import, find_cycle, imports_of
from tests.house.tree import ROOT, modules

# Floor -> the other floors it may import. Any may import the bare `webqq`, which holds the version.
FLOORS: dict[str, set[str]] = {
    "httpstream": set(),
    "protocol": set(),
    "testing": {"httpstream"},
    "storage": set(),
    "client": {"httpstream", "protocol", "storage"},
    "bot": {"client", "httpstream", "protocol"},
    "gateway": {"protocol", "storage"},
    "cli": {"bot", "client", "gateway", "httpstream", "protocol", "testing"},
    "__main__": {"cli"},
    "": {"httpstream"},
}

# Floor -> what it may import from outside the standard library; a floor that is not here: all of requirements.txt.
FOREIGN: dict[str, set[str]] = {
    "httpstream": {"tornado", "brotli", "zstandard"},
    # pytest: in the module that only pytest loads.
    "testing": {"tornado", "pytest"},
    "protocol": {"msgspec"},
    "storage": set(),
}

PURE = re.compile(
    r"webqq\.protocol(\..*)?"
    r"|webqq\.httpstream\.asynchttpclient\.(gunzip|times)"
    r"|webqq\.httpstream\.(auth|coding|deadlines|digest|environment|errors|follow|lifetimes|origin|parser)"
    r"|webqq\.httpstream\.(pool|proxy|race|rate|retry|route|serialize|setcookie|sse|state|timeouts|timings|wirelog)"
)

# What would let a pure module reach a socket, a clock, chance, a thread, a file or the environment.
IMPURE = {
    *("asyncio", "concurrent", "datetime", "glob", "multiprocessing", "os", "pathlib", "platform", "random", "secrets"),
    *("select", "selectors", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time"),
    *("tornado", "urllib.request", "uuid"),
}
IMPURE_CALLS = {"input", "open", "print"}

# The value that the engine's callers hand in; the class itself does no input or output.
HARMLESS = {("urllib.request", "Request")}


Found = tuple[str, Import, str]
"""A module, what it imports, and the module that is meant."""


def floor_of(module: str) -> str:
    return (module + "..").split(".")[1]


@pytest.fixture(scope="module")
def imports() -> list[Found]:
    known = modules()
    return [
        (module, found, found.target(known)) for module, path in known.items() for found in imports_of(module, path)
    ]


def is_below(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in names)


def test_every_floor_stands_in_the_table():
    assert {floor_of(module) for module in modules()} <= set(FLOORS)


def test_floors_import_only_what_the_table_allows(imports: list[Found]):
    wrong = [
        f"{module}:{found.line} imports {target}"
        for module, found, target in imports
        if target.startswith("webqq.") and floor_of(target) not in FLOORS[floor_of(module)] | {floor_of(module)}
    ]
    assert wrong == []


def test_pure_modules_reach_nothing_outside(imports: list[Found]):
    wrong = [
        f"{module}:{found.line} imports {found.of}"
        for module, found, _ in imports
        if PURE.fullmatch(module) and is_below(found.of, IMPURE) and (found.of, found.name) not in HARMLESS
    ]
    assert wrong == []


def test_pure_modules_import_pure_modules_of_ours(imports: list[Found]):
    wrong = [
        f"{module}:{found.line} imports {target}"
        for module, found, target in imports
        if PURE.fullmatch(module) and is_below(target, {"webqq"}) and not PURE.fullmatch(target) and not found.for_types
    ]
    assert wrong == []


def test_pure_modules_open_and_print_nothing():
    wrong = [
        f"{module}:{node.lineno} calls {node.func.id}"
        for module, path in modules().items()
        if PURE.fullmatch(module)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS
    ]
    assert wrong == []


def test_modules_import_each_other_in_no_circle(imports: list[Found]):
    graph: dict[str, set[str]] = {}
    for module, found, target in imports:
        # The bare package hands HTTPStream on when somebody asks for it; that is no import while loading.
        if not found.for_types and module != "webqq" and target.startswith("webqq."):
            graph.setdefault(module, set()).add(target)
    assert find_cycle(graph) == []


def test_floors_use_only_foreign_packages_they_may(imports: list[Found]):
    wrong = [
        f"{module}:{found.line} imports {found.of}"
        for module, found, _ in imports
        if floor_of(module) in FOREIGN
        and found.of.split(".")[0] not in {*sys.stdlib_module_names, "webqq", *FOREIGN[floor_of(module)]}
    ]
    assert wrong == []


def test_every_foreign_package_is_a_declared_dependency(imports: list[Found]):
    declared = set(re.findall(r"^[\w.-]+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    providers = packages_distributions()
    wrong = [
        f"{module}:{found.line} imports {found.of}"
        for module, found, _ in imports
        if (package := found.of.split(".")[0]) not in {*sys.stdlib_module_names, "webqq"}
        and (module, package) != ("webqq.testing.plugin", "pytest")
        and not declared.intersection(name.lower() for name in providers.get(package, []))
    ]
    assert wrong == []


def test_reader_sees_relative_lazy_and_typing_imports(tmp_path: Path):
    source = tmp_path / "outbox.py"
    source.write_text(
        "from . import poll\n"
        "from ..protocol.ids import Uin\n"
        "if TYPE_CHECKING:\n    import webqq.bot\n"
        "def send():\n    try:\n        import random\n    finally:\n        pass\n"
    )
    assert imports_of("webqq.client.outbox", source) == [
        Import(1, "webqq.client", "poll", False),
        Import(2, "webqq.protocol.ids", "Uin", False),
        Import(4, "webqq.bot", None, True),
        Import(7, "random", None, False),
    ]


def test_imported_submodule_is_the_target():
    known = {"webqq.client", "webqq.client.poll"}
    assert Import(1, "webqq.client", "poll", False).target(known) == "webqq.client.poll"
    assert Import(1, "webqq.client", "WebQQClient", False).target(known) == "webqq.client"


def test_circle_is_found():
    assert find_cycle({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == []
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
