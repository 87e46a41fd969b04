"""What a row of the table can say: the columns, as types."""

import re
from collections.abc import Callable, Mapping
from enum import Enum

import msgspec

from lookervault_plan.content.node import Json, Raw


class Form(Enum):
    """The canonical form of a value: what counts as equal (A 5, server-side normalisation)."""

    VALUE = "value"  # as it is; null stays null
    TEXT = "text"  # null and "" are equal
    FLAG = "flag"  # null and false are equal
    NUMBER = "number"  # 500 and "500" are equal
    TREE = "tree"  # null, [] and {} are equal, at any depth; keys with null too
    SET = "set"  # a list whose order says nothing
    JSON = "json"  # a string that holds JSON


#: the option that says whether what sends by itself may do so
SCHEDULES = "schedules"


class PartsOf(msgspec.Struct, frozen=True):
    """Parts of this kind, of the item that a reference beside them names.

    Where that reference is empty they are names, which mean the same everywhere.
    """

    kind: str
    of: str


class Field(msgspec.Struct, frozen=True):
    """A writable value that is no reference."""

    path: str
    form: Form = Form.VALUE
    #: text in which links to other content follow the remaps
    links: bool = False
    #: False: never sent with a create
    on_create: bool = True
    #: sent with a create and never compared: "slug"
    create_only: bool = False
    #: of objects in a list: all that is compared and sent of each; their order says nothing
    keys: tuple[str, ...] = ()
    #: shown as `(sensitive)`
    sensitive: bool = False
    #: compared on update only when this option is on: "schedules"; what a create sends when it is
    #: off is `quiet`
    policy: str | None = None
    quiet: Json = None
    #: kind of the parts whose ids it lists, in their order: written last, and only if making them
    #: in that order did not do it
    order: str | None = None
    #: whose parts' ids it lists
    lists: PartsOf | None = None
    #: when set, the item lies in the trash: nothing that a backup holds does, even if it says
    #: nothing of it
    trash: bool = False
    #: what of the value needs secrets that no backup holds, for people. Then what has a policy is
    #: `quiet`, whatever the options say, and compared only where this is written
    secrets: Callable[[Json], tuple[str, ...]] | None = None
    #: what a create says where the backup does not: Looker insists on it
    fallback: Json = None


class Miss(Enum):
    """What becomes of a reference whose target the destination lacks (A 6.2)."""

    BLOCK = "block"  # hard: the call would fail without it
    DROP = "drop"  # soft: the value stays as it was, with a warning
    SELF = "self"  # soft: Looker puts the API user in


class Reference(msgspec.Struct, frozen=True):
    """A writable value that is the id of something."""

    path: str
    kind: str
    miss: Miss = Miss.BLOCK
    #: where the body of a content-addressed target lies in the same object, first hit wins
    bodies: tuple[str, ...] = ()
    #: other places of the same id, for objects that lack it at `path`
    also: tuple[str, ...] = ()
    #: void when one of these is set: a tile has exactly one of query, look, merge query (A 3.2)
    unless: tuple[str, ...] = ()
    #: fields that Looker makes anew when this one changes, so that they are sent with it
    along: tuple[str, ...] = ()
    #: compared on update only when this option is on: "owners"
    policy: str | None = None

    @property
    def hard(self) -> bool:
        return self.miss is Miss.BLOCK


class Mention(msgspec.Struct, frozen=True):
    """Names, portable between instances, of something the item needs but never points to.

    An explore is named in two fields, model first. Names that `remaps.yml` changes are changed
    here (`content.rename`).
    """

    kind: str
    paths: tuple[str, ...]


class Outside(msgspec.Struct, frozen=True):
    """Names of what is made outside of all content, and must be there: a connection."""

    #: a key of OUTSIDE
    kind: str
    path: str
    #: DROP: the name is left out, with a warning
    miss: Miss = Miss.BLOCK


class Names(msgspec.Struct, frozen=True):
    """Where Looker lists names of one kind of outside things."""

    path: str
    #: fields that make up a name, joined by `::`
    fields: tuple[str, ...]
    query: Mapping[str, Json] = {}


