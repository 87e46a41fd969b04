"""The columns of the table of kinds, as types: what a row can say."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cached_property

import msgspec

from lookervault_plan.content.node import Json, Raw


class Form(Enum):
    """The canonical form of a value: which values count as equal.

    Source: docs/looker-api.md, section 5.
    """

    VALUE = "value"  # as it is; null stays null
    TEXT = "text"  # null and "" are equal
    FLAG = "flag"  # null and false are equal
    NUMBER = "number"  # 500 and "500" are equal
    #: null, [] and {} are equal, at any depth, and keys with null are absent; a key that one object
    #: lacks is no difference: it is left alone in the other (`content.lay_over`)
    TREE = "tree"
    SET = "set"  # a list whose order has no meaning; null and [] are equal
    JSON = "json"  # a string that holds JSON


class JsonType(Enum):
    """The JSON that Looker takes for a value. Null is taken everywhere, see `Requirement`."""

    TEXT = "a text"
    FLAG = "true or false"
    NUMBER = "a number"
    LIST = "a list"
    TEXTS = "a list of texts"
    OBJECTS = "a list of objects"
    OBJECT = "an object"


#: The policy that decides whether the owners of live items are changed.
OWNERS = "owners"
#: The policy that decides whether schedules and alerts may send.
SCHEDULES = "schedules"


class ListedParts(msgspec.Struct, frozen=True):
    """Parts of another item whose ids a field lists."""

    #: Kind of the listed parts.
    kind: str
    #: Reference to the item that has them. If it is empty, the field lists names instead, which
    #: mean the same on every instance.
    owner_ref: str


class Field(msgspec.Struct, frozen=True):
    """A writable value that is no reference."""

    path: str
    form: Form = Form.VALUE
    #: The JSON that it takes. None: the form says it, or any value will do.
    json_type: JsonType | None = None
    #: True: links to other content in this text are rewritten with the remaps.
    holds_links: bool = False
    #: False: a create never sends it.
    on_create: bool = True
    #: True: a create sends it; it is never compared or updated.
    create_only: bool = False
    #: For a list of objects: the keys that are compared and sent of each object. The order of the
    #: objects has no meaning then. Empty: the value is compared and sent whole.
    object_keys: tuple[str, ...] = ()
    #: For a tree: key of a list of objects in it ("": the value is the list itself) -> the keys
    #: that tell the objects apart. In a list that is not named their place does.
    told_apart_by: Mapping[str, tuple[str, ...]] = {}
    #: For a tree: True if its keys are what people entered, as the fields that a query filters by,
    #: so that an absent key is a removal.
    keys_are_content: bool = False
    #: True: null says nothing, since Looker fills in a value of its own or keeps the one it has. It
    #: is neither compared nor sent.
    ignores_null: bool = False
    #: What Looker makes of an empty value, for a path in a list: `{0}` stands for the index. Both
    #: are equal. None: an empty value stays empty.
    filled_in_as: str | None = None
    #: True: shown as `(sensitive)`.
    sensitive: bool = False
    #: The policy that must be on for an update to compare the field. None: always compared.
    policy: str | None = None
    #: The value that is written while the policy is off.
    off_value: Json = None
    #: Kind of the parts whose order the field holds, as a list of their ids. It is written after
    #: them, and only if their order differs by then. None: it holds no order.
    orders_kind: str | None = None
    #: Parts of another item whose ids the field lists. None: it lists none.
    lists_parts: ListedParts | None = None
    #: True: the item is in the trash while this is set. An item of a backup never is, even if the
    #: backup does not hold the field.
    is_trash_flag: bool = False
    #: Names the secrets that the value needs and no backup holds. If it names any, fields with a
    #: policy get their `off_value` whatever the policy, and are compared only when this field is
    #: written.
    missing_secrets: Callable[[Json], tuple[str, ...]] | None = None
    #: Sent by a create if the backup has no value, since Looker requires one. None: not sent.
    create_default: Json = None


class IfMissing(Enum):
    """What happens to a value if the destination lacks its target.

    Source: docs/looker-api.md, section 6.2.
    """

    BLOCK = "block"  # hard: the item or part is blocked, since Looker would refuse it
    DROP = "drop"  # soft: the live value stays, with a warning
    API_USER = "self"  # soft: Looker fills in the API user


class BodiesElsewhere(msgspec.Struct, frozen=True):
    """Where LookerVault's backups hold the definitions that an object lacks: in other items."""

    #: Kind of the items that hold them.
    kind: str
    #: The list of objects in such an item.
    list_path: str
    #: Paths of definitions in each object of the list.
    paths: tuple[str, ...]


