"""The plan as a page."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from hypothesis import given, settings
from syrupy.assertion import SnapshotAssertion
from typing_extensions import override

from lookervault_plan.plan_file import Plan, Summary
from lookervault_plan.render.plan.html import plan_html
from tests.builders import a_change, a_diagnostic, a_guard, a_part, a_plan, an_action, some_parts
from tests.render.examples import NASTY_NAMES, everything, many, nasty
from tests.render.strategies import SLOW, plans

_VOID = {"meta", "input"}
_TAGS = re.findall(
    r"\S+",
    "html head meta title style body header main footer section p h1 h2 h3 small b ul li dl dt dd "
    "div table tr th td a bdi code span details summary input label button output script",
)
_ATTRIBUTES = re.findall(
    r"\S+",
    "lang charset http-equiv content name class id href scope open hidden type value checked "
    "placeholder aria-label data-open data-close data-items",
)


class Reader(HTMLParser):
    """Follows the nesting, and gathers what is on the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text.append(data)


def read(plan: Plan) -> Reader:
    reader = Reader()
    reader.feed(plan_html(plan))
    reader.close()
    assert reader.open == []
    return reader


def assert_harmless(reader: Reader) -> None:
    for tag, attributes in reader.seen:
        assert tag in _TAGS
        assert set(attributes) <= set(_ATTRIBUTES)
        assert (attributes.get("href") or "#").startswith("#")
    assert sum(tag == "script" for tag, _ in reader.seen) == 1


def body_of(plan: Plan) -> str:
    """Without style and script, which have no place in a snapshot."""
    page = re.sub(r"<style>.*</style>", "<style></style>", plan_html(plan), flags=re.DOTALL)
    page = re.sub(r"'sha256-[^']*'", "'sha256-'", page)
    return re.sub(r"<script>.*</script>", "<script></script>", page, flags=re.DOTALL)


def test_a_page_reads_top_down(snapshot: SnapshotAssertion):
    assert body_of(everything()) == snapshot


def test_names_from_an_instance_add_no_tags():
    reader = read(nasty())

    assert_harmless(reader)
    text = "".join(reader.text)
    assert all(name in text for name in NASTY_NAMES if name.isprintable() and '"' not in name)
    assert b"lone \\ud800 surrogate" in plan_html(nasty()).encode()


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(plan=plans())
def test_every_plan_makes_a_well_formed_page(plan: Plan):
    assert_harmless(read(plan))


def test_the_page_loads_nothing_and_runs_only_its_own_script():
    page = plan_html(everything())

    assert "default-src 'none'" in page
    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert not re.search(r"(src|href)\s*=\s*.?(https?:)?//|url\(|@import", page)


def test_unchanged_items_are_only_counted():
    plan = many(items=3000)
    page = plan_html(plan)

    assert page.count('class="item ') == 2000
    assert "<h2>Left alone<small>1,000 items</small></h2>" in page
    assert "<p>All are unchanged.</p>" in page


def test_the_items_of_a_short_plan_are_unfolded():
    changes = [a_change()]

    assert '<details class="item change" id="look:1" open>' in plan_html(
        a_plan([an_action("update", "look:1", changes=changes)])
    )
    assert " open>" not in plan_html(
        a_plan([an_action("update", f"look:{n}", changes=changes) for n in range(13)])
    )


def test_very_many_created_parts_are_counted_not_named():
    parts = {"elements": some_parts(create=[a_part(str(n), f"T{n}") for n in range(101)])}

    page = plan_html(a_plan([an_action(address=f"dashboard:{n}", parts=parts) for n in range(200)]))

    assert "101 tiles" in page
    assert "tile <bdi" not in page


def test_warnings_of_one_code_share_a_box():
    plan = a_plan(diagnostics=[a_diagnostic(f"warning {n}") for n in range(4)])

    page = plan_html(plan)

    assert page.count('<div class="box') == 1
    assert "<summary>3 more of <code>explore.missing</code></summary>" in page


def test_a_guard_says_how_to_allow_it():
    page = plan_html(a_plan(guards=[a_guard("deletes", fix="")]))

    assert "Apply will refuse this plan: <code>deletes</code>" in page
    assert "plan again with <code>--allow deletes</code>" in page


def test_a_plan_without_changes_is_a_short_page():
    text = "".join(read(a_plan(summary=Summary(skip=7))).text)

    assert "No changes. Your infrastructure matches the configuration." in text
    assert "By type" not in text


def test_a_sensitive_change_shows_no_value():
    changes = [a_change("token", "hunter1", "hunter2", sensitive=True)]

    page = plan_html(a_plan([an_action("update", changes=changes)]))

    assert "(sensitive)" in page
    assert "hunter" not in page


def test_notes_have_a_section_of_their_own():
    note = a_diagnostic("slug differs", severity="note", code="note.not-written", detail="", fix="")

    text = "".join(read(a_plan(diagnostics=[note])).text)

    assert "No changes." in text
    assert "infrastructure matches" not in text
    assert "slug differs" in text
    assert "Warnings and errors" not in text
