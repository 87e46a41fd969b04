"""Nothing outside the table branches on a kind or on a field of one kind."""

import ast
from pathlib import Path

import lookervault_plan
from lookervault_plan.content.json_path import head
from lookervault_plan.content.table.kinds import KINDS

PACKAGE = Path(lookervault_plan.__file__).parent

#: Names of fields that are too common as words to be told from other texts.
WORDS = {"name", "title", "type", "id", "description", "fields", "filters", "limit", "model"}

#: Module -> the names that it may spell out. It must hold no others, and no fewer.
ALLOWED: dict[str, set[str]] = {
    # LookerVault's file format: columns for folder and owner, and types whose objects hold a URL
    "backup/reader.py": {"dashboard", "folder_id", "model_set", "permission_set", "role", "user"},
    "backup/writer.py": {"folder_id", "user_id"},
    # the demo's own changes to a sandbox
    "cli/run/demo.py": {"parent_id"},
    # a query parameter of /content_metadata
    "looker/access_lists.py": {"parent_id"},
    # names in LookML: models and explores are renamed and looked up, never written
    "content/rename.py": {"explore", "lookml_model"},
    "looker/live_items.py": {"lookml_model"},
    "remaps/document.py": {"explore", "lookml_model"},
    "workflows/dlq.py": {"explore", "lookml_model"},
    "workflows/read_destination.py": {"explore", "lookml_model"},
    # the words of remaps.yml and of the selector language, and what the latter select by
    "remaps/sections.py": {"explore", "folder"},
    "selectors/methods.py": {"board", "explore", "folder", "group", "role"},
    "workflows/selectable_items.py": {
        "board",
        "explore",
        "group",
        "lookml_model",
        "role",
        "user",
    },
    # a part of a selection, not a kind
    "workflows/backup_items.py": {"query"},
    # users list their roles themselves
    "workflows/read_rights.py": {"role_ids"},
}


def kind_words() -> set[str]:
    """Names of kinds, and of the ids and flags that only some kinds have."""
    paths = {head(each.path) for row in KINDS.values() for each in (*row.fields, *row.refs)}
    marked = {path for path in paths if path.endswith(("_id", "_ids")) or path.startswith("is_")}
    return {*KINDS, *marked, "inherits", "role_ids", "group_ids"} - WORDS


def spelled_out(file: Path) -> set[str]:
    """The names that a module's code holds as whole string constants."""
    tree = ast.parse(file.read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } & kind_words()


def test_no_module_but_the_table_names_a_kind_or_a_field_of_one_kind():
    found = {}
    for file in PACKAGE.rglob("*.py"):
        place = file.relative_to(PACKAGE).as_posix()
        if not place.startswith(("sandbox/", "content/table/")) and (names := spelled_out(file)):
            found[place] = names

    assert found == ALLOWED