class Reference(msgspec.Struct, frozen=True):
    """A writable value that is the id of a target."""

    path: str
    #: Kind of the target.
    kind: str
    if_missing: IfMissing = IfMissing.BLOCK
    #: Where the same object holds the definition of a content-addressed target; the first one
    #: present is used.
    body_paths: tuple[str, ...] = ()
    #: Where else a backup of LookerVault holds the definition. None: it is in the object.
    bodies_elsewhere: BodiesElsewhere | None = None
    #: Read-only paths that hold the same id, for objects without a value at `path`.
    other_paths: tuple[str, ...] = ()
    #: The reference is empty if one of these paths has a value. A tile has exactly one of query,
    #: look and merge query (looker-api.md 3.2).
    void_if: tuple[str, ...] = ()
    #: References that are empty if this one is not. A backup may lack them then, since LookerVault
    #: leaves out null.
    excludes: tuple[str, ...] = ()
    #: Fields to send with a change of this reference, since Looker resets them.
    resend_with: tuple[str, ...] = ()
    #: The policy that must be on for an update to compare it. None: always compared.
    policy: str | None = None

    @property
    def is_hard(self) -> bool:
        return self.if_missing is IfMissing.BLOCK


class RenameRule(Enum):
    """How `remaps.yml` renames a name."""

    EMAIL = "by the section `emails`, case-insensitively"
    RECIPIENT = "by the section `recipients`, if it is an email"
    MODEL = "by the section `models`"
    EXPLORE = "by the section `explores`, or its model by `models`"
    CONNECTION = "by the section `connections`"
    PREFIXED = "`model::name`: the model by the section `models`"


class Requirement(msgspec.Struct, frozen=True):
    """Values that Looker refuses a create without."""

    #: Paths of fields and references. One of them needs a value.
    one_of: tuple[str, ...]
    #: Path of a field, and the value of it that the requirement is about. None: it always holds.
    only_if: tuple[str, str] | None = None


class PortableName(msgspec.Struct, frozen=True):
    """A name that means the same on every instance, of something that the item uses.

    `remaps.yml` can rename it (`content.rename`).
    """

    #: What is named: a content type, or `connection`, `datagroup`, `email`, `lookml_dashboard`,
    #: `recipient`.
    kind: str
    #: The fields that make up the name. An explore has two: its model, then its own name.
    paths: tuple[str, ...]


class Declares(msgspec.Struct, frozen=True):
    """Things that an item lists by name and that no endpoint of their own writes."""

    #: Their kind. Their ids are `item::name`.
    kind: str
    path: str


class ExternalName(msgspec.Struct, frozen=True):
    """The name of something that must exist and is no content, such as a connection."""

    #: A key of EXTERNAL.
    kind: str
    path: str
    #: DROP: the name is left out, with a warning.
    if_missing: IfMissing = IfMissing.BLOCK


class Mention(msgspec.Struct, frozen=True):
    """A value that names an outside thing which no plan makes, and which may be missing.

    The value is kept as it is. Plans warn if the destination lacks the thing.
    """

    #: A key of EXTERNAL.
    kind: str
    #: Where the value is.
    path: str
    #: The key at any depth below `path` that has the name. Empty: the value is the name itself.
    key: str = ""
    #: Its first group is the name. Empty: the whole value is.
    pattern: str = ""


class TextMention(msgspec.Struct, frozen=True):
    """A mention of an outside thing in any text of any kind, such as Liquid in a tile."""

    #: A key of EXTERNAL.
    kind: str
    #: Texts without this word are not searched.
    word: str
    #: Its only group is the name.
    pattern: str


class NameList(msgspec.Struct, frozen=True):
    """The endpoint that lists the names of one kind of external things."""

    path: str
    #: Fields that make up a name, joined by `::`.
    fields: tuple[str, ...]
    query: Mapping[str, Json] = {}
    #: Fields of a shorter name that content may use as well. Empty: only the whole name is used.
    short_fields: tuple[str, ...] = ()
    #: Permission that the API user needs for it. If Looker refuses the read, no name is checked.
    needs: str = ""


class ListedBy(msgspec.Struct, frozen=True):
    """Where LookerVault's backups keep a membership: at the member, as a list of item ids."""

    #: Kind of the member.
    kind: str
    #: The member's field that lists the items.
    field: str


