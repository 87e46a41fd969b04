r"""Paths of folders: names from a root, as `Shared/Finance`; `\/` is a slash inside a name."""

from collections.abc import Iterable, Mapping

from lookervault_plan.content.identity import Identity, LiveIdentity
from lookervault_plan.content.node import Id, LiveId, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS, ROOTS

#: The kind whose items have paths, its reference to the parent, and its field with the name.
FOLDER, PARENT, NAME = next(
    (row.name, fields.parent, fields.name)
    for row in KINDS.values()
    if (fields := row.item.path_fields)
)

Path = tuple[str, ...]


def split_path(text: str) -> Path:
    r"""Split `Shared/A \/ B` into `("Shared", "A / B")`. Empty names are kept."""
    names = [""]
    escaped = False
    for char in text:
        if escaped:
            names[-1] += char if char in "/\\" else "\\" + char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "/":
            names.append("")
        else:
            names[-1] += char
    names[-1] += "\\" * escaped
    return tuple(names)


def join_path(path: Path) -> str:
    """Return the text that `split_path` splits into the same names."""
    return "/".join(name.replace("\\", "\\\\").replace("/", "\\/") for name in path)


def paths_of(items: Iterable[Identity[Id]]) -> Mapping[Ref[Id], Path]:
    """Map every root, and every folder below one, to its path.

    Roots are recognised by their flags, since their names differ between versions of Looker.
    """
    folders = {item.ref: item for item in items if item.kind == FOLDER}
    found: dict[Ref[Id], Path] = {}
    for ref in folders:
        chain: list[Ref[Id]] = []
        at: Ref[Id] | None = ref
        while at in folders and at not in found and at not in chain:
            chain.append(at)
            parent = folders[at].keys.get(PARENT)
            at = parent if isinstance(parent, Ref) else None
        for step in reversed(chain):
            path = _path(folders[step], found)
            if path is None:
                break
            found[step] = path
    return found


def in_themselves(items: Iterable[Identity[Id]]) -> frozenset[Ref[Id]]:
    """Find the folders that lie in themselves, by way of others or not."""
    parents = {
        item.ref: parent
        for item in items
        if item.kind == FOLDER and isinstance(parent := item.keys.get(PARENT), Ref)
    }
    found: set[Ref[Id]] = set()
    done: set[Ref[Id]] = set()
    for start in parents:
        chain: list[Ref[Id]] = []
        at: Ref[Id] | None = start
        while at is not None and at not in done:
            if at in chain:
                found.update(chain[chain.index(at) :])
                break
            chain.append(at)
            at = parents.get(at)
        done.update(chain)
    return frozenset(found)


def ids_at_paths(
    wanted: Mapping[SourceRef, Path], items: Iterable[LiveIdentity]
) -> Mapping[SourceRef, LiveId]:
    """Map references to the id of the folder at their path; omit paths that two folders share."""
    by_path: dict[Path, list[LiveId]] = {}
    if wanted:
        for ref, path in paths_of(items).items():
            by_path.setdefault(path, []).append(ref.id)
    found = {ref: by_path.get(path, []) for ref, path in wanted.items()}
    return {ref: ids[0] for ref, ids in found.items() if len(ids) == 1}


def _path(folder: Identity[Id], found: Mapping[Ref[Id], Path]) -> Path | None:
    root = folder.keys.get("root")
    if isinstance(root, str):
        return (ROOTS.get(root, folder.name),)
    parent = folder.keys.get(PARENT)
    above = found.get(parent) if isinstance(parent, Ref) else None
    name = folder.keys.get(NAME)
    return (*above, str(name)) if above is not None and name else None
