"""The login of one API key, shared by all threads."""

from urllib.parse import parse_qs

import pytest

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.login import Login
from lookervault_plan.looker.transport import HttpTransport
from tests.looker.stub import Answer, Request, Stub


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_login(stub: Stub, clock: Clock) -> Login:
    connection = stub.connection()
    transport = HttpTransport(connection, workers=1)
    return Login(transport, connection, on_login=lambda: None, clock=clock)


def test_the_credentials_are_sent_as_a_form_and_never_in_the_url():
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer({"access_token": "t"})

    with Stub(login=answer, client_secret="a secret & more") as stub:
        token = a_login(stub, Clock()).token()

    assert (token.text, token.is_fresh) == ("t", True)
    assert seen[0].method == "POST"
    assert seen[0].query == {}
    assert seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen[0].body.decode()) == {
        "client_id": ["an-id"],
        "client_secret": ["a secret & more"],
    }


@pytest.mark.parametrize(("lifetime", "renewed_after"), [(3600, 3590), (5, 4.5)])
def test_a_token_is_renewed_shortly_before_it_expires(lifetime: int, renewed_after: float):
    clock = Clock()
    with Stub(expires_in=lifetime) as stub:
        login = a_login(stub, clock)
        first = login.token()
        clock.now = renewed_after - 0.1
        same = login.token()
        clock.now = renewed_after
        second = login.token()

    assert (same.text, same.is_fresh) == (first.text, False)
    assert (second.text != first.text, second.is_fresh) == (True, True)


def test_a_token_that_another_thread_has_replaced_is_not_replaced_again():
    with Stub() as stub:
        login = a_login(stub, Clock())
        dead = login.token()
        replaced = login.replace(dead.text)
        again = login.replace(dead.text)

    assert (again.text, again.is_fresh) == (replaced.text, False)
    assert stub.logins == 2


def test_an_unreadable_login_answer_is_left_out_of_the_error():
    body = b'{"access_token": "hush", "expires_in": "soon"}'
    with Stub(login=lambda _: Answer(body)) as stub, pytest.raises(PlanError) as caught:
        _ = a_login(stub, Clock()).token()

    cause = caught.value.__cause__
    assert isinstance(cause, ApiError)
    assert "hush" not in f"{caught.value!r} {caught.value} {cause!r} {cause} {cause.body!r}"
    assert cause.__suppress_context__
