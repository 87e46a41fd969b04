"""Why a criterion picks nothing, and what may have been meant."""

from collections.abc import Callable, Iterable, Mapping

from lookervault_plan.selectors.catalogue import Catalogue
from lookervault_plan.selectors.methods import Form, Method
from lookervault_plan.selectors.pattern import FolderPattern, escaped, folder_pattern, pattern
from lookervault_plan.selectors.place import nearest
from lookervault_plan.selectors.tree import Criterion, show

#: of what there is, so many are named
_SHOWN = 5


def hint(method: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    """The reason, and a fix if something comes near."""
    return _HINTS[method.form](method, value, catalogue)


def _of_text(method: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    known = {found for item in catalogue.items.values() for found in method.values(item)}
    if not known:
        return f"no item of the backup has a {method.name}", ""
    core = pattern(value).core
    near = nearest(core, known) or _by_word(core, known)
    why = f"the backup has no {method.name} like it"
    if len(known) <= _SHOWN:
        why += f"; it has {_listed(known)}"
    return why, _did_you_mean(method, escaped(near)) if near else ""


def _of_folder(method: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    wanted = folder_pattern(value)
    folders = {item.folder for item in catalogue.items.values() if item.folder}
    for depth in range(len(wanted.names)):
        if _fitting(wanted, depth + 1, folders):
            continue
        here = {path[depth] for path in _fitting(wanted, depth, folders) if len(path) > depth}
        found = wanted.names[depth]
        near = nearest(found.core, here) if found else None
        names = ["**" if each is None else each.text for each in wanted.names]
        above = "/".join(names[:depth]) or "the top"
        why = f"{above} has no folder {names[depth]}"
        if not near:
            return f"{why}; it has {_listed(here)}" if here else why, ""
        names[depth] = escaped(near, in_path=True)
        return why, _did_you_mean(method, "/".join(names))
    return "no folder of the backup has such a path", ""


def _fitting(
    wanted: FolderPattern, depth: int, folders: Iterable[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Folders whose first names fit the first names of the pattern; `**` fits the rest."""
    names = wanted.names[:depth]
    if None in names:
        names = names[: names.index(None)]
    head = FolderPattern("", names)
    return [
        path for path in folders if len(path) >= len(names) and head.matches(path[: len(names)])
    ]


def _of_moment(_: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    times = sorted(item.updated_at for item in catalogue.items.values() if item.updated_at)
    if not times:
        return "no item of the backup has a time of change", ""
    return f"the backup's items were changed from {times[0]} to {times[-1]}, not {value}", ""


def _of_address(_: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    kind, id_ = value.partition(":")[::2]
    others = [ref.address for ref in catalogue.items if ref.id == pattern(id_).literal]
    return f"the backup has no {kind} {id_}", f"did you mean {others[0]}?" if others else ""


def _of_word(method: Method, value: str, _: Catalogue) -> tuple[str, str]:
    return f"no item of the backup has the {method.name} {value}", ""


def _by_word(core: str, known: Iterable[str]) -> str | None:
    """The first value with a word that is near."""
    by_word: dict[str, str] = {}
    for value in sorted(known):
        for word in value.split():
            _ = by_word.setdefault(word.strip("()[],.;:"), value)
    near = nearest(core.strip(), by_word)
    return by_word[near] if near else None


def _did_you_mean(method: Method, value: str) -> str:
    return f"did you mean {show(Criterion(method=method.name, value=value))}?"


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


_HINTS: Mapping[Form, Callable[[Method, str, Catalogue], tuple[str, str]]] = {
    Form.TYPE: _of_text,
    Form.TEXT: _of_text,
    Form.EMAIL: _of_text,
    Form.FOLDER: _of_folder,
    Form.AFTER: _of_moment,
    Form.BEFORE: _of_moment,
    Form.ADDRESS: _of_address,
    Form.WORD: _of_word,
}
