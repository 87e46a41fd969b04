"""`doctor --probe`: settle what the facts about Looker leave open, in a scratch folder.

Each question of docs/looker-api.md, section 7, is a function below. It makes what it needs through
`Lab`, which records it (`workflows.scratch_record`), and returns an answer in one word. Names,
texts and ids of the instance's own content never get into an answer.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from lookervault_plan.content.node import Json, parse_json
from lookervault_plan.errors import failure
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.decode import object_with, objects_with
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.render.findings import UNSETTLED, Finding
from lookervault_plan.workflows.scratch_record import Entry, ScratchRecord

Object = Mapping[str, Json]

#: Looker's clock counts milliseconds; a change within one would not show.
_TICK_SECONDS = 0.05
#: An address that receives no mail (RFC 2606). The schedule is never enabled, either.
_NOBODY = "nobody@lookervault-plan.invalid"
_NEVER = "0 6 29 2 *"
#: Roles that are looked at for people who have them through a group.
_ROLES_ASKED = 30


class Unsettled(Exception):  # noqa: N818 — an answer, not a fault
    """The instance lacks what a question needs."""


class Lab:
    """The scratch folder, and requests whose outcome is recorded."""

    def __init__(self, client: Client, record: ScratchRecord, *, token: str, me: str) -> None:
        self.client = client
        #: Part of every name, so that what is made here can be told from all else.
        self.token = f"lookervault-plan-probe-{token}"
        #: Id of the API user.
        self.me = me
        self.folder = ""
        self._record = record
        self._model: tuple[str, str] | None = None

    def name(self, what: str) -> str:
        return f"{self.token}-{what}"

    def make(self, path: str, body: Object, *, listed_at: str = "", name: str = "") -> Object:
        """Create an object. Raise ApiError if Looker refuses it.

        `listed_at` and `name` tell how to find it again outside of the scratch folder.
        """
        entry = Entry(path=path, listed_at=listed_at, name=name)
        self._record.add(entry)
        made = _object(self.client.request("POST", path, body=body))
        self._record.add(msgspec.structs.replace(entry, id=str(made.get("id") or "")))
        return made

    def status(self, path: str, body: Object, *, listed_at: str = "", name: str = "") -> int:
        """Create an object; return the status of the answer."""
        try:
            _ = self.make(path, body, listed_at=listed_at, name=name)
        except ApiError as error:
            return _status(error)
        return 200

    def patch(self, path: str, body: Object) -> int:
        """Change an object; return the status of the answer."""
        try:
            return self.client.request("PATCH", path, body=body).status
        except ApiError as error:
            return _status(error)

    def get(self, path: str, **query: str | bool | int) -> Object:
        return self.client.read(path, object_with(), query=query)

    def listed(self, path: str, **query: str | bool | int) -> list[Object]:
        return [*self.client.read(path, objects_with("id"), query=query)]

    def delete(self, path: str) -> None:
        _ = self.client.request("DELETE", path)

    def dashboard(self, what: str) -> Object:
        return self.make("/dashboards", {"title": self.name(what), "folder_id": self.folder})

    def look(self, what: str) -> Object:
        body = {"title": self.name(what), "folder_id": self.folder, "query_id": self.query()}
        return self.make("/looks", body)

    def definition(self) -> Object:
        """The smallest query: a model and an explore of this instance, no fields."""
        if self._model is None:
            for model in self.models():
                explores = model.get("explores")
                for explore in explores if isinstance(explores, list) else ():
                    if isinstance(explore, Mapping) and explore.get("name"):
                        self._model = str(model.get("name")), str(explore["name"])
        if self._model is None:
            raise Unsettled("no model with an explore is visible")
        model_name, explore_name = self._model
        return {"model": model_name, "view": explore_name, "fields": [], "limit": "1"}

    def models(self) -> list[Object]:
        return list(
            self.client.read(
                "/lookml_models", objects_with("name"), query={"fields": "name,explores"}
            )
        )

    def query(self) -> str:
        return str(_object(self.client.request("POST", "/queries", body=self.definition()))["id"])

    def tile(self, dashboard: Object) -> Object:
        body = {"dashboard_id": str(dashboard["id"]), "type": "text", "body_text": self.token}
        return self.make("/dashboard_elements", body)


def _object(reply: Reply) -> Object:
    found = parse_json(reply.body)
    return found if isinstance(found, Mapping) else {}


def _status(error: ApiError) -> int:
    """Return the status of a refusal. Raise what is no answer to the question."""
    if error.status in (401, 429) or error.status >= 500:
        raise error
    return error.status


# --- the questions --------------------------------------------------------------------------------


def _paging(lab: Lab) -> str:
    query = {"limit": 100, "offset": 0, "fields": "id"}
    reply = lab.client.request("GET", "/dashboards/search", query=query)
    return "total-count" if "x-total-count" in reply.headers else "no-total-count"


def _inherited_roles(lab: Lab) -> str:
    for role in (str(each["id"]) for each in lab.listed("/roles", fields="id")[:_ROLES_ASKED]):
        groups = lab.listed(f"/roles/{role}/groups", fields="id")
        if not groups:
            continue
        direct = lab.listed(f"/roles/{role}/users", direct_association_only=True, fields="id")
        own = {str(each["id"]) for each in direct}
        for group in groups:
            for person in lab.listed(f"/groups/{group['id']}/users", limit=50, offset=0):
                if str(person["id"]) not in own:
                    held = lab.get(f"/users/{person['id']}", fields="role_ids").get("role_ids")
                    names = [str(each) for each in held] if isinstance(held, list) else []
                    return "included" if role in names else "left-out"
    raise Unsettled("nobody has a role through a group alone")


def _owner_by_patch(lab: Lab, kind: str) -> str:
    other = next(
        (
            str(each["id"])
            for each in lab.listed("/users", limit=50, offset=0, fields="id,is_disabled")
            if str(each["id"]) != lab.me and not each.get("is_disabled")
        ),
        None,
    )
    if other is None:
        raise Unsettled("there is no other person")
    made = lab.look("owner") if kind == "look" else lab.dashboard("owner")
    path = f"/{kind}s/{made['id']}"
    if lab.patch(path, {"user_id": other}) >= 400:
        return "refused"
    owner = str(lab.get(path).get("user_id"))
    return "taken" if owner == other else "ignored"


def _duplicates(lab: Lab) -> str:
    first = lab.dashboard("twice")
    title = {"title": lab.name("twice"), "folder_id": lab.folder}
    slug = {"title": lab.name("slug"), "folder_id": lab.folder, "slug": first.get("slug")}
    folder = {"name": lab.name("twice"), "parent_id": lab.folder}
    _ = lab.make("/folders", folder)
    statuses = {
        "title": lab.status("/dashboards", title),
        "slug": lab.status("/dashboards", slug),
        "folder": lab.status("/folders", folder),
    }
    for word, path in (("set", "/model_sets"), ("group", "/groups")):
        name = lab.name("twice")
        body: Object = {"name": name, "models": []} if word == "set" else {"name": name}
        if lab.status(path, body, listed_at=f"{path}/search", name=name) == 200:
            statuses[word] = lab.status(path, body, listed_at=f"{path}/search", name=name)
    return " ".join(f"{word}:{_accepted(status)}" for word, status in statuses.items())


def _accepted(status: int) -> str:
    return "accepted" if status < 400 else str(status)


def _trash(lab: Lab) -> str:
    first = lab.dashboard("trash")
    _ = lab.patch(f"/dashboards/{first['id']}", {"deleted": True})
    body = {"title": lab.name("trash"), "folder_id": lab.folder}
    return "free" if lab.status("/dashboards", body) == 200 else "kept"


def _inline_query(lab: Lab) -> str:
    dashboard = str(lab.dashboard("inline")["id"])
    body = {"dashboard_id": dashboard, "type": "vis", "query": lab.definition()}
    try:
        made = lab.make("/dashboard_elements", body)
    except ApiError as error:
        _ = _status(error)
        return "refused"
    return "taken" if made.get("query_id") or made.get("query") else "ignored"


def _components(lab: Lab) -> str:
    dashboard = lab.dashboard("component")
    tile = lab.tile(dashboard)
    lab.delete(f"/dashboard_elements/{tile['id']}")
    shown = lab.get(f"/dashboards/{dashboard['id']}").get("dashboard_layouts")
    for layout in shown if isinstance(shown, list) else ():
        places = layout.get("dashboard_layout_components") if isinstance(layout, Mapping) else None
        for place in places if isinstance(places, list) else ():
            is_its = isinstance(place, Mapping) and (
                str(place.get("dashboard_element_id")) == str(tile["id"])
                and not place.get("deleted")
            )
            if is_its:
                return "stays"
    return "goes"


def _updated_at(lab: Lab) -> str:
    dashboard = lab.dashboard("updated")
    tile, path = lab.tile(dashboard), f"/dashboards/{dashboard['id']}"
    before = lab.get(path).get("updated_at")
    time.sleep(_TICK_SECONDS)
    _ = lab.patch(f"/dashboard_elements/{tile['id']}", {"body_text": lab.name("changed")})
    after = lab.get(path).get("updated_at")
    if before is None and after is None:
        raise Unsettled("dashboards show no updated_at")
    return "moves" if after != before else "stays"


def _schedule(lab: Lab, owner: str) -> int:
    dashboard = lab.dashboard(f"schedule-{owner}")
    layouts = dashboard.get("dashboard_layouts")
    tabs = [
        str(each["id"])
        for each in (layouts if isinstance(layouts, list) else ())
        if isinstance(each, Mapping)
    ]
    destination = {"type": "email", "format": "wysiwyg_pdf", "address": _NOBODY}
    body: Object = {
        "name": lab.name("schedule"),
        "dashboard_id": str(dashboard["id"]),
        "crontab": _NEVER,
        "enabled": False,
        "user_id": owner,
        "filters_string": "?State=open",
        "tab_ids": tabs,
        "scheduled_plan_destination": [destination],
    }
    return lab.status("/scheduled_plans", body)


def _schedules(lab: Lab) -> str:
    return _accepted(_schedule(lab, lab.me))


def _disabled_owner(lab: Lab) -> str:
    disabled = next(
        (
            str(each["id"])
            for each in lab.listed("/users", limit=500, offset=0, fields="id,is_disabled")
            if each.get("is_disabled")
        ),
        None,
    )
    if disabled is None:
        raise Unsettled("nobody is disabled")
    return "taken" if _schedule(lab, disabled) == 200 else "refused"


def _unknown_models(lab: Lab) -> str:
    name, model = lab.name("models"), lab.token.replace("-", "_")
    try:
        made = lab.make(
            "/model_sets",
            {"name": name, "models": [model]},
            listed_at="/model_sets/search",
            name=name,
        )
    except ApiError as error:
        _ = _status(error)
        return "refused"
    kept = lab.get(f"/model_sets/{made['id']}").get("models")
    return "kept" if isinstance(kept, list) and model in kept else "dropped"


def _token_life(lab: Lab) -> str:
    seconds = lab.client.token_seconds()
    if seconds is None:
        raise Unsettled("Looker does not say")
    return f"{seconds:.0f}s"


#: Name of a question, the question, and the function that answers it.
QUESTIONS: tuple[tuple[str, str, Callable[[Lab], str]], ...] = (
    ("paging", "Does a search tell how many there are?", _paging),
    ("inherited-roles", "Do people's roles list those of their groups?", _inherited_roles),
    (
        "owner-by-patch:dashboard",
        "Can a dashboard's owner be changed?",
        lambda lab: _owner_by_patch(lab, "dashboard"),
    ),
    (
        "owner-by-patch:look",
        "Can a look's owner be changed?",
        lambda lab: _owner_by_patch(lab, "look"),
    ),
    ("duplicates", "How is a name refused that is taken?", _duplicates),
    ("trash-titles", "Does the trash keep titles from others?", _trash),
    ("inline-query", "Does a tile take a query instead of its id?", _inline_query),
    ("components", "Does a tile's place go with the tile?", _components),
    ("tiles-updated-at", "Does a tile's change move the dashboard's updated_at?", _updated_at),
    ("schedules", "Are tabs and filters of a schedule taken?", _schedules),
    ("disabled-owner", "Can a schedule have a disabled owner?", _disabled_owner),
    ("unknown-models", "Does a model set take models that do not exist?", _unknown_models),
    ("token", "How long does a login last?", _token_life),
)


def answer_questions(
    client: Client,
    record_at: Path,
    *,
    folder: str,
    token: str,
    tell: Callable[[str], None] = lambda _name: None,
) -> tuple[Finding, ...]:
    """Answer all questions in a new folder below `folder`, and remove everything again.

    `token` is part of all names. What an earlier, killed probe has left is removed first. Raise
    PlanError if the folder can't be used.
    """
    record = ScratchRecord(record_at, client.connection.base_url)
    _ = record.clean_up(client)
    lab = Lab(client, record, token=token, me=str(client.me().get("id") or ""))
    try:
        made = lab.make(
            "/folders",
            {"name": lab.token, "parent_id": folder},
            listed_at=f"/folders/{folder}/children",
            name=lab.token,
        )
    except ApiError as error:
        record.path.unlink(missing_ok=True)
        raise failure(
            "doctor.folder",
            f"no scratch folder can be made in folder {folder}",
            detail=str(error),
            fix="name a folder in which the API user may save content, by its id: --folder ID",
        ) from error
    lab.folder = str(made["id"])
    try:
        return tuple(_answered(lab, *each, tell) for each in QUESTIONS)
    finally:
        _ = record.clean_up(client)


def _answered(
    lab: Lab,
    name: str,
    question: str,
    ask: Callable[[Lab], str],
    tell: Callable[[str], None],
) -> Finding:
    tell(name)
    try:
        return Finding(name=name, question=question, answer=ask(lab))
    except Unsettled as why:
        return Finding(name=name, question=question, answer=UNSETTLED, why=str(why))
    except ApiError as error:
        why = f"{error.status} {error.method} /{error.path.strip('/').partition('/')[0]}"
        return Finding(name=name, question=question, answer=UNSETTLED, why=why)
