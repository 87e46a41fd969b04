"""Find steps that wait for each other."""

from collections.abc import Sequence

from lookervault_plan.steps.step import Step
from lookervault_plan.steps.step_id import StepId


def find_cycle(steps: Sequence[Step]) -> tuple[StepId, ...]:
    """Return the steps that can never be performed, since they wait for each other. Usually none.

    A step that is not in the list was finished before.
    """
    known = {step.id for step in steps}
    waits = {step.id: {*step.needs, *step.after} & known for step in steps}
    needed_by: dict[StepId, list[StepId]] = {id_: [] for id_ in waits}
    for id_, others in waits.items():
        for other in others:
            needed_by[other].append(id_)
    ready = [id_ for id_, others in waits.items() if not others]
    for id_ in ready:
        for after in needed_by[id_]:
            waits[after].discard(id_)
            if not waits[after]:
                ready.append(after)
    left = waits.keys() - set(ready)
    return tuple(id_ for id_ in waits if id_ in left)


def cycle_in_words(cycle: Sequence[StepId]) -> str:
    """Say which steps wait for each other."""
    return f"its steps wait for each other: {', '.join(map(str, cycle[:5]))}"
