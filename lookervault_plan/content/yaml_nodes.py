"""Parse YAML that people write into nodes, fast, and neither nested nor repeated without end.

libyaml's composer follows nesting by recursion in C, which ends the program if it is deep. So the
levels are counted first, in the stream of events. Texts of a usual size, and errors, are left to
PyYAML's own parser: it places empty values better and has the better words.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol, cast

import yaml
from yaml.nodes import Node

#: Levels of lists and mappings in each other.
MAX_LEVELS = 60
#: Uses of anchors: each brings all that its anchor holds once more.
MAX_ALIASES = 1_000

#: Longer texts are parsed by libyaml, which is ten times as fast.
_LONG = 100_000
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NestedTooDeepError(yaml.YAMLError):
    """More levels, or more uses of anchors, than anybody writes."""


def compose(text: str | bytes) -> Node | None:
    """Parse the only document of a text into its root node; None if it is empty.

    Marks have line, column and index, and no buffer. Raises yaml.YAMLError.
    """
    with without_collections():
        try:
            _check_levels(text)
            loader = _Loader if len(text) > _LONG else yaml.SafeLoader
            return loader(text).get_single_node()
        except NestedTooDeepError:
            raise
        except yaml.YAMLError:
            _ = yaml.SafeLoader(text).get_single_node()  # raises the same, in better words
            raise


class _Events(Protocol):
    """The events of a document, one at a time."""

    def check_event(self) -> bool: ...
    def get_event(self) -> object: ...


def _check_levels(text: str | bytes) -> None:
    levels = aliases = 0
    events = cast("_Events", _Loader(text))
    while events.check_event():
        event = events.get_event()
        levels += isinstance(event, yaml.CollectionStartEvent)
        levels -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if levels > MAX_LEVELS:
            raise NestedTooDeepError(f"it is nested more than {MAX_LEVELS} levels deep")
        if aliases > MAX_ALIASES:
            raise NestedTooDeepError(f"it uses anchors more than {MAX_ALIASES} times")


@contextmanager
def without_collections() -> Generator[None]:
    """Pause Python's collector of cycles: it would walk over all nodes again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
