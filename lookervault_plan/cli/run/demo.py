"""Run `demo`: back up, plan, apply and repair on two simulated Lookers."""

import os
import shlex
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lookervault_plan.cli.app import main
from lookervault_plan.cli.options import Common
from lookervault_plan.errors import Exit, failure
from lookervault_plan.sandbox.company import populate
from lookervault_plan.sandbox.company.accidents import have_accidents
from lookervault_plan.sandbox.server import Sandbox


def demo(*, folder: Path | None, common: Common) -> int:
    """Run the commands of the story, and print each before it runs."""
    place = folder or Path(tempfile.mkdtemp(prefix="lookervault-plan-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    out = Console(no_color=common.no_color, highlight=False, soft_wrap=True)
    with Sandbox(seed=11) as dev, Sandbox(seed=12) as prod:
        populate(dev.looker.call, "dev", seed=1)
        populate(prod.looker.call, "prod", seed=1)
        story = _Story(out, place, common)
        story.title("1. Two Lookers")
        story.tell(f"dev is a simulated Looker at {dev.url}, prod another one at {prod.url}.")
        story.tell("dev has a new dashboard, and a dashboard with a changed and a new tile.")
        story.title("2. Plan: what would bring dev's release to prod?")
        story.use(dev)
        story.run("backup --db-path backup.db")
        story.use(prod)
        story.run("plan --db-path backup.db --out plan.json --report html=plan.html")
        story.title("3. Apply exactly that plan")
        story.run("apply plan.json --report html=apply.html")
        story.title("4. An accident in prod")
        for line in have_accidents(prod.looker.call):
            story.tell(f"Somebody {line}.")
        story.tell("apply would ask before it reverts what hands have changed: --allow says yes.")
        repair = "--out repair.json --allow hand-edits --report html=repair.html"
        story.run(f"plan --db-path backup.db {repair}")
        story.title("5. The repair")
        story.run("apply repair.json")
        story.run("plan --db-path backup.db")
    story.title("Look at it")
    story.tell(f"The plans as pages: {place / 'plan.html'} and {place / 'repair.html'}")
    story.tell('Repeat it by hand: README, "By hand", starts the two Lookers for you.')
    return Exit.OK


class _Story:
    """Prints commands and remarks, and runs the commands."""

    def __init__(self, out: Console, place: Path, common: Common) -> None:
        self.out: Console = out
        self.place: Path = place
        self.common: Common = common
        self.variables: dict[str, str] = {}

    def title(self, line: str) -> None:
        self.out.print(Text(f"\n{line}\n{'─' * len(line)}", style="bold"))

    def tell(self, line: str) -> None:
        self.out.print(Text(line))

    def use(self, sandbox: Sandbox) -> None:
        self.variables = {
            "LOOKERSDK_BASE_URL": sandbox.url,
            "LOOKERSDK_CLIENT_ID": sandbox.client_id,
            "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
        }

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
