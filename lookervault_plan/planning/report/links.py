"""Add to each action the web pages of its item on both sides."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from lookervault_plan.content.node import Ref
from lookervault_plan.content.web_pages import web_page
from lookervault_plan.plan_file import Action, Links, Skip, destination_id_of


def with_links(
    actions: Iterable[Action], *, source_url: str | None, destination_url: str | None
) -> Iterator[Action]:
    """Link the items that a plan writes or blocks. Skipped ones need no link."""
    for action in actions:
        if isinstance(action, Skip):
            yield action
            continue
        live_id = destination_id_of(action)
        links = Links(
            source=web_page(source_url, Ref.parse(action.address)),
            destination=web_page(destination_url, Ref(action.type, live_id)) if live_id else None,
        )
        yield replace(action, links=links)
