"""`validate`: the seed's three stages. Writes nothing anywhere."""

from collections.abc import Iterator

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.validate import problems
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.resume import History
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import Plan, check_normal_form
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.render.validation import Stage
from lookervault_plan.selectors.choose import choose
from lookervault_plan.selectors.load import Selectors
from lookervault_plan.state.store import State
from lookervault_plan.workflows.apply import check, check_backup, check_plan
from lookervault_plan.workflows.backup_items import Desired
from lookervault_plan.workflows.item_checks import invalid
from lookervault_plan.workflows.plan import Request, destination_key, make_plan
from lookervault_plan.workflows.select import pick
from lookervault_plan.workflows.selectable_items import Cataloguer

#: criteria that only a state or a destination can tell
_LIVE_METHODS = frozenset({"state", "result"})


def preflight(
    stage: Stage,
    *,
    backup: Backup | None,
    selectors: Selectors | None,
    remaps: Remaps | None,
    plan: Plan | None,
) -> None:
    """Say whether the files can be read, and whether they belong together."""
    if backup is not None:
        rows = backup.rows()
        stage.facts.append(
            f"{backup.name}: {len(rows):,} items, schema version {backup.schema_version}"
        )
        stage.diagnostics += backup.warnings
    if selectors is not None:
        stage.facts.append(f"{selectors.source}: {len(selectors.named):,} selectors")
    if remaps is not None:
        stage.facts.append(f"{remaps.name}: {len(remaps.entries):,} entries")
    if plan is not None:
        stage.facts.append(f"plan {plan.plan_id[:12]}: {len(plan.actions):,} actions")
        with noting(stage):
            check_normal_form(plan)
        if backup is not None:
            with noting(stage):
                check_backup(plan, backup)


def reach(stage: Stage, client: Client) -> None:
    """Say whether Looker is there and takes the key, and which one it is."""
    versions = client.versions()
    user = client.me()
    who = user.get("email") or user.get("display_name") or user.get("id") or "the API user"
    place = destination_key(client, versions)
    stage.facts.append(f"{place}: Looker {versions.looker_release_version}, logged in as {who}")


def items(stage: Stage, backup: Backup, selectors: Selectors | None) -> None:
    """Each item of the backup as such, and what the selectors pick of them."""
    seen = Cataloguer()
    desired = Desired(backup, see=seen.see)
    wrong = list(_wrong(desired))
    stage.diagnostics += wrong
    stage.facts.append(f"{len(desired.identities) - len(wrong):,} items are as Looker takes them")
    if selectors is None:
        return
    catalogue = seen.catalogue(desired.identities)
    for named in selectors.named:
        choice = choose(selector=named.name, file=selectors)
        if choice.methods & _LIVE_METHODS:
            continue
        with noting(stage):
            picked = pick(catalogue, choice, {})
            stage.facts.append(f"selector {named.name}: {len(picked.by):,} items")


def ask_looker(
    stage: Stage,
    *,
    backup: Backup,
    client: Client,
    state: State,
    plan: Plan | None,
    request: Request,
) -> None:
    """Say what only Looker knows: whether the plan may be applied, or what one would hold now."""
    if plan is not None:
        with noting(stage):
            check_plan(plan, backup, client, state)
            earlier = next(iter(state.sessions(plan_id=plan.plan_id)), None)
            history = History(state.steps(earlier.id) if earlier else ())
            _ = check(plan, history, backup, client, skip_stale=False)
            stage.facts.append("the plan can be applied: nothing has changed since it was made")
        return
    with noting(stage):
        made = make_plan(backup, client, state, request)
        counts = made.summary
        stage.facts.append(
            f"a plan would add {counts.create:,}, change {counts.update:,}, "
            f"leave {counts.skip:,} alone and block {counts.blocked:,}"
        )
        known = {each.address for each in stage.diagnostics}
        stage.diagnostics += [
            one for one in made.diagnostics if one.address is None or one.address not in known
        ]
        stage.diagnostics += [
            Diagnostic(
                code=f"guard.{guard.name}",
                severity="warning",
                summary=guard.summary,
                detail=guard.detail,
                fix=guard.fix,
            )
            for guard in made.guards
            if not guard.allowed
        ]


class noting:  # noqa: N801 — reads as a verb where it is used
    """Take down an expected failure as a diagnostic of the stage, and go on."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, PlanError):
            self._stage.diagnostics.append(error.diagnostic)
            return True
        return False


def _wrong(desired: Desired) -> Iterator[Diagnostic]:
    for ref in desired.identities:
        raw = desired.raw(ref)
        if isinstance(raw, Diagnostic):
            yield raw
        elif told := invalid(ref, list(problems(ref.kind, raw))):
            yield told
