"""Compare what two checkouts plan and send: `python .ci/compare_behaviour.py BASE [CHECKOUT]`.

BASE is a git revision. It is checked out beside this repository, once, and recorded, once. Then
CHECKOUT (default: the current directory) is recorded and compared: plan files byte for byte (less
`plan_id` and `created_at`), backups row by row, and the requests of every apply in order.

The sandboxes always run from BASE, so that only the product differs. One run at a time (a lock),
since links in texts hold the sandboxes' ports.
"""

import contextlib
import fcntl
import gzip
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

PYTHON = sys.executable
WORK = Path(os.environ.get("COMPARE_DIR", "/tmp/compare-behaviour"))
SOURCE, DESTINATION = 18701, 18702
PROGRAM = "from lookervault_plan.cli.app import run; run()"
ACROSS = (
    "users-across",
    "lockout",
    "schedules-across",
    "updates-share",
    "part-deletes",
    "alerts-lost",
    "schedules-enable",
    "deletes",
)
ALLOW = tuple(word for guard in ACROSS for word in ("--allow", guard))
FIXTURES = (
    "lookervault-v4-small",
    "lookervault-v4-one-worker",
    "json-blobs",
    "lookervault-v4",
    "schema-v1",
    "schema-v2",
    "schema-v3",
)
COMPANIES = {"small": 60, "middle": 160, "whole": 320}

MAKE = """
import sys
from lookervault_plan.sandbox.looker import Looker
from tests.acceptance.whole import make_company
looker = Looker(seed=7); looker.world.base_url = sys.argv[3]
make_company(looker, int(sys.argv[2]), seed=7)
looker.save(sys.argv[1])
"""
DAMAGE = """
import sys, msgspec
from lookervault_plan.sandbox.looker import Looker
from tests.acceptance.whole import Whole, damaged
from tests.acceptance.damage import Site
from tests.acceptance import judge
looker = Looker(seed=7, load=sys.argv[1]); looker.world.base_url = sys.argv[3]
whole = Whole.of(looker.call)
damaged(Site(looker.call, whole.content), 60, seed=1)
looker.save(sys.argv[2])
"""


def python(checkout: Path, code: str, *words: object) -> None:
    subprocess.run(
        [PYTHON, "-c", code, *map(str, words)],
        check=True,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )


