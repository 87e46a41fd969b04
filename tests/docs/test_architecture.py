"""Every file, function and link that a page names exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lookervault_plan"
PAGES = (
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
)

#: `planning/decide.py` and `planning/decide.py:decide`, from the root, the package or tests
CODE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|sql))(?::([\w.]+))?`")
#: `content/table/rows`: a folder
FOLDER = re.compile(r"`([a-z_]+(?:/[a-z_]+)+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def located(path: str) -> Path | None:
    return next((base / path for base in (ROOT, PACKAGE) if (base / path).exists()), None)


@cache
def names(path: Path) -> frozenset[str]:
    """Names that a module defines, methods as `Class.method`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                found.add(node.name)
                if isinstance(node, ast.ClassDef):
                    found.update(
                        f"{node.name}.{each.name}"
                        for each in node.body
                        if isinstance(each, ast.FunctionDef)
                    )
            case ast.Assign():
                found.update(each.id for each in node.targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case _:
                pass
    return frozenset(found)


def wrong(text: str) -> Iterator[str]:
    """Code that a text names and that does not exist."""
    for path, name in CODE.findall(text):
        file = located(path) if "/" in path or (PACKAGE / path).exists() else ROOT
        if file is None or (name and file is not ROOT and name not in names(file)):
            yield f"{path}:{name}" if name else path
    for path in FOLDER.findall(text):
        if path.split("/")[0] in {each.name for each in (*PACKAGE.iterdir(), *ROOT.iterdir())}:
            yield from () if located(path) else (path,)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_function_that_a_page_names_exists(page: Path):
    assert not list(wrong(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path):
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


def test_the_page_on_architecture_names_every_package():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    packages = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith("_")}
    assert not {name for name in packages - {"py"} if f"`{name}`" not in page}


def test_a_name_that_does_not_exist_is_found():
    text = "`planning/nowhere.py`, `planning/decide.py:nobody`, `content/table/nothing`"

    assert list(wrong(text)) == [
        "planning/nowhere.py",
        "planning/decide.py:nobody",
        "content/table/nothing",
    ]