class Collection(msgspec.Struct, frozen=True):
    """Where an item holds parts of one kind."""

    name: str
    kind: str
    path: str
    #: where LookerVault's backups hold it: kind of the other end, and its list of this end's ids
    turned: tuple[str, str] | None = None
    #: of a part that comes with the item: how a new one is
    at_birth: Mapping[str, Json] | None = None
    #: of copied parts: the reference to the item whose parts are copied ...
    above: str | None = None
    #: ... or to the user for whom there is one from the start
    made_for: str | None = None


class More(msgspec.Struct, frozen=True):
    """What Looker gives only item by item: kept in the object under `key`, by us."""

    key: str
    #: `{id}` is the item's id
    path: str
    query: Mapping[str, Json] = {}
    #: of each object in the list, its `id`, called so
    field: str = ""


class Sweep(msgspec.Struct, frozen=True):
    """What Looker lists for all items at once: kept in each object under `key`, by us."""

    key: str
    path: str
    #: objects a page
    limit: int
    #: this path in a listed object holds one of the ids ...
    by: str
    #: ... that the item has here
    ids: str
    #: where the item counts them: nothing is asked for if all say 0
    counts: str
    query: Mapping[str, Json] = {}
    #: sent instead where that is refused with 403: then not all is seen
    modest: Mapping[str, Json] = {}


class Born(msgspec.Struct, frozen=True):
    """A part that Looker makes together with something else, so that it is found, not created."""

    #: the kind it comes with: the item itself ("" if that may be of several kinds), or a part
    of: str
    #: the reply to that create lists it here ...
    reply: str | None = None
    #: ... or it is read here afterwards, once for all; `{0}` is the id that `scope` points to
    read: str | None = None
    scope: str | None = None
    #: the reference by which a found part is told from its siblings
    by: str | None = None
    #: which of several desired ones it is: the first that has this field set, else the first
    first: str | None = None
    #: how Looker makes it, as far as is known: only to count requests
    made: Mapping[str, Json] = {}


class Apart(msgspec.Struct, frozen=True):
    """What is sent with a create, and that some versions take only by a call of its own."""

    field: str
    #: POST the field's value there; `{0}` is the new item's id
    path: str


class Listing(msgspec.Struct, frozen=True):
    """How all live items of a kind are read."""

    path: str
    #: items a page; 0: unpaged
    limit: int = 0
    query: Mapping[str, Json] = {}
    #: query that lists the trash, if the kind has one
    trash: Mapping[str, Json] | None = None
    #: `fields=` that tell who each item is: much of a dashboard is its tiles
    identity: str | None = None
    #: the list leaves bodies out; this one, by the id that `scope` points to, has them
    whole: str | None = None
    scope: str | None = None
    #: no query lists the trash: what is in it is found by an id alone
    hides_trash: bool = False
    #: finds a few among many by id (`1,2`) and by natural key, parameters called like the fields
    search: str | None = None


class Probe(msgspec.Struct, frozen=True):
    """Where to look for the outcome of a create whose reply was lost."""

    #: `{folder_id}` is that field of the body that was sent
    path: str
    #: paths in the body that are searched by
    by: tuple[str, ...] = ()
    query: Mapping[str, str] = {}
    #: where the reply lists them, if it is not a list itself
    within: str | None = None
    #: objects a page; 0: unpaged
    limit: int = 0


