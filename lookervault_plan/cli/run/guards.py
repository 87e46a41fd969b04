"""Run `guards`: list the guards of plans."""

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.planning.judge.guards import GUARDS, kinds_of_guards
from lookervault_plan.render.guards import GuardRow, guards_text


def guards(*, common: Common) -> int:
    """Show when each guard trips, and which kinds of danger can be allowed alone."""
    kinds = kinds_of_guards()
    rows = [
        GuardRow(name=name, when=rule.when, kinds=tuple(sorted(kinds.get(name, ()))))
        for name, rule in GUARDS.items()
    ]
    Screen(common).answer(rows, guards_text(rows))
    return 0
