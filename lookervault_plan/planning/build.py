"""Decide what becomes of every selected item, and put the plan's body together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from lookervault_plan.content.identity import Identity
from lookervault_plan.content.kinds import ITEM_KINDS, KINDS
from lookervault_plan.content.links import Instances, links, rewrite
from lookervault_plan.content.node import Address, Json, Node, Ref, tree_digest
from lookervault_plan.content.normalise import body_of
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, LINK, Action, Parts, PlanReference, Remap
from lookervault_plan.planning.diff import compare
from lookervault_plan.planning.match import Ambiguous, Matches, NoTwin, Twin
from lookervault_plan.planning.order import components, ordered
from lookervault_plan.planning.parts import plan_parts, queries_wanted
from lookervault_plan.planning.translate import Live, Lost, New, Queries, Resolve, Target, is_query


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """All that deciding needs: values, and two functions that give an item's node."""

    desired: Mapping[Ref, Identity]
    live: Mapping[Ref, Identity]
    selected: Collection[Ref]
    matches: Matches
    #: the item as the backup has it, or why it can't be read
    load_desired: Callable[[Ref], Node | Diagnostic]
    load_live: Callable[[Ref], Node]
    same_instance: bool
    owners: bool = False
    instances: Instances = Instances()
    #: live ids of definitions that earlier runs learned, by content key
    known_queries: Mapping[str, str] = {}
    #: address -> (part kind, source id) -> live id
    remembered: Mapping[str, Mapping[tuple[str, str], str]] = {}
    #: address -> (desired digest, live digest) after the last apply
    applied: Mapping[str, tuple[str, str]] = {}
    #: remaps that the state holds already
    stored: Mapping[Ref, str] = {}
    #: explores of the destination as `model::explore`; None if they were not read
    explores: frozenset[str] | None = None


class Decisions(msgspec.Struct, frozen=True):
    """The body of a plan."""

    actions: tuple[Action, ...]
    remaps: tuple[Remap, ...]
    diagnostics: tuple[Diagnostic, ...]


def decide(inputs: Inputs) -> Decisions:
    """Choose one action for each selected item, in dependency order."""
    builder = _Builder(inputs)
    for kind in ITEM_KINDS:
        for ref in sorted(ref for ref in inputs.selected if ref.kind == kind):
            _ = builder.action(ref)
    return builder.finish()