class CopiedFrom(msgspec.Struct, frozen=True):
    """Looker copies the entries of the item above."""

    #: The reference to the item above.
    ref: str


class MadeFor(msgspec.Struct, frozen=True):
    """Looker makes an entry for one user, who may edit, and one for all users, who may view."""

    #: The reference to the user.
    ref: str


class Collection(msgspec.Struct, frozen=True):
    """The parts of one kind in an item."""

    name: str
    #: Kind of the parts.
    kind: str
    path: str
    #: True: `path` holds one object, not a list.
    is_single: bool = False
    #: What people call one of the parts. Empty: the singular of `name`.
    noun: str = ""
    #: The kind of danger under which guards count removed parts, as in
    #: `--allow part-deletes:tiles`. Empty: `name`.
    danger: str = ""
    #: Where LookerVault's own backups keep the parts. None: at `path`, as ours do.
    listed_by: ListedBy | None = None
    #: Field values of a part that Looker creates with the item. None: it creates none.
    at_birth: Mapping[str, Json] | None = None
    #: Access entries that Looker gives an item with a list of its own. None: the parts are no
    #: access entries.
    initial_entries: CopiedFrom | MadeFor | None = None


class PerItemRead(msgspec.Struct, frozen=True):
    """A read that costs one call for each item; its reply is kept in the object under `key`."""

    key: str
    #: `{id}` stands for the item's id.
    path: str
    query: Mapping[str, Json] = {}
    #: Keep of each listed object its `id` alone, under this name. Empty: keep the whole object.
    id_as: str = ""
    #: Permission that the API user needs for it. If Looker refuses the read, the parts are unknown.
    needs: str = ""


class BulkRead(msgspec.Struct, frozen=True):
    """A list for all items at once; each item's share is kept in its object under `key`."""

    key: str
    path: str
    #: Objects a page.
    page_size: int
    #: A listed object belongs to the item if the id at this path of it ...
    match_path: str
    #: ... is one of the item's ids at this path.
    item_ids_path: str
    #: Where the item counts its objects. Nothing is read if all items count 0.
    counts_path: str
    query: Mapping[str, Json] = {}
    #: Sent after a 403 instead; the list is incomplete then. Empty: there is no such query.
    fallback_query: Mapping[str, Json] = {}
    #: Permission that the API user needs for it. If Looker refuses the read, the parts are unknown.
    needs: str = ""


class AutoCreated(msgspec.Struct, frozen=True):
    """How to find a part that Looker creates together with its item or with another part."""

    #: Kind it is created with, the item's or another part's. Empty: any item that has such a part.
    owner_kind: str
    #: Where the reply to the owner's create lists it. None: it does not.
    reply_path: str | None = None
    #: Where to read it afterwards, once for all of one scope: `{0}` is the id that `read_scope`
    #: points to. None: no read is needed.
    read_path: str | None = None
    #: The reference to the part in which it lies.
    read_scope: str | None = None
    #: The reference to its owner, which tells it from its siblings.
    owner_ref: str | None = None
    #: Which of several desired parts it is: the first with this field set, else the first.
    preferred_flag: str | None = None
    #: Values Looker creates it with, as far as known; used only to count requests.
    initial_values: Mapping[str, Json] = {}


class FollowUp(msgspec.Struct, frozen=True):
    """A field that a create sends, but that some Looker versions take only by a further POST.

    A live item without it gets it by the same POST.
    """

    #: Its value is the body of the further POST.
    field: str
    #: `{0}` stands for the new item's id.
    path: str
    #: A field that the reply to the further POST holds.
    reply_field: str


class PathFields(msgspec.Struct, frozen=True):
    """The fields that give an item a path: it lies in a parent, under a name."""

    #: The reference to the parent, of the same kind.
    parent: str
    name: str


