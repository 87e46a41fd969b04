"""The ASGI application: HTTP in front of a Looker, with the faults that were asked for.

Everything but waiting runs to its end on the event loop, so each request is atomic.
"""

import asyncio
import time
from collections import deque
from urllib.parse import urlencode

from lookervault_plan.sandbox import http_messages, list_filters
from lookervault_plan.sandbox.auth import Tokens
from lookervault_plan.sandbox.control_endpoints import Control
from lookervault_plan.sandbox.faults import Dice, Fault, Faults
from lookervault_plan.sandbox.http_messages import Call, Message, Receive, Reply, Send
from lookervault_plan.sandbox.json_fields import Row, maybe
from lookervault_plan.sandbox.looker import Looker, Overlap
from lookervault_plan.sandbox.refusals import RefusedError
from lookervault_plan.sandbox.requests import Request, RequestLog


class App:
    """ASGI in front of one Looker."""

    def __init__(self, looker: Looker, faults: Faults, log: RequestLog) -> None:
        self.looker: Looker = looker
        self.faults: Faults = faults
        self.log: RequestLog = log
        self.pending: int = 0  # requests being carried out, answered or not
        self.tokens: Tokens = Tokens(looker.instance.seed)
        self._control: Control = Control(looker, faults, log)
        self._dice: Dice = Dice(looker.instance.seed)
        self._recent: deque[float] = deque()
        self._building: dict[str, int] = {}
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        raw = await http_messages.read(receive)
        call = Call(scope, raw)
        if call.path.startswith("/_sandbox"):
            status, body = self._control.answer(call.method, call.path, call.raw)
            await http_messages.send_bytes(send, status, body)
        elif call.path == f"{http_messages.API}/login":
            await self._login(call, send)
        else:
            self.pending += 1
            try:
                await self._serve(call, scope, send)
            finally:
                self.pending -= 1

    async def _login(self, call: Call, send: Send) -> None:
        await asyncio.sleep(self._dice.latency(self.faults))
        store, now = self.looker.store, time.monotonic()
        try:
            user, body = self.tokens.login(store, self.faults, now, call.content_type, call.raw)
            call.user, reply = user, Reply(200, body)
        except RefusedError as refusal:
            reply = http_messages.refused(refusal, "POST", "/login")
        call.path = "/login"
        self._record(call, reply.status, "")
        await http_messages.send_reply(send, reply)

    async def _serve(self, call: Call, scope: Message, send: Send) -> None:
        is_logout = call.path in http_messages.LOGOUTS
        path = "/logout" if is_logout else call.path.removeprefix(http_messages.API)
        fault = None if is_logout else self._dice.throw(self.faults, call.method, path)
        kind = "" if fault is None else fault.kind
        try:
            self._admit(call, path, fault)
        except RefusedError as refusal:
            call.path = path
            await self._answer(call, http_messages.refused(refusal, call.method, path), kind, send)
            return
        call.path = path
        if kind == "late_commit" and fault is not None:
            task = asyncio.create_task(self._commit_late(call, fault.seconds))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            http_messages.drop(scope)
            return
        if kind == "reset_before":
            self._record(call, 0, kind)
            http_messages.drop(scope)
            return
        if fault is not None and kind == "spoil":
            await self._spoil(call, fault, send)
            return
        reply = await self._carry_out(call, fault)
        if kind == "reset_after":
            self._record(call, reply.status, kind)
            http_messages.drop(scope)
            return
        if fault is not None and kind == "spoil_after" and reply.status < 300:
            await self._spoil(call, fault, send)
            return
        await self._answer(call, reply, kind, send)

    def _admit(self, call: Call, path: str, fault: Fault | None) -> None:
        """Rate, faults that answer by themselves, token, body: in this order."""
        self._check_rate()
        if fault is not None and fault.kind == "too_many":
            raise http_messages.TooManyError(
                http_messages.retry_after(fault.seconds, as_date=fault.as_date)
            )
        if fault is not None and fault.kind == "error":
            raise http_messages.BrokenError(fault)
        if fault is not None and fault.kind == "expire_token":
            self.tokens.end(call.authorization)
        call.user = self.tokens.use(call.authorization, time.monotonic())
        if path == "/logout":
            return
        if not call.path.startswith(f"{http_messages.API}/"):
            raise RefusedError(404)
        call.decode_body()

    def _check_rate(self) -> None:
        limit = self.faults.requests_per_second
        if limit is None:
            return
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            _ = self._recent.popleft()
        if len(self._recent) >= limit:
            raise http_messages.TooManyError(
                http_messages.retry_after(
                    self.faults.retry_after_seconds, as_date=self.faults.retry_after_as_date
                )
            )
        self._recent.append(now)

    async def _carry_out(self, call: Call, fault: Fault | None) -> Reply:
        """Wait as told, and let the instance do it."""
        kind = "" if fault is None else fault.kind
        seconds = 0.0 if fault is None else fault.seconds
        dashboard_id = self._begin_building(call)
        try:
            wait = self._dice.latency(self.faults) + (seconds if kind == "slow" else 0)
            if wait > 0:
                await asyncio.sleep(wait)
            reply = self._execute(call)
            if kind == "slow_reply":
                await asyncio.sleep(seconds)
        finally:
            self._end_building(dashboard_id)
        if kind == "error_after" and fault is not None:
            return http_messages.broken(fault)
        return reply

    def _execute(self, call: Call) -> Reply:
        if call.path == "/logout":
            self.tokens.end(call.authorization)
            return Reply(204)
        self.looker.instance.ignore_fields = self.faults.ignore_fields
        self.looker.instance.edge_exists_status = self.faults.edge_exists_status
        status, body, total = self.looker.answer(
            call.method, call.path, dict(call.query), call.body, user_id=call.user
        )
        headers = {} if total is None else self._paging(call, total)
        return Reply(status, body, headers)

    async def _commit_late(self, call: Call, seconds: float) -> None:
        self.pending += 1
        try:
            await asyncio.sleep(seconds)
            self._record(call, self._execute(call).status, "late_commit")
        finally:
            self.pending -= 1

    def _begin_building(self, call: Call) -> str | None:
        """Note that a tile is being made; a second one of the same dashboard is an overlap."""
        if call.method != "POST" or call.path != "/dashboard_elements":
            return None
        dashboard_id = maybe(call.body, "dashboard_id") if isinstance(call.body, dict) else None
        if dashboard_id is None:
            return None
        if self._building.get(dashboard_id):
            self.looker.overlaps.append(Overlap(dashboard_id, time.monotonic()))
        self._building[dashboard_id] = self._building.get(dashboard_id, 0) + 1
        return dashboard_id

    def _end_building(self, dashboard_id: str | None) -> None:
        if dashboard_id is None:
            return
        self._building[dashboard_id] -= 1
        if not self._building[dashboard_id]:
            del self._building[dashboard_id]

    def _paging(self, call: Call, total: int) -> Row:
        """X-Total-Count and Link, which servers from 21.12 on may send (looker-api.md 1.5)."""
        if not self.looker.instance.total_count:
            return {}
        offset, size = list_filters.page(call.query)
        limit = size or total
        places = {"first": 0, "prev": offset - limit, "next": offset + limit}
        places["last"] = max(0, (total - 1) // max(limit, 1) * limit)
        asked = {name: one for name, one in call.query.items() if name not in list_filters.PAGING}
        base = f"{self.looker.instance.api_url}{call.path}?"
        links = (
            f'<{base}{urlencode({**asked, "limit": limit, "offset": at})}>; rel="{name}"'
            for name, at in places.items()
            if 0 <= at < max(total, 1)
        )
        return {"x-total-count": str(total), "link": ", ".join(links)}

    async def _answer(self, call: Call, reply: Reply, kind: str, send: Send) -> None:
        self._record(call, reply.status, kind)
        await http_messages.send_reply(send, reply)

    async def _spoil(self, call: Call, fault: Fault, send: Send) -> None:
        self._record(call, 200, fault.kind)
        body, type_ = http_messages.spoiled(fault.body)
        await http_messages.send_bytes(send, 200, body, {"content-type": type_})

    def _record(self, call: Call, status: int, fault: str) -> None:
        self.log.append(
            Request(
                method=call.method,
                path=call.path,
                query=call.query,
                body=call.body,
                status=status,
                started=call.started,
                ended=time.monotonic(),
                user=call.user,
                fault=fault,
            )
        )
