"""Plans with whatever names an instance may have."""

from hypothesis import HealthCheck
from hypothesis import strategies as st

from lookervault_plan.plan_file import Plan
from tests.builders import (
    a_change,
    a_diagnostic,
    a_guard,
    a_part,
    a_plan,
    a_reference,
    a_remap,
    an_action,
    some_parts,
)
from tests.render.examples import NASTY_NAMES

#: not worth failing for
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

names = st.text(max_size=60) | st.sampled_from(NASTY_NAMES) | st.text("`|\\<>&#@*_[]()~$!\n-+ ")
values = st.none() | st.booleans() | st.integers() | names | st.lists(names, max_size=3)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    actions = [
        an_action(
            draw(st.sampled_from(["create", "update", "delete", "skip", "blocked"])),
            draw(st.sampled_from(["folder", "look", "dashboard"])) + ":" + draw(names),
            name=draw(names),
            path=draw(st.lists(names, max_size=2)),
            destination_id=draw(st.none() | names),
            matched_by=draw(st.none() | names),
            reason=draw(st.none() | names),
            depends_on=draw(st.lists(names, max_size=2)),
            deferred=draw(st.lists(names, max_size=2)),
            changes=[
                a_change(draw(names), draw(values), draw(values))
                for _ in range(draw(st.integers(0, 3)))
            ],
            parts={
                draw(names): some_parts(
                    create=[a_part(draw(names), draw(names))],
                    blocked=[a_part(draw(names), draw(names), reason=draw(names))],
                )
            },
            references=[a_reference(draw(names), draw(names), draw(st.none() | names))],
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    return a_plan(
        actions,
        remaps=[a_remap(name=draw(names), source_id=draw(names), matched_by=draw(names))],
        guards=[a_guard(draw(names), draw(names), detail=draw(names), fix=draw(names))],
        diagnostics=[
            a_diagnostic(draw(names), detail=draw(names), fix=draw(names)),
            a_diagnostic(draw(names), severity="note", code="note.x", detail=draw(names)),
        ],
    )
