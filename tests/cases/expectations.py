"""Check what a case expects: the exit code, the plan, the screen, the requests and the instance."""

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookervault_plan.sandbox.requests import Request

Json = Any


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One command that has run: what it left and what it asked."""

    folder: Path
    exit_code: int
    said: str
    requests: Sequence[Request]
    #: the destination: method, path, body -> the reply; raises for anything but success
    call: Callable[[str, str, Json], Json]

    @property
    def plan(self) -> Json:
        return json.loads((self.folder / "plan.json").read_bytes())


def failures(expect: Mapping[str, Json], ran: Ran) -> list[str]:
    """Return a line for each expectation that does not hold."""
    found: list[str] = []
    for key, wanted in expect.items():
        found += [f"{key}: {line}" for line in CHECKS[key](wanted, ran)]
    return [*found, f"it said:\n{ran.said}"] if found else []


def _exit(wanted: int, ran: Ran) -> Iterator[str]:
    if ran.exit_code != wanted:
        yield f"{ran.exit_code}, not {wanted}"


def _says(wanted: Sequence[str], ran: Ran) -> Iterator[str]:
    yield from (f"{text!r} is not said" for text in wanted if text not in ran.said)


def _says_not(wanted: Sequence[str], ran: Ran) -> Iterator[str]:
    yield from (f"{text!r} is said" for text in wanted if text in ran.said)


def _actions(wanted: Mapping[str, Json], ran: Ran) -> Iterator[str]:
    actions = {each["address"]: each for each in ran.plan["actions"]}
    for address, said in wanted.items():
        rule = said if isinstance(said, dict) else {"action": said}
        action = actions.get(address)
        word = action["action"] if action else None
        words = rule.get("action", word)
        if word not in (words if isinstance(words, list) else [words]):
            yield f"{address} is {word}, not {words}: {json.dumps(action)}"
            continue
        if "changes" in rule:
            paths = sorted(change["path"] for change in (action or {}).get("changes", ()))
            if paths != sorted(rule["changes"]):
                yield f"{address} changes {paths}, not {rule['changes']}"
        for name, counts in rule.get("parts", {}).items():
            parts = (action or {}).get("parts", {}).get(name, {})
            for what, count in counts.items():
                if len(parts.get(what, ())) != count:
                    yield f"{address} {name} {what}: {parts.get(what)}, not {count}"


def _guards(wanted: Sequence[str], ran: Ran) -> Iterator[str]:
    names = {guard["name"].partition(":")[0] for guard in ran.plan["guards"]}
    yield from (f"{name} did not trip" for name in wanted if name not in names)


def _no_guards(wanted: Sequence[str], ran: Ran) -> Iterator[str]:
    names = {guard["name"].partition(":")[0] for guard in ran.plan["guards"]}
    yield from (f"{name} tripped" for name in wanted if name in names)


def _named(wanted: Sequence[str], ran: Ran) -> Iterator[str]:
    plan = ran.plan
    told = [
        *plan["diagnostics"],
        *(action["reason"] for action in plan["actions"]),
        *(
            parts.get("blocked", ())
            for action in plan["actions"]
            for parts in action["parts"].values()
        ),
    ]
    text = json.dumps(told, ensure_ascii=False)
    yield from (f"{name!r} is not named" for name in wanted if name not in text)


def _live(wanted: Sequence[Mapping[str, Json]], ran: Ran) -> Iterator[str]:
    for rule in wanted:
        reply = ran.call("GET", rule["get"], None)
        if "has" in rule and not has(reply, rule["has"]):
            yield f"{rule['get']} has not {rule['has']}: {json.dumps(reply)[:2000]}"
        if "lacks" in rule and has(reply, rule["lacks"]):
            yield f"{rule['get']} has {rule['lacks']}"
        for path, count in rule.get("count", {}).items():
            at = reply
            for key in path.split(".") if path else ():
                at = at[int(key)] if isinstance(at, list) else at[key]
            if len(at) != count:
                yield f"{rule['get']} {path or 'itself'} has {len(at)}, not {count}"


def _sent(wanted: Sequence[Mapping[str, Json]], ran: Ran) -> Iterator[str]:
    for rule in wanted:
        fits = [
            each
            for each in ran.requests
            if each.method == rule["method"] and re.fullmatch(rule["path"], each.path)
        ]
        name = f"{rule['method']} {rule['path']}"
        if "count" in rule and len(fits) != rule["count"]:
            yield f"{name}: sent {len(fits)} times, not {rule['count']}"
        if "body" in rule and not any(has(each.body, rule["body"]) for each in fits):
            yield f"{name}: none has {rule['body']}: {[each.body for each in fits]}"
        for each in fits:
            body = each.body if isinstance(each.body, dict) else {}
            for key in rule.get("without", ()):
                if key in body:
                    yield f"{name}: has {key}: {body}"
            for key in rule.get("without_null", ()):
                if key in body and body[key] is None:
                    yield f"{name}: has {key} as null"


def _hidden(wanted: Sequence[str], ran: Ran) -> Iterator[str]:
    files = [file for file in ran.folder.rglob("*") if file.is_file() and file.name != "backup.db"]
    places = {str(file): file.read_bytes() for file in files}
    places |= {f"{file}, unpacked": unpacked(file) for file in files if file.suffix == ".db"}
    for text in wanted:
        if text in ran.said:
            yield f"{text!r} is said"
        yield from (
            f"{text!r} is in {name}" for name, held in places.items() if text.encode() in held
        )


CHECKS: Mapping[str, Callable[[Any, Ran], Iterator[str]]] = {
    "exit": _exit,
    "actions": _actions,
    "guards": _guards,
    "no_guards": _no_guards,
    "named": _named,
    "says": _says,
    "says_not": _says_not,
    "live": _live,
    "sent": _sent,
    "hidden": _hidden,
}


def has(value: Json, wanted: Json) -> bool:
    """Tell whether an object has the named keys, and a list the named members in any order."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            key in value and has(value[key], part) for key, part in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and all(
            any(has(one, part) for one in value) for part in wanted
        )
    return type(value) is type(wanted) and value == wanted


def unpacked(file: Path) -> bytes:
    """Return every value of a SQLite file, compressed ones as plain bytes."""
    held: list[bytes] = []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                held += [_plain(value) for value in row if isinstance(value, (str, bytes))]
    return b"\n".join(held)


def _plain(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data
