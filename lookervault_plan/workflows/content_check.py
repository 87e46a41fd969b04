"""`apply --check-content`: let Looker validate the folders that were changed."""

from collections.abc import Callable, Iterable, Iterator

from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.node import DesiredNode, LiveId, SourceRef
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.content_validation import PATH, broken_content
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.render.outcome import BrokenContent, ContentCheck


def check_content(
    client: Client,
    written: Iterable[SourceRef],
    *,
    load: Callable[[SourceRef], DesiredNode | Diagnostic],
    resolve: Callable[[SourceRef], LiveId | None],
) -> ContentCheck:
    """Validate the folders in which written items lie. A refusal is told, and fails nothing."""
    folders = sorted(set(_folders(written, load, resolve)))
    try:
        found = tuple(
            BrokenContent(item=each.item, part=each.part, messages=each.messages)
            for each in broken_content(client, folders)
        )
    except ApiError as error:
        return ContentCheck(folders=len(folders), refused=f"{error.status} GET {PATH}")
    except ConnectionFailed:
        return ContentCheck(folders=len(folders), refused=f"no answer to GET {PATH}")
    return ContentCheck(folders=len(folders), broken=found)


def _folders(
    written: Iterable[SourceRef],
    load: Callable[[SourceRef], DesiredNode | Diagnostic],
    resolve: Callable[[SourceRef], LiveId | None],
) -> Iterator[LiveId]:
    for ref in written:
        desired = load(ref)
        if isinstance(desired, Diagnostic):
            continue
        for target in desired.refs.values():
            if target is not None and target.kind == FOLDER and (live := resolve(target)):
                yield live