class Listing(msgspec.Struct, frozen=True):
    """How to read all live items of a kind."""

    path: str
    #: Items a page; 0: not paged.
    page_size: int = 0
    query: Mapping[str, Json] = {}
    #: Query that lists the trash. None: no query does.
    trash_query: Mapping[str, Json] | None = None
    #: `fields=` for matching alone, where whole items are large. None: items are small.
    identity_fields: str | None = None
    #: A list that has the definitions that `path` leaves out; `{id}` is the id that
    #: `complete_by` points to. None: `path` has them, or no list does.
    complete_path: str | None = None
    complete_by: str | None = None
    #: True: items in the trash are found by their ids alone.
    trash_is_hidden: bool = False
    #: Search by ids (`id=1,2`) or by natural key, with parameters named like the fields. None: the
    #: kind has no such search.
    search_path: str | None = None
    #: Permission that the API user needs for it. Empty: content that one may see is listed.
    needs: str = ""
    #: An endpoint that lists the same items, for a Looker that refuses `path`. Empty: none does.
    fallback_path: str = ""
    #: Fields that `fallback_path` does not show. They are unknown then.
    fallback_lacks: tuple[str, ...] = ()


class Probe(msgspec.Struct, frozen=True):
    """Where to look for the object after the reply to its create was lost."""

    #: `{folder_id}` stands for that field of the body that was sent.
    path: str
    #: Fields of the sent body to search by.
    search_paths: tuple[str, ...] = ()
    query: Mapping[str, str] = {}
    #: Where the reply lists the objects. None: the reply is the list.
    list_path: str | None = None
    #: Objects a page; 0: not paged.
    page_size: int = 0


