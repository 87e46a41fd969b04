"""The rate limiter, on a clock that the tests move."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.looker.rate_limit import RateLimiter


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def a_limiter(
    clock: Clock, *, per_minute: int | None = None, per_second: int | None = None
) -> RateLimiter:
    return RateLimiter(per_minute=per_minute, per_second=per_second, clock=clock)


def starts(limiter: RateLimiter, clock: Clock, count: int) -> list[float]:
    times: list[float] = []
    for _ in range(count):
        wait_for(limiter, clock)
        times.append(clock.now)
    return times


def wait_for(limiter: RateLimiter, clock: Clock) -> None:
    while (seconds := limiter.reserve()) > 0:
        clock.now += seconds


def test_the_rate_is_unlimited_by_default():
    clock = Clock()
    limiter = a_limiter(clock)

    assert {limiter.reserve() for _ in range(5000)} == {0.0}
    assert limiter.state().limit_per_second is None
    assert limiter.state().paused_until is None


def test_reserve_takes_no_place_if_it_returns_a_wait():
    clock = Clock()
    limiter = a_limiter(clock, per_second=2)

    assert [limiter.reserve(), limiter.reserve()] == [0.0, 0.0]
    assert [limiter.reserve() for _ in range(5)] == [1.0] * 5
    assert limiter.reserve(clock.now + 0.25) == 0.75
    clock.now += 1.0
    assert [limiter.reserve(), limiter.reserve()] == [0.0, 0.0]


@given(
    per_minute=st.none() | st.integers(min_value=1, max_value=90),
    per_second=st.none() | st.integers(min_value=1, max_value=20),
    gaps=st.lists(st.floats(min_value=0, max_value=20), max_size=200),
)
def test_no_span_of_a_minute_or_a_second_exceeds_its_rate_option(
    per_minute: int | None, per_second: int | None, gaps: list[float]
):
    clock = Clock()
    limiter = a_limiter(clock, per_minute=per_minute, per_second=per_second)
    times: list[float] = []
    for gap in gaps:
        clock.now += gap
        times += starts(limiter, clock, 1)

    for allowed, span in ((per_minute, 60.0), (per_second, 1.0)):
        if allowed is not None:
            assert all(
                late >= early + span for early, late in zip(times, times[allowed:], strict=False)
            )


def test_both_rate_options_are_used_up_to_their_limits():
    clock = Clock(0.0)
    limiter = a_limiter(clock, per_minute=120, per_second=10)

    times = starts(limiter, clock, 361)

    assert times[9] == 0.0
    assert times[119] == 11.0
    assert times[360] == pytest.approx(180.0, abs=1e-6)


def test_a_rate_option_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        _ = RateLimiter(per_minute=0)


def test_a_429_pauses_all_requests_for_the_time_of_retry_after():
    clock = Clock()
    limiter = a_limiter(clock)
    for _ in range(8):
        assert limiter.reserve() == 0.0

    assert limiter.throttle(30.0) == 30.0

    assert limiter.state().paused_until == clock.now + 30
    assert {limiter.reserve() for _ in range(8)} == {30.0}
    clock.now += 30
    assert limiter.reserve() == 0.0
    assert limiter.state().paused_until is None


@given(
    st.lists(
        st.tuples(
            st.floats(min_value=0, max_value=40),
            st.none() | st.floats(min_value=0, max_value=400),
            st.floats(min_value=0, max_value=30),
        ),
        max_size=30,
    )
)
def test_a_later_429_never_shortens_a_running_pause(
    answers: list[tuple[float, float | None, float]],
):
    clock = Clock()
    limiter = a_limiter(clock)
    paused_until = clock.now
    for gap, retry_after, age in answers:
        clock.now += gap
        pause = limiter.throttle(retry_after, sent_at=clock.now - age)
        before, paused_until = paused_until, clock.now + limiter.paused_seconds()

        assert pause == pytest.approx(limiter.paused_seconds())
        assert paused_until >= before - 1e-6
        if retry_after is not None:
            assert paused_until >= clock.now + min(retry_after, 300.0) - 1e-6
        if paused_until > clock.now:
            assert limiter.reserve() > 0


def test_a_pause_is_at_most_five_minutes():
    clock = Clock()

    assert a_limiter(clock).throttle(86_400.0) == 300.0


def test_a_429_halves_the_measured_rate():
    clock = Clock()
    limiter = a_limiter(clock)
    for _ in range(200):  # 40 a second for five seconds
        assert limiter.reserve() == 0.0
        clock.now += 0.025
    assert limiter.state().measured_per_second == pytest.approx(40, rel=0.02)

    _ = limiter.throttle(1.0)

    assert limiter.state().limit_per_second == pytest.approx(20, rel=0.02)


def test_429s_to_requests_already_under_way_halve_the_rate_once():
    clock = Clock()
    limiter = a_limiter(clock)
    for _ in range(80):
        assert limiter.reserve() == 0.0
        clock.now += 0.025
    sent_at = clock.now

    for _ in range(8):
        clock.now += 0.01
        _ = limiter.throttle(0.05, sent_at=sent_at)
    once = limiter.state().limit_per_second
    clock.now += 2.0
    _ = limiter.throttle(0.05, sent_at=sent_at)  # an answer that took two seconds

    assert once is not None
    assert once == pytest.approx(20, rel=0.1)
    assert (limiter.state().limit_per_second or 0) >= once


def test_later_429s_halve_again_down_to_a_minimum():
    clock = Clock()
    limiter = a_limiter(clock)
    limits: list[float] = []
    for _ in range(30):
        wait_for(limiter, clock)
        _ = limiter.throttle(1.0)
        limits.append(limiter.state().limit_per_second or 0)
        clock.now += 1.0

    assert limits[1] < limits[0]
    assert min(limits) >= 0.1


def test_the_limit_grows_again_after_the_pause():
    clock = Clock()
    limiter = a_limiter(clock)
    for _ in range(400):
        assert limiter.reserve() == 0.0
        clock.now += 0.0125  # 80 a second
    _ = limiter.throttle(2.0)
    limits: list[float] = []

    clock.now += 2.0  # the pause itself wins nothing back
    for _ in range(11):
        limits.append(limiter.state().limit_per_second or 0)
        clock.now += 1.0

    assert limits[0] == pytest.approx(40, rel=0.02)
    assert limits[5] == pytest.approx(65, rel=0.02)
    assert limits[10] == pytest.approx(100, rel=0.02)
    assert sorted(limits) == limits


def test_reading_the_state_does_not_change_how_the_limit_grows():
    rarely, often = Clock(), Clock()
    one, other = a_limiter(rarely), a_limiter(often)
    for limiter in (one, other):
        assert limiter.reserve() == 0.0
        _ = limiter.throttle(0.0)

    rarely.now += 20.0
    for _ in range(200):
        often.now += 0.1
        _ = other.state()

    assert one.state().limit_per_second == pytest.approx(other.state().limit_per_second)


def test_a_learned_limit_spaces_requests_evenly():
    clock = Clock()
    limiter = a_limiter(clock)
    for _ in range(100):
        assert limiter.reserve() == 0.0
        clock.now += 0.05  # 20 a second
    _ = limiter.throttle(0.0)

    times = starts(limiter, clock, 11)

    assert times[10] - times[0] == pytest.approx(1.0, rel=0.1)


def test_pauses_without_retry_after_double_until_a_request_succeeds():
    clock = Clock()
    limiter = a_limiter(clock)
    pauses: list[float] = []
    for _ in range(4):
        wait_for(limiter, clock)
        pauses.append(limiter.throttle())
        clock.now += pauses[-1]
    limiter.succeeded()
    wait_for(limiter, clock)
    pauses.append(limiter.throttle())

    assert pauses == [2.0, 4.0, 8.0, 16.0, 2.0]


def test_the_limiter_settles_near_the_rate_that_the_server_allows():
    """A server that bears 20 a second: few 429s, and most of the 20 used."""
    clock = Clock()
    limiter = a_limiter(clock)
    accepted: list[float] = []
    refused = 0
    while clock.now < 1120.0:
        wait_for(limiter, clock)
        if len(accepted) >= 20 and clock.now - accepted[-20] < 1.0:
            refused += 1
            _ = limiter.throttle(1.0, sent_at=clock.now)
        else:
            accepted.append(clock.now)
            limiter.succeeded()
        clock.now += 0.002

    assert len(accepted) > 0.5 * 20 * 120
    assert refused < 0.03 * len(accepted)


def test_all_threads_share_one_rate():
    limiter = RateLimiter(per_second=40)
    times: list[float] = []

    def take(_: int) -> None:
        while (seconds := limiter.reserve()) > 0:
            time.sleep(seconds)
        times.append(time.monotonic())

    with ThreadPoolExecutor(8) as pool:
        _ = list(pool.map(take, range(50)))

    times.sort()
    assert len(times) == 50
    assert times[40] - times[0] >= 0.95
    assert threading.active_count() < 50
