"""Name the recipients of schedules and alerts: what may be shown of a list of destinations."""

from collections.abc import Mapping

from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import without_secrets
from lookervault_plan.content.table.kinds import Field

#: The key of a destination that says what is sent. An alert has none.
_FORMAT = "format"


def recipients(field: Field, value: Json) -> list[str]:
    """Name each destination of a field, as `ann@example.com (email, wysiwyg_pdf)`, sorted.

    An address that is no email is `(sensitive)`.
    """
    listed = value if isinstance(value, (list, tuple)) else ()
    keys = (*field.told_apart_by.get("", ()), _FORMAT)
    return sorted(_recipient(one, keys) for one in listed if isinstance(one, Mapping))


def _recipient(destination: Mapping[str, Json], keys: tuple[str, ...]) -> str:
    clean = without_secrets(destination)
    shown: Mapping[str, Json] = clean if isinstance(clean, Mapping) else {}
    values = {key: str(shown[key]) for key in keys if shown.get(key)}
    address = next((value for key, value in values.items() if "address" in key), "")
    others = ", ".join(value for key, value in values.items() if "address" not in key)
    if not address:
        return others
    return f"{address} ({others})" if others else address