class _Builder:
    def __init__(self, inputs: Inputs) -> None:
        self.inputs: Inputs = inputs
        self.actions: dict[Ref, Action] = {}
        self.deciding: list[Ref] = []
        self.diagnostics: list[Diagnostic] = list(inputs.matches.diagnostics)
        self.used: set[Ref] = set()
        self.used_queries: dict[str, Remap] = {}
        #: action -> soft reference path -> what it points to
        self.soft: dict[Address, dict[str, set[Ref]]] = defaultdict(lambda: defaultdict(set))
        #: action -> what its texts link to and the destination lacks
        self.dangling: dict[Address, set[Ref]] = defaultdict(set)
        self.missing_explores: dict[str, list[Address]] = defaultdict(list)
        self.queries = Queries(same_instance=inputs.same_instance, known=inputs.known_queries)
        self.first_use: set[str] = set()

    # --- what a reference means -------------------------------------------------------------

    def resolve(self, ref: Ref) -> Target:
        """What a hard reference of a desired item means in the destination."""
        match self.inputs.matches.by_ref.get(ref):
            case Twin(live):
                self.used.add(ref)
                return Live(live.id)
            case NoTwin() if ref in self.inputs.selected and ref not in self.deciding:
                return New(ref.address) if self.action(ref).action == "create" else Lost(ref)
            case None if self.inputs.same_instance and ref in self.inputs.live:
                return Live(ref.id)
            case _:
                return Lost(ref)

    def resolve_soft(self, ref: Ref) -> Target:
        """As `resolve`, but without deciding the other item first: links may form cycles."""
        found = self.inputs.matches.by_ref.get(ref)
        if isinstance(found, NoTwin) and ref in self.inputs.selected and KINDS[ref.kind].creatable:
            done = self.actions.get(ref)
            return New(ref.address) if done is None or done.action == "create" else Lost(ref)
        return self.resolve(ref) if not isinstance(found, NoTwin) else Lost(ref)

    def translate(self, address: Address, prefix: str) -> Callable[[Node, Resolve], Node]:
        """Links in a node's text follow the remaps; what is yet to come is noted as soft."""

        def follow(node: Node, _: Resolve) -> Node:
            row = KINDS[node.kind]
            fields: dict[str, Json] = {}
            for field in row.fields:
                value = node.fields.get(field.path)
                if not field.links or value is None:
                    continue
                for ref in links(value, self.inputs.instances):
                    target = self.resolve_soft(ref)
                    where = f"{prefix}/{node.id}:{field.path}" if prefix else field.path
                    if isinstance(target, New):
                        self.soft[address][where].add(ref)
                    elif isinstance(target, Lost):
                        self.dangling[address].add(ref)
                fields[field.path] = rewrite(value, self.inputs.instances, self._link)
            return (
                msgspec.structs.replace(node, fields={**node.fields, **fields}) if fields else node
            )

        return follow

    def _link(self, ref: Ref) -> str | None:
        target = self.resolve_soft(ref)
        match target:
            case Live(id_):
                return id_
            case New():
                return KNOWN_AFTER_APPLY  # never equal to anything live
            case _:
                return None

    # --- what becomes of an item ------------------------------------------------------------

    def action(self, ref: Ref) -> Action:
        """The one action of an item; decides what it needs first."""
        if ref not in self.actions:
            self.deciding.append(ref)
            made = self._decide(ref)
            _ = self.deciding.pop()
            self.actions[ref] = made
        return self.actions[ref]

    def _decide(self, ref: Ref) -> Action:
        identity = self.inputs.desired[ref]
        row = KINDS[ref.kind]
        base = Action(
            action="skip",
            address=ref.address,
            type=ref.kind,
            name=identity.name,
            path=self.path(identity),
        )
        found = self.inputs.matches.by_ref.get(ref, NoTwin())
        if isinstance(found, Twin):
            self.used.add(ref)
            base = msgspec.structs.replace(
                base, destination_id=found.live.id, matched_by=found.matched_by
            )
        if identity.built_in or not (row.creatable or row.updatable):
            reason = "built-in" if identity.built_in else "reference-only"
            if isinstance(found, NoTwin):
                reason = f"{reason}, not in the destination"
            return msgspec.structs.replace(base, reason=reason)
        if isinstance(found, Ambiguous):
            return self._ambiguous(base, found)
        if isinstance(found, Twin) and self.inputs.live[found.live].built_in:
            return msgspec.structs.replace(base, reason="built-in")
        desired = self.inputs.load_desired(ref)
        if isinstance(desired, Diagnostic):
            self.diagnostics.append(desired)
            return msgspec.structs.replace(base, action="blocked", reason=desired.summary)
        live = self.inputs.load_live(found.live) if isinstance(found, Twin) else None
        return self._compare(base, desired, live)

    def _compare(self, base: Action, desired: Node, live: Node | None) -> Action:
        content, live_digest = tree_digest(desired), tree_digest(live) if live else None
        base = msgspec.structs.replace(base, content_digest=content)
        if live_digest and self.inputs.applied.get(base.address) == (content, live_digest):
            return msgspec.structs.replace(base, reason="unchanged")
        missing = self._missing(base, desired, live)
        if missing is not None:
            return missing
        translated = self.translate(base.address, "")(desired, self.resolve)
        planned = plan_parts(
            desired,
            live,
            remembered=self.inputs.remembered.get(base.address, {}),
            same_instance=self.inputs.same_instance,
            resolve=self.resolve,
            translate=self._translate_part(base.address, desired),
            queries=self.queries,
            policy=self.policy,
        )
        references = [
            *planned.references,
            *(
                PlanReference(path=LINK, from_=ref.address)
                for ref in sorted(self.dangling.pop(base.address, ()))
            ),
        ]
        needs = {ref.address for _, ref in planned.needs}
        if live is None:
            changes = ()
            references += self._references(base, translated)
            needs |= {
                ref.address
                for ref in desired.refs.values()
                if ref and isinstance(self.resolve(ref), New)
            }
        else:
            found = compare(
                translated, live, resolve=self.resolve, queries=self.queries, policy=self.policy
            )
            changes = found.changes
            needs |= {
                ref.address
                for change in changes
                if (ref := desired.refs.get(change.path)) and isinstance(self.resolve(ref), New)
            }
        changed = changes or any(
            part.create or part.update or part.delete for part in planned.parts.values()
        )
        if live is not None and not changed:
            blocked = {
                name: Parts(blocked=part.blocked)
                for name, part in planned.parts.items()
                if part.blocked
            }
            _ = self.soft.pop(base.address, None)
            return msgspec.structs.replace(
                base, reason="unchanged", parts=blocked, live_digest=live_digest
            )
        parts = {
            name: part if live else msgspec.structs.replace(part, live={})
            for name, part in planned.parts.items()
        }
        self._mention(base.address, desired)
        return msgspec.structs.replace(
            base,
            action="update" if live else "create",
            depends_on=tuple(sorted(needs)),
            changes=changes,
            parts=parts,
            references=tuple(references),
            live_digest=live_digest,
            calls=self._calls(desired, live, parts, bool(changes)),
        )

    def _translate_part(self, address: Address, item: Node) -> Callable[[Node, Resolve], Node]:
        names = {part.ref: name for name, nodes in item.parts.items() for part in nodes}

        def follow(node: Node, resolve: Resolve) -> Node:
            return self.translate(address, names[node.ref])(node, resolve)

        return follow

    def policy(self, name: str) -> bool:
        """Whether an optional comparison was asked for."""
        return name == "owners" and self.inputs.owners

    def path(self, identity: Identity) -> tuple[str, ...]:
        """Names of the folders an item lies in, outermost first."""
        names: list[str] = []
        seen: set[Ref] = set()
        folder = _parent(identity)
        while folder is not None and folder not in seen and folder in self.inputs.desired:
            seen.add(folder)
            names.append(self.inputs.desired[folder].name)
            folder = _parent(self.inputs.desired[folder])
        return tuple(reversed(names))

    # --- what stands in the way -------------------------------------------------------------

    def _ambiguous(self, base: Action, found: Ambiguous) -> Action:
        candidates = [
            f"{ref.address} {live.name!r}, created {live.created_at or 'at an unknown time'}"
            for ref in found.candidates
            if (live := self.inputs.live.get(ref))
        ]
        self.diagnostics.append(
            Diagnostic(
                code="match.ambiguous",
                address=base.address,
                summary=f"{base.name!r} can't be matched for sure: {found.why}",
                detail="; ".join(candidates),
                fix="say which it is in remaps.yml:\n"
                f"{base.type}:\n  '{base.source_id}': '{found.candidates[0].id}'",
            )
        )
        return msgspec.structs.replace(base, action="blocked", reason=f"ambiguous: {found.why}")

    def _missing(self, base: Action, desired: Node, live: Node | None) -> Action | None:
        """The blocked action of an item with a hard reference that leads nowhere."""
        row = KINDS[desired.kind]
        lost: list[tuple[str, Ref]] = []
        for path, ref in desired.refs.items():
            if ref is None or not row.reference(path).hard:
                continue
            if is_query(desired, path):
                if live is not None and self.queries.equal(desired, live, path) is not False:
                    continue
                target = self.queries.target(desired, path, ref)
            else:
                target = self.resolve(ref)
            if isinstance(target, Lost):
                lost.append((path, ref))
        if not lost:
            return None
        for path, ref in lost:
            self.diagnostics.append(self._explain(base, desired, path, ref))
        return msgspec.structs.replace(
            base,
            action="blocked",
            reason="needs " + ", ".join(ref.address for _, ref in lost),
            references=tuple(PlanReference(path=path, from_=ref.address) for path, ref in lost),
        )

    def _explain(self, base: Action, desired: Node, path: str, ref: Ref) -> Diagnostic:
        if is_query(desired, path):
            return Diagnostic(
                code="query.missing",
                address=base.address,
                summary=f"the backup does not hold the query of {base.name!r}",
                detail=f"it only names {ref.address}, and no dashboard in the backup shows it",
                fix="make a new backup with `lookervault-plan backup`, which holds queries",
            )
        if ref in self.deciding:
            why, fix = "it depends on itself", "mend the cycle in the source, then back up again"
        elif ref in self.inputs.selected:
            why, fix = f"{ref.address} is blocked itself", f"see {ref.address}"
        elif ref in self.inputs.desired:
            why = f"the destination lacks {ref.address}, and it is not selected"
            fix = f"select it too: +{base.address}"
        else:
            why = f"neither the backup nor the destination has {ref.address}"
            fix = f"map it in remaps.yml:\n{ref.kind}:\n  '{ref.id}': '<id in the destination>'"
        return Diagnostic(
            code="reference.missing",
            address=base.address,
            summary=f"{base.name!r} can't be applied: {why}",
            detail=f"{path} points to {ref.address}",
            fix=fix,
        )

    def _references(self, base: Action, desired: Node) -> Iterable[PlanReference]:
        """References of a create that are worth telling: dropped, or known after apply."""
        row = KINDS[desired.kind]
        for path, ref in desired.refs.items():
            if ref is None or is_query(desired, path):
                continue
            if isinstance(self.resolve(ref), Lost):
                self._warn_dropped(base, path, ref)
                yield PlanReference(path=path, from_=ref.address)
        if (
            row.slug
            and (slug := desired.fields.get(row.slug))
            and self._slug_taken(desired.kind, slug)
        ):
            self.diagnostics.append(
                Diagnostic(
                    severity="warning",
                    code="slug.taken",
                    address=base.address,
                    summary=f"{base.name!r} gets a new URL: its slug {slug} is taken",
                    detail="something else in the destination, or in its trash, has it",
                )
            )
            yield PlanReference(path=row.slug, from_=str(slug))

    def _warn_dropped(self, base: Action, path: str, ref: Ref) -> None:
        self.diagnostics.append(
            Diagnostic(
                severity="warning",
                code="reference.dropped",
                address=base.address,
                summary=f"{path} of {base.name!r} is left out: the destination lacks {ref.address}",
                fix=f"map it in remaps.yml:\n{ref.kind}:\n  '{ref.id}': '<id in the destination>'",
            )
        )

    def _slug_taken(self, kind: str, slug: Json) -> bool:
        return any(
            live.kind == kind and live.keys.get("slug") == slug
            for live in self.inputs.live.values()
        )

    def _mention(self, address: Address, desired: Node) -> None:
        """Remember explores that the destination lacks (a warning at plan time, A 6.2)."""
        if self.inputs.explores is None:
            return
        for node in desired.walk():
            for path, ref in node.refs.items():
                body = body_of(node, path) if ref else None
                for mention in KINDS[ref.kind].mentions if ref and body else ():
                    names = [str(body.get(name) or "") for name in mention.paths] if body else []
                    name = "::".join(names)
                    if all(names) and name not in self.inputs.explores:
                        self.missing_explores[name].append(address)

    # --- counting and closing ---------------------------------------------------------------

    def _calls(
        self,
        desired: Node,
        live: Node | None,
        parts: Mapping[str, Parts],
        patched: bool,  # noqa: FBT001
    ) -> int:
        """Writes, and the reads that find what Looker makes by itself."""
        calls = int(live is None or patched)
        for name, part in parts.items():
            kinds = {node.kind for node in desired.parts.get(name, ())}
            calls += len(part.create) + len(part.update) + len(part.delete)
            rows = [KINDS[kind] for kind in kinds]
            for row in rows:
                if row.born and row.born.read and part.create:
                    keys = {entry.key for entry in part.create}
                    calls += len(
                        {
                            node.refs.get(row.born.scope or "")
                            for node in desired.parts[name]
                            if node.id in keys
                        }
                    )
        wanted = [(desired, path) for path in desired.refs] if live is None or patched else []
        for node, path in (*wanted, *queries_wanted(desired, parts)):
            ref = node.refs.get(path)
            if ref is None or not is_query(node, path):
                continue
            target = self.queries.target(node, path, ref)
            calls += self._new_queries(node, path, ref, target)
        return calls

    def _new_queries(self, node: Node, path: str, ref: Ref, target: Target) -> int:
        """Creates that a reference to a query costs: none if known or counted already."""
        if isinstance(target, Live):
            key = self.queries.key(ref, body_of(node, path), live=False)
            if key:
                self.used_queries[key] = Remap(
                    type=ref.kind, source_id=key, destination_id=target.id, matched_by="content"
                )
            return 0
        if not isinstance(target, New) or target.address in self.first_use:
            return 0
        self.first_use.add(target.address)
        body = body_of(node, path)
        if body is None:
            return 1
        from lookervault_plan.content.normalise import normalise  # noqa: PLC0415

        inner = normalise(ref.kind, body)
        return 1 + sum(
            self._new_queries(
                inner, inner_path, inner_ref, self.queries.target(inner, inner_path, inner_ref)
            )
            for inner_path, inner_ref in inner.refs.items()
            if inner_ref
        )

    def finish(self) -> Decisions:
        """Order the actions, defer what closes a cycle, list the remaps in use."""
        by_address = {action.address: action for action in self.actions.values()}
        self._settle_soft(by_address)
        rank = {kind: index for index, kind in enumerate(ITEM_KINDS)}
        order = ordered(
            {address: action.depends_on for address, action in by_address.items()},
            lambda address: (
                rank[by_address[Address(address)].type],
                by_address[Address(address)].path,
                by_address[Address(address)].name,
                address,
            ),
        )
        for name, addresses in sorted(self.missing_explores.items()):
            self.diagnostics.append(_missing_explore(name, sorted(set(addresses))))
        return Decisions(
            tuple(by_address[Address(address)] for address in order),
            self._remaps(),
            tuple(self.diagnostics),
        )

    def _settle_soft(self, by_address: dict[Address, Action]) -> None:
        """Links to items this plan creates: wait for them, or come after where that is a cycle."""
        graph: dict[str, set[str]] = {
            address: set(action.depends_on) for address, action in by_address.items()
        }
        for address, found in self.soft.items():
            for ref in set[Ref]().union(*found.values()):
                target = by_address.get(ref.address)
                if target is not None and target.action == "create":
                    graph[address].add(ref.address)
        cycle = {
            member: index for index, members in enumerate(components(graph)) for member in members
        }
        for address, found in self.soft.items():
            action = by_address[address]
            if not action.writes:
                continue
            waits = set(action.depends_on)
            deferred: list[str] = []
            for path, refs in found.items():
                targets = {ref.address for ref in refs} & graph[address]
                if any(address in cycle and cycle[address] == cycle.get(to) for to in targets):
                    deferred.append(path)
                else:
                    waits |= targets
            owners = {path.partition(":")[0] if ":" in path else "" for path in deferred}
            by_address[address] = msgspec.structs.replace(
                action,
                depends_on=tuple(sorted(waits)),
                deferred=tuple(sorted(deferred)),
                calls=action.calls + len(owners),
            )

    def _remaps(self) -> tuple[Remap, ...]:
        pairs: list[Remap] = []
        for ref in self.used:
            found = self.inputs.matches.by_ref[ref]
            if isinstance(found, Twin) and found.live.id != ref.id:
                pairs.append(
                    Remap(
                        type=ref.kind,
                        source_id=ref.id,
                        destination_id=found.live.id,
                        matched_by=found.matched_by,
                        name=self.inputs.desired[ref].name,
                        new=self.inputs.stored.get(ref) != found.live.id,
                    )
                )
        pairs.extend(self.used_queries.values())
        return tuple(sorted(pairs, key=lambda remap: (remap.type, remap.source_id)))


def _parent(identity: Identity) -> Ref | None:
    return next(
        (key for key in identity.keys.values() if isinstance(key, Ref) and key.kind == "folder"),
        None,
    )


def _missing_explore(name: str, addresses: list[Address]) -> Diagnostic:
    shown = ", ".join(addresses[:5]) + (f" and {len(addresses) - 5} more" if addresses[5:] else "")
    return Diagnostic(
        severity="warning",
        code="explore.missing",
        address=addresses[0],
        summary=f"the destination has no explore {name}",
        detail=f"needed by {shown}; their queries will not run there",
        fix="deploy the LookML project to the destination first",
    )
