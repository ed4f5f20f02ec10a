"""Reads from a module's syntax tree what it imports, without running it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One imported module, or one name ``of`` it. ``for_types`` marks those under ``if TYPE_CHECKING``."""

    line: int
    of: str
    name: str | None
    for_types: bool

    def target(self, modules: Iterable[str]) -> str:
        """The dotted name of the module that is meant: ``from webqq.protocol import ids`` means the second."""
        submodule = f"{self.of}.{self.name}"
        return submodule if submodule in modules else self.of


def imports_of(module: str, path: Path) -> list[Import]:
    """All imports of a file, those inside functions too."""
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    return list(_read(ast.parse(path.read_text("utf-8"), str(path)).body, package, False))


def _read(body: Iterable[ast.AST], package: str, for_types: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, None, for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            of = _absolute(node, package)
            yield from (Import(node.lineno, of, alias.name, for_types) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _read(node.body, package, True)
            yield from _read(node.orelse, package, for_types)
        else:
            yield from _read(ast.iter_child_nodes(node), package, for_types)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *filter(None, [node.module])])


def find_cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The modules of one import cycle in order, the first repeated at the end; empty where there is none."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for target in graph.get(module, ()):
            cycle = visit(target, [*path, module])
            if cycle:
                return cycle
        done.add(module)
        return []

    return next(filter(None, (visit(module, []) for module in graph)), [])
