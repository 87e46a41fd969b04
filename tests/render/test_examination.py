"""What `doctor` shows."""

import msgspec
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.render.examination import Examination, KindReport, examination_text
from lookervault_plan.render.findings import Finding, answers_of, findings_table
from tests.render.screen import shown

SEEN = KindReport(type="look", listed=1204, read_whole="yes", written="yes")
ADMIN = Examination(
    instance="https://x.example",
    looker_version="25.4.1",
    user="Ann",
    user_id="3",
    is_admin=True,
    permissions=(),
    kinds=(SEEN,),
    missing_endpoints=(),
    backup_calls=1200,
    plan_calls=60,
    calls=40,
)
FINDINGS = (
    Finding(name="paging", question="Does it tell?", answer="total-count"),
    Finding(name="trash", question="Does it keep?", answer="unsettled", why="no model"),
)


def test_an_admins_key(snapshot: SnapshotAssertion):
    assert ADMIN.is_complete
    assert shown(examination_text(ADMIN)) == snapshot


def test_a_key_that_sees_little(snapshot: SnapshotAssertion):
    kinds = (
        SEEN,
        KindReport(
            type="group",
            listed=3,
            read_whole="no",
            written="unknown",
            refused=("403 GET /groups/{id}/users",),
            needs=("see_users",),
        ),
        KindReport(type="role", listed=None, read_whole="no", written="no"),
    )
    found = msgspec.structs.replace(
        ADMIN,
        user="",
        is_admin=False,
        permissions=("explore", "see_looks"),
        kinds=kinds,
        missing_endpoints=("/roles",),
    )

    assert not found.is_complete
    assert shown(examination_text(found)) == snapshot


def test_an_admins_key_of_a_looker_that_lacks_an_endpoint(snapshot: SnapshotAssertion):
    lost = KindReport(type="board", listed=None, read_whole="no", written="no")
    found = msgspec.structs.replace(ADMIN, kinds=(SEEN, lost))

    assert shown(examination_text(found)) == snapshot


def test_a_key_that_is_no_admins_and_sees_all_types(snapshot: SnapshotAssertion):
    found = msgspec.structs.replace(ADMIN, is_admin=False)

    assert shown(examination_text(found)) == snapshot


def test_findings(snapshot: SnapshotAssertion):
    assert answers_of(FINDINGS) == {"paging": "total-count"}
    assert shown(findings_table(FINDINGS)) == snapshot