#: (kind, path as the table has it) -> what is there
FIELDS: dict[tuple[str, str], Field] = {}
REFERENCES: dict[tuple[str, str], Reference] = {}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A row of KINDS: a content type or a part of one."""

    name: str
    #: `content_items.content_type` in a backup; 0 for a part
    code: int = 0
    #: the API's collection: POST here; one item is `path/{id}`. In it `{0}` is the id of the item
    #: that a part belongs to
    path: str
    id_field: str = "id"
    #: where to find a name for people
    label: tuple[str, ...] = ("title", "name")
    #: what the API offers and the plan may use
    creatable: bool = True
    updatable: bool = True
    deletable: bool = False
    fields: tuple[Field, ...] = ()
    refs: tuple[Reference, ...] = ()
    #: paths that an object must have a value at, or Looker refuses to make it
    required: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    outside: tuple[Outside, ...] = ()
    #: read-only paths that tell who it is
    facts: tuple[str, ...] = ()
    #: more facts, each worked out from the object
    derived: Mapping[str, Callable[[Raw], Json]] = {}
    #: tried in turn to find the live twin; names of facts, fields or references
    natural_keys: tuple[tuple[str, ...], ...] = ()
    #: natural keys are compared without regard to case
    folds_case: bool = False
    #: a later natural key is for those that all earlier ones leave over
    first_key_wins: bool = False
    #: unique in the whole instance, trash included, and enforced: lost where it is taken
    slug: str | None = None
    #: fields and references that no two live items share; the last is a name, which can give way.
    #: Natural keys hold them all
    unique: tuple[tuple[str, ...], ...] = ()
    #: says why an object must never be written (A 6.4), or None
    built_in: Callable[[Raw], str | None] = lambda _: None
    collections: tuple[Collection, ...] = ()
    more: tuple[More, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    #: read-only path -> kind of the item that Looker makes together with this one
    brings: Mapping[str, str] = {}
    #: more of what the reply to a create is to show: Looker may have set it as it is wanted
    shows: tuple[str, ...] = ()
    #: sent again by itself where the reply to the create lacks it
    apart: tuple[Apart, ...] = ()
    listing: Listing | None = None
    #: the write endpoints take `fields=`
    trims: bool = False
    #: equal content is one object, created once: queries
    content_addressed: bool = False
    #: somebody signs in as it
    signs_in: bool = False
    #: None: a create may be sent twice, or there is none
    probe: Probe | None = None

    # parts only
    #: kind of what it only points to, and whose id is its id: a membership. Made twice is made once
    edge: str | None = None
    #: an edge that gives what it points to the item's rights: an assignment of a role
    grants: bool = False
    #: left out, with a warning, where what it points to is missing
    optional: bool = False
    #: a create that is sent twice makes one
    repeatable: bool = False
    #: changed by PUT, not by PATCH
    puts: bool = False
    #: all that PATCH takes, where that is not all: other changes are a PUT of the whole
    patchable: frozenset[str] | None = None
    #: Looker makes copies of those above when an item gets a list of its own
    copied: bool = False
    #: all of an item's are written at once, as a list of ids
    whole: bool = False
    #: field of the POST body that names the item the part belongs to
    parent_field: str | None = None
    born: Born | None = None
    #: created one after the other within an item (A 3.2: Looker places each in one layout)
    serial: bool = False
    #: kinds of parts that must be complete before one of this kind is written
    after: tuple[str, ...] = ()
    #: the name that no two of one item may share: who gives one up makes room first
    unique_in_item: str = ""
    #: passes of pairing after id and content: tuples of fields, references or "@place"
    pairing: tuple[tuple[str, ...], ...] = ()
    #: references that say where a part is, not what it is: left out of equal content
    position: tuple[str, ...] = ()
    #: read-only field that counts the alerts which die with it
    alerts: str | None = None
    #: the reference to the part that it is deleted with
    dies_with: str | None = None
    #: fields that say where the part it was born with is: "@place" in that part's pairing
    place: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make the row's fields and references known by their paths."""
        FIELDS.update(((self.name, field.path), field) for field in self.fields)
        REFERENCES.update(((self.name, ref.path), ref) for ref in self.refs)

    @property
    def is_part(self) -> bool:
        """Whether items hold it; what has no path is nothing but an id."""
        return bool(self.path) and not self.code and not self.content_addressed

    @property
    def switch(self) -> Field | None:
        """The field that makes it send by itself, and that holds `quiet` where it must not."""
        return next((field for field in self.fields if field.policy == SCHEDULES), None)

    def reference(self, path: str) -> Reference:
        """The row's reference for a concrete path; KeyError if it has none."""
        return REFERENCES.get((self.name, path)) or REFERENCES[self.name, generic(path)]

    def field(self, path: str) -> Field:
        """The row's field for a concrete path; KeyError if it has none."""
        return FIELDS.get((self.name, path)) or FIELDS[self.name, generic(path)]


def generic(path: str) -> str:
    """`source_queries[3].query_id` as the table has it: `source_queries[].query_id`."""
    return re.sub(r"\[\d+\]", "[]", path) if "[" in path else path
