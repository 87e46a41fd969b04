"""A title that is another item's for a while yet."""

import io

import msgspec
from rich.console import Console

from lookervault_plan.content.node import Address
from lookervault_plan.plan_file import Interim
from lookervault_plan.render.plan.text import plan_text
from tests.builders import a_change, a_plan, an_action


def test_the_interim_name_is_told_and_what_ends_it():
    action = msgspec.structs.replace(
        an_action("update", changes=[a_change(after="KPIs")], deferred=["title", "description"]),
        interim=(
            Interim(path="title", value="KPIs [dashboard:42]", until=Address("dashboard:43")),
        ),
    )
    page = io.StringIO()

    Console(file=page, width=120).print(plan_text(a_plan([action]), width=120))

    text = page.getvalue()
    assert 'for a while, title = "KPIs [dashboard:42]" until dashboard:43 has given its own' in text
    assert "since they close a cycle: description" in text
