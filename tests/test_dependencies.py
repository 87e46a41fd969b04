"""What the package imports is what it installs."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Extras of which the package itself imports nothing.
FOR_CONTRIBUTORS = ("dev", "mutate")


def test_every_import_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for_users = [*project["dependencies"]]
    for name, lines in project["optional-dependencies"].items():
        for_users += lines if name not in FOR_CONTRIBUTORS else []
    declared = {canonical(re.split(r"[<>=\[ ]", line)[0]) for line in for_users}
    distributions = packages_distributions()

    undeclared = {
        name
        for name in imported(ROOT / "lookervault_plan")
        if not declared & {canonical(each) for each in distributions.get(name, (name,))}
    }

    assert undeclared == set()


def imported(folder: Path) -> set[str]:
    """Top-level names of all imports that are neither ours nor the standard library's."""
    names: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"lookervault_plan"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
