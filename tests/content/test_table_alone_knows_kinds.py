"""Nothing outside the table branches on a kind or on a field of one kind."""

import ast
import re
from functools import cache
from pathlib import Path

import lookervault_plan
from lookervault_plan.content.json_path import head
from lookervault_plan.content.table.kinds import KINDS

PACKAGE = Path(lookervault_plan.__file__).parent

#: One name, or names joined by dots and `[]`.
PATH = re.compile(r"\w+(\[\])?(\.\w+(\[\])?)*")

#: Names of fields that are common words, so that a text with one proves nothing.
WORDS = {"name", "title", "type", "id", "description", "fields", "filters", "limit", "model"}

#: `doctor --probe` makes content of its own, and knows it by name.
NAMES_IN_QUESTIONS = {
    "dashboard",
    "dashboard_element_id",
    "dashboard_id",
    "dashboard_layouts",
    "folder",
    "folder_id",
    "group",
    "is_disabled",
    "look",
    "parent_id",
    "query",
    "query_id",
    "role_ids",
    "tab_ids",
    "user_id",
}

#: Module -> the names that it may spell out. It must hold no others, and no fewer.
ALLOWED: dict[str, set[str]] = {
    # LookerVault's file format: columns for folder and owner, and types whose objects hold a URL
    "backup/file_facts.py": {"folder_id"},
    "backup/reader.py": {"dashboard", "model_set", "permission_set", "role", "user"},
    "backup/writer.py": {"folder_id", "user_id"},
    # a key of `environments check --json`
    "cli/run/environments.py": {"user"},
    # keys of `doctor --json`; requests that try out open questions
    "cli/run/doctor.py": {"user", "user_id"},
    "workflows/open_questions.py": NAMES_IN_QUESTIONS,
    # a query parameter of /content_metadata
    "looker/access_lists.py": {"parent_id"},
    # the roles of the API user, in the reply of /user
    "workflows/doctor.py": {"role_ids"},
    # keys of Looker's reply to /content_validation
    "looker/content_validation.py": {"alert", "dashboard", "look"},
    # the words of remaps.yml and of the selector language
    "remaps/sections.py": {"explore", "folder"},
    "workflows/backup.py": {"explore"},
    "selectors/methods.py": {"board", "explore", "folder", "group", "role"},
}


@cache
def kind_words() -> set[str]:
    """Names of kinds, their collections, and the ids and flags that only some kinds have."""
    paths = {head(each.path) for row in KINDS.values() for each in (*row.fields, *row.refs)}
    marked = {path for path in paths if path.endswith(("_id", "_ids")) or path.startswith("is_")}
    collections = {
        head(each.path)
        for row in KINDS.values()
        for each in row.item.collections
        if "_" in each.path
    }
    return {*KINDS, *marked, *collections, "inherits", "role_ids", "group_ids"} - WORDS


def spelled_out(file: Path) -> set[str]:
    """The names in a module's strings, alone or in a path (`look.query`).

    Codes of diagnostics (`query.missing`) look like paths, and don't count.
    """
    nodes = list(ast.walk(ast.parse(file.read_text())))
    codes = {
        id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "code"
    }
    return {
        name
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in codes
        if PATH.fullmatch(node.value)
        for name in re.findall(r"\w+", node.value)
        if name in kind_words()
    }


def test_a_name_inside_a_path_is_noticed(tmp_path: Path):
    file = tmp_path / "module.py"
    _ = file.write_text(
        'PATHS = ("look.query", "dashboard_elements[]", "a look at it", "plan.json")\n'
        'found = Diagnostic(code="board.missing")\n'
    )

    assert spelled_out(file) == {"look", "query", "dashboard_elements"}


def test_no_module_but_the_table_names_a_kind_or_a_field_of_one_kind():
    found = {}
    for file in PACKAGE.rglob("*.py"):
        place = file.relative_to(PACKAGE).as_posix()
        if not place.startswith(("sandbox/", "content/table/")) and (names := spelled_out(file)):
            found[place] = names

    assert found == ALLOWED