class ItemColumns(msgspec.Struct, frozen=True, kw_only=True):
    """What content types have: their objects have an address and are matched by it."""

    #: `content_items.content_type` in a backup.
    type_number: int
    #: Read-only paths that help to match items.
    facts: tuple[str, ...] = ()
    #: Name -> function of the object: facts that stand at no one path.
    derived_facts: Mapping[str, Callable[[Raw], Json]] = {}
    #: Tuples of facts, fields or references, tried in turn to find the live twin.
    natural_keys: tuple[tuple[str, ...], ...] = ()
    #: True: natural keys are compared case-insensitively.
    keys_ignore_case: bool = False
    #: True: match all items by the first natural key before any by the next.
    first_key_wins: bool = False
    #: The field whose values are unique in the instance, trash included; Looker drops a value that
    #: is taken. None: the kind has no slug.
    slug_field: str | None = None
    #: Tuples of fields and references that no two live items share. The last of a tuple is a name,
    #: which can be changed to make room. Each is a natural key too.
    unique_keys: tuple[tuple[str, ...], ...] = ()
    #: Says why an object must never be written (looker-api.md 6.4). None: it may be.
    built_in: Callable[[Raw], str | None] = lambda _: None
    collections: tuple[Collection, ...] = ()
    #: How all live items are read. None: they are not listed.
    listing: Listing | None = None
    per_item_reads: tuple[PerItemRead, ...] = ()
    bulk_reads: tuple[BulkRead, ...] = ()
    #: Read-only path of an id -> kind of the item or part that Looker creates with this item.
    also_creates: Mapping[str, str] = {}
    #: Further fields that the reply to a create must show, since Looker may have set them already.
    reply_fields: tuple[str, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    #: The reason why a live item is built in that only lacks what a follow-up adds, such as a
    #: person without a login. A plan compares it, and adds the value. None: no item lacks one.
    lacks_follow_up: str | None = None
    #: Keys of what stands in for a follow-up, such as other ways to sign in. With one of them, the
    #: live item is left alone.
    substitutes: tuple[str, ...] = ()
    #: The flag that stops a person from signing in. None: nobody signs in with the kind.
    sign_in_off_field: str | None = None
    #: True: on another instance a live item that a selection only brings (`+x`) is referred to, and
    #: updated only when it is selected by itself. Content uses it, and others manage it.
    is_managed_apart: bool = False
    #: The list whose values are rights: adding one gives people more access. Empty: none is.
    rights_field: str = ""
    #: How paths name its items (`Shared/Finance`). None: they have no paths.
    path_fields: PathFields | None = None
    #: The URL path segments that precede an id in links: `dashboards`, `dashboards-next`. Empty: no
    #: text links to the kind.
    link_segments: tuple[str, ...] = ()
    #: Path of an item's page in the admin pages; `{0}` stands for the id. Empty: it has none.
    admin_page: str = ""
    #: Things that the item lists and that are known by their names alone. None: it lists none.
    declares: Declares | None = None
    #: Section of `remaps.yml` that maps the items, for items whose id is their name. None: they are
    #: mapped by their ids.
    name_section: str | None = None
    #: Read-only path of the LookML model, for items whose query a backup lacks (looker-api.md 4.6).
    model_path: str | None = None
    #: True: items stand on it, and a selection can pick them by its title.
    shows_items: bool = False

    @property
    def can_sign_in(self) -> bool:
        return self.sign_in_off_field is not None


class SiblingNames(msgspec.Struct, frozen=True):
    """Names of other parts of the same item."""

    #: Where a part holds the names.
    path: str
    #: Kind of the named parts.
    kind: str
    #: Fields of theirs that count as names.
    names: tuple[str, ...]
    #: True: Looker refuses a name that the item lacks, so that a plan leaves it out. False: a plan
    #: only warns of it.
    is_refused: bool = True


class AlreadyThere(msgspec.Struct, frozen=True):
    """The answer to a create of a part that exists.

    After a lost reply it means that the lost request was carried out. Looker's own "exists" (409,
    or 422 with the code `already_exists`) always means it.
    """

    #: Other HTTP statuses that it may have.
    statuses: frozenset[int] = frozenset({400, 422})
    #: Searched in the message, in lower case.
    pattern: str = r"\balready"

    def matches(self, status: int, message: str) -> bool:
        """Say whether an answer means that the part exists."""
        return status in self.statuses and re.search(self.pattern, message.lower()) is not None


class PartColumns(msgspec.Struct, frozen=True, kw_only=True):
    """What parts have: their objects belong to one item and are paired within it."""

    #: Field of the POST body that holds the item's id. None: `path` or a reference names the item.
    parent_field: str | None = None
    #: How to find a part that Looker creates by itself. None: parts are created by a POST.
    auto_created: AutoCreated | None = None
    #: True: the parts of an item are created one at a time, since Looker orders them by their
    #: creation (looker-api.md 3.2).
    created_in_order: bool = False
    #: Kinds of parts that must be complete before one of this kind is written.
    kinds_before: tuple[str, ...] = ()
    #: The name that no two parts of an item share. Empty: parts may share names.
    unique_name: str = ""
    #: Passes that pair parts left over by id and content: tuples of fields, references or `@place`.
    pairing: tuple[tuple[str, ...], ...] = ()
    #: References that say where a part is: equal content ignores them.
    position_refs: tuple[str, ...] = ()
    #: Fields with the position of the part's owner: `@place` in the owner's `pairing`. Empty: the
    #: part positions no other.
    place_fields: tuple[str, ...] = ()
    #: Fields with the width and the height of the part's owner.
    size_fields: tuple[str, ...] = ()
    #: Read-only field that counts the alerts that are deleted with the part. None: it has none.
    alert_count_field: str | None = None
    #: The reference to the part whose deletion deletes this one. None: only the item's does.
    deleted_with_ref: str | None = None
    #: Parts that this one names. None: it names none.
    sibling_names: SiblingNames | None = None
    #: The answer to a create of a part that exists. None: there may be equal parts.
    already_there: AlreadyThere | None = None
    #: Fields that PATCH takes; any other change is a PUT of the whole part. None: PATCH takes all.
    patchable: frozenset[str] | None = None


class MembershipColumns(PartColumns, frozen=True, kw_only=True):
    """A user or a group in a group, or with a role: a part with no content but its target."""

    #: Kind of the target; the membership's id is its target's id.
    target: str
    #: True: an assignment of a role. One PUT writes all of a role's as a list of ids, and an
    #: assignment gives its target the rights of the role.
    is_assignment: bool = False
    already_there: AlreadyThere | None = AlreadyThere()


class AccessEntryColumns(PartColumns, frozen=True, kw_only=True):
    """An entry of an access list: who may see or edit an item.

    An item that stops inheriting gets copies of the entries it inherited (looker-api.md 3.5).
    """

    already_there: AlreadyThere | None = AlreadyThere()


class DefinitionColumns(msgspec.Struct, frozen=True):
    """A query: immutable, and kept once by Looker however often it is created."""

    #: Lists of names of explore fields; a name may be followed by a blank and a direction.
    field_lists: tuple[str, ...] = ()
    #: Objects whose keys are names of explore fields.
    field_keys: tuple[str, ...] = ()
    #: Lists of fields that the query defines itself, maybe as JSON in a string.
    own_fields: tuple[str, ...] = ()
    #: Name -> path of the values that tell people what a new query asks for.
    summary: Mapping[str, str] = {}
    #: Path of the value that says what a visualization is: `looker_line`.
    vis_type_path: str = ""


class IdColumns(msgspec.Struct, frozen=True):
    """Something known by its id alone."""


_NO_ITEM = ItemColumns(type_number=0)
_NO_PART = PartColumns()


class Kind(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A row of KINDS: what every kind of object has."""

    name: str
    #: The collection's endpoint: POST creates here, and one object is at `path/{id}`. `{0}` stands
    #: for the id of a part's item. Empty: the kind is known by ids alone.
    path: str
    id_field: str = "id"
    #: Paths of the name to show; the first one with a value is used.
    label: tuple[str, ...] = ("title", "name")
    #: Whether the API offers it and a plan may use it.
    creatable: bool = True
    updatable: bool = True
    deletable: bool = False
    fields: tuple[Field, ...] = ()
    refs: tuple[Reference, ...] = ()
    #: Field that Looker would take and the row leaves out -> the reason.
    not_written: Mapping[str, str] = {}
    #: Paths that need a value: no object of Looker's is without.
    required: tuple[str, ...] = ()
    #: Values that a create needs besides.
    requirements: tuple[Requirement, ...] = ()
    portable_names: tuple[PortableName, ...] = ()
    external_names: tuple[ExternalName, ...] = ()
    mentions: tuple[Mention, ...] = ()
    #: True: the write endpoints take `fields=`, which shortens the reply.
    takes_fields_param: bool = False
    #: None: a create may be sent twice, or the kind has none.
    probe: Probe | None = None
    columns: ItemColumns | PartColumns | DefinitionColumns | IdColumns

    @property
    def item(self) -> ItemColumns:
        """The columns of a content type; empty ones for any other kind."""
        return self.columns if isinstance(self.columns, ItemColumns) else _NO_ITEM

    @property
    def part(self) -> PartColumns:
        """The columns of a kind of parts; empty ones for any other kind."""
        return self.columns if isinstance(self.columns, PartColumns) else _NO_PART

    @property
    def is_item(self) -> bool:
        return isinstance(self.columns, ItemColumns)

    @property
    def is_part(self) -> bool:
        return isinstance(self.columns, PartColumns)

    @property
    def is_access_entry(self) -> bool:
        return isinstance(self.columns, AccessEntryColumns)

    @property
    def content_addressed(self) -> bool:
        """Whether Looker keeps equal content once, under one id."""
        return isinstance(self.columns, DefinitionColumns)

    @property
    def target_kind(self) -> str | None:
        """Target kind of a membership, whose id is its target's id; None for any other kind."""
        return self.columns.target if isinstance(self.columns, MembershipColumns) else None

    @property
    def is_assignment(self) -> bool:
        """Whether it assigns a role: written as a list, and giving the role's rights."""
        return isinstance(self.columns, MembershipColumns) and self.columns.is_assignment

    @property
    def create_is_idempotent(self) -> bool:
        """Whether a create that is sent twice creates one object."""
        return self.content_addressed or self.dropped_with_target

    @property
    def dropped_with_target(self) -> bool:
        """Whether a part without its target is left out with a warning, and blocks nothing."""
        return isinstance(self.columns, (MembershipColumns, AccessEntryColumns))

    @property
    def updated_by_put(self) -> bool:
        """Whether changed fields are sent by PUT, for want of a PATCH."""
        return self.is_access_entry

    @property
    def send_switch(self) -> Field | None:
        """The field that turns sending on; it has its `off_value` while that is not allowed."""
        return next((field for field in self.fields if field.policy == SCHEDULES), None)

    def reference(self, path: str) -> Reference:
        """Return the reference at a concrete path.

        Raises:
            KeyError: the row has none there.

        """
        return self._references.get(path) or self._references[generic(path)]

    def field(self, path: str) -> Field:
        """Return the field at a concrete path.

        Raises:
            KeyError: the row has none there.

        """
        return self._fields.get(path) or self._fields[generic(path)]

    def find_reference(self, path: str) -> Reference | None:
        """Return the reference at a concrete path, or None."""
        return self._references.get(path) or self._references.get(generic(path))

    def find_field(self, path: str) -> Field | None:
        """Return the field at a concrete path, or None."""
        return self._fields.get(path) or self._fields.get(generic(path))

    @cached_property
    def _fields(self) -> Mapping[str, Field]:
        return {field.path: field for field in self.fields}

    @cached_property
    def _references(self) -> Mapping[str, Reference]:
        return {ref.path: ref for ref in self.refs}


def generic(path: str) -> str:
    """`source_queries[3].query_id` as the table has it: `source_queries[].query_id`."""
    return re.sub(r"\[\d+\]", "[]", path) if "[" in path else path
