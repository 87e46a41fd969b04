"""Servers that send too much, never end or answer with nonsense: one error, in bounded memory."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from lookervault_plan.errors import PlanError
from lookervault_plan.looker import reply_body
from lookervault_plan.looker.decode import (
    identified_object,
    object_bytes,
    objects_with,
    one_object,
    undecoded_objects,
)
from lookervault_plan.looker.errors import ApiError, UnreadableReply
from tests.looker.stub import Answer, Request, Stub, rows
from tests.looker.test_client import a_client

SECRET = "hush-hush"
PACKED = {"Content-Encoding": "gzip"}


def error_of(answer: Callable[[Request], Answer]) -> PlanError:
    """The error that a list of the server ends in."""
    with (
        Stub(answer) as stub,
        a_client(stub) as client,
        pytest.raises(PlanError) as caught,
    ):
        for _ in client.pages("/looks/search", limit=10):
            pass
    return caught.value


@pytest.mark.parametrize("total", [None, "99999999999", "9" * 5000])
def test_a_server_that_ignores_the_offset_is_no_endless_list(total: str | None):
    page = [{"id": str(number)} for number in range(10)]
    headers = {} if total is None else {"X-Total-Count": total}

    error = error_of(lambda _: Answer(page, headers=headers))

    assert error.diagnostic.code == "looker.endless"
    assert "GET /looks/search" in error.diagnostic.summary


def test_an_absurd_total_ends_with_the_first_empty_page():
    def answer(request: Request) -> Answer:
        page = rows(25, total=False)(request)
        return Answer(page.body, headers={"X-Total-Count": "99999999999"})

    with Stub(answer) as stub, a_client(stub) as client:
        read = [item for page in client.pages("/looks/search", limit=10) for item in page]
        assert len(read) == 25
        assert len(stub.requests) < 20


def test_a_row_that_moves_to_the_last_page_while_a_list_is_read_is_no_endless_list():
    def answer(request: Request) -> Answer:
        pages = {"0": [{"id": str(number)} for number in range(10)], "10": [{"id": "9"}]}
        return Answer(pages.get(request.query["offset"], []))

    with Stub(answer) as stub, a_client(stub) as client:
        assert [len(page) for page in client.pages("/looks/search", limit=10)] == [10, 1]


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_answers_are_unpacked(packing: str):
    body = b'{"id": "7"}'
    packed = gzip.compress(body) if packing == "gzip" else zlib.compress(body)
    answer = Answer(packed, headers={"Content-Encoding": packing})
    with Stub(lambda _: answer) as stub, a_client(stub) as client:
        assert client.read("/x", one_object) == {"id": "7"}
        assert "gzip" in stub.requests[0].headers["accept-encoding"]


def test_a_small_answer_that_unpacks_to_gigabytes_is_refused_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(reply_body, "MAX_BODY_BYTES", 1 << 20)
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    with Stub(lambda _: Answer(bomb, headers=PACKED)) as stub, a_client(stub) as client:
        tracemalloc.start()
        with pytest.raises(UnreadableReply) as caught:
            _ = client.read("/x", one_object)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        stub.answer = lambda _: Answer({"id": "7"})
        again = client.read("/x", one_object)

    assert "larger than 1 MB" in caught.value.diagnostic.detail
    assert most < 32 << 20
    assert again == {"id": "7"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(b'{"id": "7"}')[:-4], PACKED),
        (b"not packed at all", PACKED),
        (b"\x00", {"Content-Encoding": "gzip, gzip, br"}),
    ],
    ids=["cut", "plain", "thrice"],
)
def test_what_cannot_be_unpacked_is_asked_for_again(body: bytes, headers: dict[str, str]):
    answers = [Answer(body, headers=headers), Answer({"id": "7"})]
    with Stub(lambda _: answers.pop(0)) as stub, a_client(stub) as client:
        assert client.read("/x", one_object) == {"id": "7"}


def test_a_body_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reply_body, "MAX_BODY_BYTES", 1000)
    with (
        Stub(lambda _: Answer(b" " * 600_000)) as stub,
        a_client(stub) as client,
        pytest.raises(UnreadableReply),
    ):
        _ = client.read("/x", one_object)


DEEP = b'[{"id":"1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"


@pytest.mark.parametrize("body", [DEEP, DEEP[1:-1]], ids=["list", "object"])
def test_deeply_nested_json_is_one_error(body: bytes):
    decode = undecoded_objects("id") if body == DEEP else one_object
    with (
        Stub(lambda _: Answer(body)) as stub,
        a_client(stub) as client,
        pytest.raises(UnreadableReply) as caught,
    ):
        _ = client.read("/x", decode)

    assert "nested too deeply" in caught.value.diagnostic.detail


def test_an_error_with_deeply_nested_json_is_an_error():
    with (
        Stub(lambda _: Answer(DEEP[1:-1], status=422)) as stub,
        a_client(stub) as client,
        pytest.raises(ApiError) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert caught.value.status == 422
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "token",
    [f"{SECRET}\r\nX-Evil: 1", f"{SECRET} ü", f"{SECRET}\x00", f"{SECRET}\U0001f511", "", 7, None],
)
def test_a_token_that_no_header_can_hold_is_refused_and_never_quoted(token: object):
    with (
        Stub(login=lambda _: Answer({"access_token": token})) as stub,
        a_client(stub) as client,
        pytest.raises(PlanError) as caught,
    ):
        _ = client.me()

    shown = f"{caught.value} {caught.value.diagnostic} {caught.value.__cause__!r}"
    assert caught.value.diagnostic.code == "looker.url"
    assert SECRET not in shown


@pytest.mark.parametrize("lifetime", [b"1e308", b"1e999", b"-5", b'"soon"', b"0", b"null"])
def test_an_odd_lifetime_of_a_token_is_bounded_or_refused(lifetime: bytes):
    body = b'{"access_token": "a-token", "expires_in": ' + lifetime + b"}"
    stub = Stub(lambda _: Answer({"id": "7"}), login=lambda _: Answer(body))
    stub.live_tokens.add("a-token")
    with stub, a_client(stub) as client:
        if lifetime in {b"1e999", b"-5", b'"soon"'}:
            with pytest.raises(PlanError) as caught:
                _ = client.me()
            assert "a-token" not in f"{caught.value.diagnostic}"
        else:
            assert client.me() == {"id": "7"}
            assert client.me() == {"id": "7"}
            assert stub.logins == 1


def test_a_login_page_in_place_of_a_login_is_tried_again():
    answers = [Answer(b"<html>Sign in</html>"), Answer({"access_token": "a-token"})]
    stub = Stub(lambda _: Answer({"id": "7"}), login=lambda _: answers.pop(0))
    stub.live_tokens.add("a-token")
    with stub, a_client(stub) as client:
        assert client.me() == {"id": "7"}


@pytest.mark.parametrize(
    ("decode", "body"),
    [
        (one_object, b"[]"),
        (one_object, b""),
        (one_object, b"null"),
        (identified_object, b'{"message": "hello"}'),
        (object_bytes("name"), b'{"id": "1"}'),
        (objects_with("id"), b"{}"),
        (objects_with("id"), b"null"),
        (objects_with("id"), b'["1"]'),
        (objects_with("id"), b'[{"id": null}]'),
        (objects_with("id", "inherits"), b'[{"id": "1"}]'),
        (undecoded_objects("id"), b'[{"id": "1"}, null]'),
        (undecoded_objects("id"), b'[{"name": "1"}]'),
        (undecoded_objects("id"), b'[{"id": "1", "x": "\xff"}]'),
        (undecoded_objects("id"), b'[{"id": "1"}'),
        (undecoded_objects("id"), b"<!DOCTYPE html><title>Sign in</title>"),
    ],
)
def test_anything_but_the_expected_json_is_read_again_and_then_one_error(
    decode: Callable[[bytes], object], body: bytes
):
    with (
        Stub(lambda _: Answer(body)) as stub,
        a_client(stub) as client,
        pytest.raises(UnreadableReply) as caught,
    ):
        _ = client.read("/boards", decode)

    assert caught.value.diagnostic.code == "looker.reply"
    assert caught.value.diagnostic.summary == "the answer to GET /boards cannot be read"
    assert len(stub.requests) == 5


@pytest.mark.parametrize("cut", [65_535, 65_536, 65_537])
def test_a_long_list_is_checked_for_utf_8_across_the_edges_of_its_pieces(cut: int):
    start = b'[{"id": "1", "x": "'
    good = start + b"a" * (cut - len(start)) + "ß🚀".encode() * 30_000 + b'"}]'

    assert len(undecoded_objects("id")(good)) == 1
    with pytest.raises(UnicodeDecodeError):
        _ = undecoded_objects("id")(good.replace("🚀".encode(), b"\xf0\x9f", 1))
