"""Every raw object of a Write model inside a reading, and other values for its fields."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.acceptance import judge
from tests.acceptance.judge import REFERENCES, RESULT_MAKER, Raw, Reading


def is_root(folder: Raw) -> bool:
    """Roots, and folders that come with a user."""
    return bool(folder.get("is_personal")) or folder.get("parent_id") in (None, "2")


def objects(reading: Reading, model: str) -> Iterator[Raw]:
    """Every raw object of a model, in an order that a copy shares."""
    return iter(OBJECTS[model](reading))


def _inside(name: str, outer: str) -> Callable[[Reading], Iterator[Raw]]:
    def find(reading: Reading) -> Iterator[Raw]:
        for row in OBJECTS[outer](reading):
            found = row.get(name) or []
            yield from found if isinstance(found, list) else [found]

    return find


def _certifications(reading: Reading) -> Iterator[Raw]:
    for outer in ("WriteDashboard", "WriteLookWithQuery", "WriteDashboardElement"):
        yield from _inside("certification_metadata", outer)(reading)


#: The Write models of all that a restore writes, from the item down.
OBJECTS: Mapping[str, Callable[[Reading], Iterable[Raw]]] = {
    "CreateFolder": lambda reading: (row for row in reading.folders if not is_root(row)),
    "WriteLookWithQuery": lambda reading: reading.looks,
    "WriteDashboard": lambda reading: reading.dashboards,
    "WriteCreateDashboardFilter": lambda reading: reading.parts("dashboard_filters"),
    "WriteDashboardLayout": lambda reading: reading.parts("dashboard_layouts"),
    "WriteDashboardElement": lambda reading: reading.parts("dashboard_elements"),
    "WriteDashboardLayoutComponent": Reading.components,
    "WriteQuery": lambda reading: reading.queries.values(),
    "WriteMergeQuery": lambda reading: reading.merges.values(),
    "MergeQuerySourceQuery": _inside("source_queries", "WriteMergeQuery"),
    "MergeFields": _inside("merge_fields", "MergeQuerySourceQuery"),
    RESULT_MAKER: _inside("result_maker", "WriteDashboardElement"),
    "ResultMakerFilterables": _inside("filterables", RESULT_MAKER),
    "ResultMakerFilterablesListen": _inside("listen", "ResultMakerFilterables"),
    "DashboardAppearance": _inside("appearance", "WriteDashboard"),
    "DashboardDownloadSettings": _inside("download_settings", "WriteDashboard"),
    "WriteCertification": _certifications,
}

#: kind of a reference -> objects it may lead to
TARGETS: Mapping[str, Callable[[Reading], Iterable[Raw]]] = {
    "folder": lambda reading: (row for row in reading.folders if row["is_personal"]),
    "user": lambda reading: reading.users,
    "dashboard": lambda reading: reading.dashboards,
    "look": lambda reading: reading.looks,
    "layout": OBJECTS["WriteDashboardLayout"],
    "filter": OBJECTS["WriteCreateDashboardFilter"],
    "element": OBJECTS["WriteDashboardElement"],
    "component": OBJECTS["WriteDashboardLayoutComponent"],
    "query": OBJECTS["WriteQuery"],
    "merge_query": OBJECTS["WriteMergeQuery"],
}


def another(reading: Reading, model: str, name: str, value: Any) -> Any:
    """A value that differs, and that leads somewhere if it is an id."""
    if judge.writable(model)[name]:
        return None  # what is inside has a model, and a test, of its own
    kind = REFERENCES.get(f"{model}.{name}")
    if kind:
        return next((row["id"] for row in TARGETS[kind](reading) if row["id"] != value), None)
    return _changed(value)


def _changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if not value:
        return "something"
    if isinstance(value, str):
        return f"{value} "
    return value[:-1] if isinstance(value, list) else dict(list(value.items())[:-1])
