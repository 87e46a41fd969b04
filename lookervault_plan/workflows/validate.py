"""`validate`: check files, items and the destination in three stages. Writes nothing."""

from lookervault_plan.backup.reader import Backup
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.history import History
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import Plan, check_normal_form
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.render.validation import Stage
from lookervault_plan.selectors.choose import choose
from lookervault_plan.selectors.parse_file import Selectors
from lookervault_plan.state.store import State
from lookervault_plan.workflows.apply import check_backup, check_plan, check_unchanged
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.item_checks import check_each
from lookervault_plan.workflows.plan import PlanRequest, destination_key, make_plan
from lookervault_plan.workflows.select import pick
from lookervault_plan.workflows.selectable_items import CatalogueBuilder
from lookervault_plan.workflows.unseen import unseen_in_backup

#: Selection methods that need a state or a destination.
_LIVE_METHODS = frozenset({"state", "result"})


def check_files(
    stage: Stage,
    *,
    backup: Backup | None,
    selectors: Selectors | None,
    remaps: Remaps | None,
    plan: Plan | None,
) -> None:
    """State what each file holds, and check that the plan was made from the backup."""
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


def check_connection(stage: Stage, client: Client) -> None:
    """State which instance answers, and who is logged in. Raise PlanError if Looker refuses."""
    versions = client.versions()
    user = client.me()
    who = user.get("email") or user.get("display_name") or user.get("id") or "the API user"
    place = destination_key(client, versions)
    stage.facts.append(f"{place}: Looker {versions.looker_release_version}, logged in as {who}")


def check_items(stage: Stage, backup: Backup, selectors: Selectors | None) -> None:
    """Check each item of the backup, and count the items that each selector picks."""
    seen = CatalogueBuilder()
    desired = BackupItems(backup, on_item=seen.add)
    found = list(check_each(desired))
    found += unseen_in_backup(desired.unseen, desired.identities)
    wrong = [each for each in found if each.severity == "error"]
    stage.diagnostics += found
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


def check_with_looker(
    stage: Stage,
    *,
    backup: Backup,
    client: Client,
    state: State,
    plan: Plan | None,
    request: PlanRequest,
) -> None:
    """Check that the plan may be applied. Without a plan, make one and count its actions."""
    if plan is not None:
        with noting(stage):
            check_plan(plan, backup, client, state)
            earlier = next(iter(state.sessions(plan_id=plan.plan_id)), None)
            history = History(state.steps(earlier.id) if earlier else ())
            _ = check_unchanged(plan, history, backup, client, skip_stale=False)
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
    """Add an expected failure to the stage as a diagnostic, and go on after the block."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, PlanError):
            self._stage.diagnostics.append(error.diagnostic)
            return True
        return False
