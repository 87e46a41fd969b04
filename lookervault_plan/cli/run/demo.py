"""Run `demo`: back up, plan, apply and repair on two simulated Lookers."""

import os
import shlex
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.text import Text

from lookervault_plan.cli.app import main
from lookervault_plan.cli.options import Common
from lookervault_plan.errors import Exit, failure
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox

COMPANY = {"dashboards": 24, "looks": 30, "folders": 12, "users": 8}


def demo(*, folder: Path | None, common: Common) -> int:
    """Run the commands of the story, and print each before it runs."""
    place = folder or Path(tempfile.mkdtemp(prefix="lookervault-plan-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    out = Console(no_color=common.no_color, highlight=False, soft_wrap=True)
    with Sandbox(seed=11) as dev, Sandbox(seed=12) as prod:
        fill(dev.looker.call, seed=1, **COMPANY)
        # Both instances know the same people, as they do behind one single sign-on.
        fill(prod.looker.call, seed=1, dashboards=0, looks=0, folders=0, users=COMPANY["users"])
        story = _Story(out, place, common)
        story.tell(f"dev is a simulated Looker at {dev.url}, with a company's content.")
        story.tell(f"prod is another one at {prod.url}: the same people, no content yet.")
        story.use(dev)
        story.run("backup --db-path backup.db")
        story.use(prod)
        story.run("plan --db-path backup.db --out plan.json --allow users-across")
        story.run("apply plan.json")
        story.tell("Planned again, there is nothing left to do:")
        story.run("plan --db-path backup.db --out again.json")
        for line in damage(prod):
            story.tell(f"Somebody {line}.")
        story.run("plan --db-path backup.db --out repair.json")
        story.run("apply repair.json")
        story.run("plan --db-path backup.db --out again.json")
    story.tell(f"The files are in {place}")
    story.tell("Repeat it by hand against `lookervault-plan sandbox serve --company small`.")
    return Exit.OK


def damage(prod: Sandbox) -> Iterator[str]:
    """Change some content as people would, and say each time what somebody did."""
    call = prod.looker.call
    dashboards = _listed(call("GET", "/dashboards/search", {"sorts": "id"}))
    tiled = [each for each in dashboards if each["dashboard_elements"]]
    tile = cast("list[Mapping[str, object]]", tiled[0]["dashboard_elements"])[0]
    _ = call("DELETE", f"/dashboard_elements/{tile['id']}")
    yield f"deletes the tile {tile['title'] or tile['id']} of {tiled[0]['title']}"
    _ = call("PATCH", f"/dashboards/{tiled[1]['id']}", None, {"title": "asdf"})
    yield f"renames {tiled[1]['title']} to asdf"
    _ = call("PATCH", f"/dashboards/{tiled[2]['id']}", None, {"deleted": True})
    yield f"puts {tiled[2]['title']} into the trash"
    folders = [
        each
        for each in _listed(call("GET", "/folders"))
        if each["parent_id"] not in (None, "1") and not each["is_personal"]
    ]
    if folders:
        _ = call("PATCH", f"/folders/{folders[-1]['id']}", None, {"parent_id": "1"})
        yield f"moves the folder {folders[-1]['name']} to Shared"


class _Story:
    """Prints commands and remarks, and runs the commands."""

    def __init__(self, out: Console, place: Path, common: Common) -> None:
        self.out: Console = out
        self.place: Path = place
        self.common: Common = common
        self.variables: dict[str, str] = {}

    def tell(self, line: str) -> None:
        self.out.print(Text(f"\n# {line}", style="dim"))

    def use(self, sandbox: Sandbox) -> None:
        self.variables = {
            "LOOKERSDK_BASE_URL": sandbox.url,
            "LOOKERSDK_CLIENT_ID": sandbox.client_id,
            "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
        }
        self.out.print()
        for name, value in self.variables.items():
            self.out.print(Text(f"$ export {name}={value}", style="bold"))

    def run(self, command: str) -> None:
        self.out.print(Text(f"\n$ lookervault-plan {command}", style="bold"))
        words = shlex.split(command)
        if self.common.no_color:
            words.append("--no-color")
        with _within(self.place, self.variables):
            code = main(words)
        if code:
            raise failure(
                "demo.failed",
                f"`lookervault-plan {command}` ended with exit code {code}",
                detail=f"the files so far are in {self.place}",
                fix="please report this; the demo uses nothing but the simulated Looker",
            )


@contextmanager
def _within(place: Path, variables: Mapping[str, str]) -> Generator[None]:
    """Change the working directory and variables inside the block, and restore both after it."""
    before, variables_before = Path.cwd(), {name: os.environ.get(name) for name in variables}
    os.chdir(place)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in variables_before.items():
            if value is None:
                _ = os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _listed(answer: tuple[int, object]) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", answer[1])
