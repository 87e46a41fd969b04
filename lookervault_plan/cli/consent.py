"""Ask for consent before carrying out a plan that nobody has reviewed, as Terraform does."""

import sys

from rich.text import Text

from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import PlanError, refusal
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.summary_lines import has_changes

_QUESTION = """
Do you want to perform these actions?
  lookervault-plan will perform the actions described above.
  Only 'yes' will be accepted to approve.

  Enter a value: """


def check_askable(
    screen: Screen,
    asks: str = "apply without a saved plan prompts before it changes anything",
    *,
    save: str = "`lookervault-plan plan --out`",
) -> None:
    """Raise Refused before planning if nobody could be asked after it."""
    if screen.common.json:
        raise _unasked(f"{asks}, and --json disables prompts", save)
    if not sys.stdin.isatty():
        raise _unasked(f"{asks}, and there is no terminal", save)


def agreed(screen: Screen, plan: Plan, *, asks: bool) -> bool:
    """Return whether to go on; ask first if `asks` and no guard refuses.

    A plan that changes nothing does not go on.

    Raise Refused for any other answer.
    """
    if not has_changes(plan):
        return False
    if not asks or not all(guard.allowed for guard in plan.guards):
        return True  # a guard that trips is refused anyway; no use in asking first
    screen.err.print(Text(_QUESTION, "bold"), end="")
    answer = sys.stdin.readline()
    if answer.strip() != "yes":
        raise refusal(
            "apply.no-consent",
            "apply was cancelled: the answer was not yes",
            detail="nothing was changed",
        )
    return True


def _unasked(why: str, save: str) -> PlanError:
    return refusal(
        "apply.no-consent",
        why,
        fix=f"save a plan with {save}, have it reviewed and apply that; or pass --auto-approve",
    )