@contextlib.contextmanager
def served(base: Path, port: int, seed: int, load: Path | None = None) -> Iterator[str]:
    words = [
        "sandbox",
        "serve",
        "--json",
        "--company",
        "none",
        "--seed",
        str(seed),
        "--port",
        str(port),
    ]
    words += ["--load", str(load)] if load else []
    process = subprocess.Popen(
        [PYTHON, "-c", PROGRAM, *words],
        cwd=base,
        env={**os.environ, "PYTHONPATH": str(base)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        json.loads(process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def run(checkout: Path, folder: Path, url: str, *words: object) -> tuple[int, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LOOKER", "PYTHONPATH"))}
    key = {
        "LOOKERSDK_BASE_URL": url,
        "LOOKERSDK_CLIENT_ID": "sandbox-id",
        "LOOKERSDK_CLIENT_SECRET": "sandbox-secret",
    }
    made = subprocess.run(
        [PYTHON, "-c", PROGRAM, *map(str, words), "--no-color"],
        cwd=folder,
        env={**kept, **key, "PYTHONPATH": str(checkout), "COLUMNS": "100", "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
    )
    return made.returncode, made.stdout + made.stderr


def requests(url: str) -> list[object]:
    with urlopen(f"{url}/_sandbox/requests") as reply:
        held = json.load(reply)
    urlopen(Request(f"{url}/_sandbox/requests", method="DELETE")).read()
    return [
        [
            r["method"],
            r["path"],
            r["query"],
            r["body"] if r["path"] != "/login" else None,
            r["status"],
        ]
        for r in held
    ]


def masked(lines):
    """Without the ids that an apply has made: their order depends on timing."""
    found = []
    for line in lines:
        line = re.sub(r"(merge_queries/)\w+", r"\1N", re.sub(r"[0-9a-f]{64}", "D", line))
        pieces = re.split(r"[,{}\[\]]", re.sub(r"\d{2,}", "N", line))
        found.append(",".join(sorted(pieces) if line.startswith("    {") else pieces))
    return sorted(found)


def plan_of(file: Path) -> str:
    if not file.exists():
        return "no plan"
    flags = r',"(?:before_is_cut|after_is_cut|after_is_unknown)":true'  # newer than BASE
    text = re.sub(flags, "", file.read_text())
    text = re.sub(r'"created_at": "[^"]*",?\n?', "", text, count=1)
    return re.sub(r'"plan_id": "[^"]*",?\n?', "", text, count=1)


def rows_of(file: Path) -> str:
    with contextlib.closing(sqlite3.connect(file)) as db:
        found = db.execute(
            "SELECT id, content_type, name, hex(content_data) FROM content_items ORDER BY content_type, id"
        )
        return "\n".join(map(repr, found))


def scenarios(base: Path, checkout: Path, out: Path, made: Path) -> None:
    def note(name: str, text: str) -> None:
        (out / name).write_text(text)

    def planned(
        folder: Path, url: str, name: str, backup: Path, *words: object, after_apply: bool = False
    ) -> Path:
        file = folder / f"{name}.json"
        code, said = run(
            checkout, folder, url, "plan", "--db-path", backup, "--out", file, *ALLOW, *words
        )
        text = f"exit {code}\n{plan_of(file)}" + ("" if file.exists() else said)
        reads = sorted(json.dumps(each, sort_keys=True) for each in requests(url))
        if name.endswith("-lost"):  # which bodies are asked for depends on who made a query first
            reads = [line for line in reads if "queries/" not in line]
        if after_apply:  # ids are new and in another order: what is left to do has to be the same
            found = json.loads(file.read_text())["actions"] if file.exists() else []
            text = "\n".join(sorted(f"{a['action']} {a['type']} {a['name']} {[c['path'] for c in a['changes']]}" for a in found))
        else:
            note(f"{name}.reads", "\n".join(reads))
        note(f"{name}.plan", text)
        return file

    def applied(folder: Path, url: str, name: str, file: Path, backup: Path) -> None:
        code, said = run(checkout, folder, url, "apply", file, "--db-path", backup, "--workers", 1)
        if code not in (0, 3):
            said = "\n" + said
        else:
            said = ""
        log = [f"exit {code}{said}", *(json.dumps(each, sort_keys=True) for each in requests(url))]
        reads = sorted(line for line in log[1:] if line.startswith('["GET"'))
        writes = (line for line in log[1:] if not line.startswith('["GET"'))
        note(f"{name}.writes", "\n".join([log[0], *masked(writes)]))
        note(f"{name}.applyreads", "\n".join(masked(reads)))

    source_url = f"http://127.0.0.1:{SOURCE}"
    for name in COMPANIES:
        folder = out / f"work-{name}"
        folder.mkdir()
        backup = folder / "backup.db"
        with served(base, SOURCE, 7, made / f"{name}.msgpack") as url:
            run(checkout, folder, url, "backup", "--db-path", backup, "--workers", 1)
            note(f"{name}.backup", rows_of(backup))
            note(
                f"{name}.backupreads",
                "\n".join(sorted(json.dumps(each, sort_keys=True) for each in requests(url))),
            )
        shutil.copy(made / f"{name}.db", backup)  # the same `synced_at` on both sides
        with served(base, SOURCE, 7, made / f"{name}.msgpack") as url:
            planned(folder, url, f"{name}-same", backup)
        with served(base, SOURCE, 7, made / f"{name}-damaged.msgpack") as url:
            file = planned(folder, url, f"{name}-repair", backup)
            applied(folder, url, f"{name}-repair", file, backup)
            planned(folder, url, f"{name}-repaired", backup, after_apply=True)
        (folder / ".lookervault-plan").exists() and shutil.rmtree(folder / ".lookervault-plan")
        with served(base, DESTINATION, 8) as url:
            file = planned(folder, url, f"{name}-across", backup)
            if name != "whole":
                planned(
                    folder,
                    url,
                    f"{name}-few",
                    backup,
                    "--select",
                    "+type:board +type:scheduled_plan",
                )
                applied(folder, url, f"{name}-across", file, backup)
                planned(folder, url, f"{name}-again", backup, after_apply=True)
                planned(
                    folder,
                    url,
                    f"{name}-owners",
                    backup,
                    "--owners",
                    "--schedules",
                    "keep",
                    after_apply=True,
                )
                shutil.rmtree(folder / ".lookervault-plan")
                planned(folder, url, f"{name}-lost", backup, "--skip-if-modified", after_apply=True)
    folder = out / "work-fixtures"
    folder.mkdir()
    with served(base, DESTINATION, 9, made / "small.msgpack") as url:
        for name in FIXTURES:
            backup = folder / f"{name}.db"
            backup.write_bytes(
                gzip.decompress((base / "tests/fixtures" / f"{name}.db.gz").read_bytes())
            )
            planned(
                folder,
                url,
                f"{name}-across",
                backup,
                "--source-instance",
                "https://old.example.com",
            )
            planned(folder, url, f"{name}-unknown", backup)
            if name in ("lookervault-v4-small", "json-blobs"):
                planned(folder, url, f"{name}-same", backup, "--source-instance", url)
    with served(base, DESTINATION, 10) as url:
        backup = folder / "lookervault-v4-small.db"
        file = planned(
            folder, url, "lv-small-empty", backup, "--source-instance", "https://old.example.com"
        )
        applied(folder, url, "lv-small-empty", file, backup)
        planned(
            folder,
            url,
            "lv-small-again",
            backup,
            "--source-instance",
            "https://old.example.com",
            after_apply=True,
        )


def record(base: Path, checkout: Path, out: Path, made: Path) -> None:
    out.exists() and shutil.rmtree(out)
    out.mkdir(parents=True)
    scenarios(base, checkout, out, made)


def main() -> int:
    base_rev, *rest = sys.argv[1:]
    checkout = Path(rest[0] if rest else ".").resolve()
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        begun = time.monotonic()
        base, made, was = WORK / "base", WORK / "made", WORK / "was"
        if not base.exists():
            subprocess.run(
                ["git", "worktree", "add", "--detach", str(base), base_rev],
                check=True,
                cwd=checkout,
            )
        if not was.exists():
            made.exists() and shutil.rmtree(made)
            made.mkdir()
            url = f"http://127.0.0.1:{SOURCE}"
            for name, items in COMPANIES.items():
                python(base, MAKE, made / f"{name}.msgpack", items, url)
                python(
                    base, DAMAGE, made / f"{name}.msgpack", made / f"{name}-damaged.msgpack", url
                )
                with served(base, SOURCE, 7, made / f"{name}.msgpack") as at:
                    code, said = run(base, made, at, "backup", "--db-path", made / f"{name}.db")
                    assert code == 0, said
            record(base, base, was, made)
        now = WORK / "now"
        record(base, checkout, now, made)
        differ = []
        for file in sorted(was.iterdir()):
            if file.is_file() and file.read_bytes() != (now / file.name).read_bytes():
                differ.append(file.name)
        kept = WORK / f"last-{checkout.name}"
        kept.exists() and shutil.rmtree(kept)
        now.rename(kept)
        print(
            f"{len([f for f in was.iterdir() if f.is_file()])} records, {len(differ)} differ; {time.monotonic() - begun:.0f} s"
        )
        for name in differ:
            print(f"  diff {was / name} {kept / name}")
        return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
