"""Run the steps of a GitHub workflow on this machine, its shell lines as they stand."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

#: A `gh` that answers from the files of a `GitHub`, in the forms that the examples use.
GH = r"""#!{python}
import json, pathlib, shutil, sys
root = pathlib.Path({root!r})
runs = json.loads((root / "runs.json").read_text())
comments = json.loads((root / "comments.json").read_text())
words = sys.argv[1:]

def option(name):
    return words[words.index(name) + 1] if name in words else None

if words[:2] == ["run", "list"]:
    assert option("--json") == "databaseId" and option("--limit") == "1"
    assert option("--jq") == ".[0].databaseId // empty"
    assert option("--status") in ("success", "completed")
    fit = [
        run for run in runs
        if run["workflow"] == option("--workflow") and option("--commit") in (None, run["commit"])
        and (option("--status") == "completed" or run["success"])
    ]
    print(fit[-1]["id"] if fit else "", end="\n" if fit else "")
elif words[:2] == ["run", "download"]:
    artifact = root / "artifacts" / words[2] / option("--name")
    if not artifact.is_dir():
        sys.exit("no artifact matches any of the names or patterns provided")
    shutil.copytree(artifact, option("--dir") or ".", dirs_exist_ok=True)
elif words[0] == "api" and words[1] == "--paginate":
    assert words[2] == "repos/acme/looker/issues/7/comments"
    marker = option("--jq").split('startswith("')[1].split('"')[0]
    assert option("--jq") == '.[] | select(.body | startswith("%s")) | .id' % marker
    for comment in comments:
        if comment["body"].startswith(marker):
            print(comment["id"])
elif words[:2] == ["api", "--method"]:
    field = option("--field")
    assert field.startswith("body=@")
    body = pathlib.Path(field.removeprefix("body=@")).read_text()
    path = words[3]
    if words[2] == "POST":
        assert path == "repos/acme/looker/issues/7/comments"
        comments.append(dict(id=len(comments) + 100, body=body))
    else:
        (found,) = [c for c in comments if path == f"repos/acme/looker/issues/comments/{{c['id']}}"]
        found["body"] = body
    (root / "comments.json").write_text(json.dumps(comments))
elif words[0] == "api":
    assert words[1].startswith("repos/acme/looker/commits/") and words[1].endswith("/pulls")
    assert option("--jq") == ".[0].head.sha // empty"
    print("headsha")
else:
    sys.exit(f"gh does not know {{words}}")
"""


class Ran(NamedTuple):
    """What a job did: whether it passed, and what it wrote into its summary."""

    passed: bool
    summary: str
    log: str


class GitHub:
    """One repository's runs, artifacts and comments, in a folder."""

    def __init__(self, root: Path, *, values: Mapping[str, str]):
        self.root = root
        #: What `${{ vars.X }}`, `${{ secrets.X }}` and other expressions stand for.
        self.values = values
        (root / "bin").mkdir(parents=True)
        self._write("runs.json", [])
        self._write("comments.json", [])
        gh = root / "bin" / "gh"
        gh.write_text(GH.format(python=sys.executable, root=str(root)))
        gh.chmod(gh.stat().st_mode | stat.S_IXUSR)

    @property
    def comments(self) -> list[str]:
        return [
            comment["body"] for comment in json.loads((self.root / "comments.json").read_text())
        ]

    def comment(self, body: str) -> None:
        """Let somebody comment on the pull request."""
        self._write("comments.json", [{"id": 1, "body": body}])

    def run(self, workflow: Path, *, repository: Path) -> Ran:
        """Run the only job of a workflow on a fresh runner, with a checkout of `repository`."""
        runs = json.loads((self.root / "runs.json").read_text())
        number = str(len(runs) + 1)
        place = self.root / "runners" / number
        place.mkdir(parents=True)
        (job,) = yaml.safe_load(workflow.read_text())["jobs"].values()
        job_env = self._values(job.get("env", {}))
        passed, log, summary = True, "", place.with_suffix(".summary")
        summary.touch()
        for step in job["steps"]:
            if not self._is_due(step.get("if"), passed=passed, place=place):
                continue
            if "uses" in step:
                self._use(step, place=place, repository=repository, number=number)
                continue
            env = {
                "PATH": f"{self.root / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
                "HOME": str(place),
                "GITHUB_REPOSITORY": "acme/looker",
                "GITHUB_SHA": "mergesha",
                "GITHUB_STEP_SUMMARY": str(summary),
                "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.2",
                **job_env,
                **self._values(step.get("env", {})),
            }
            if step["run"] == "pip install lookervault-plan":
                continue
            # GitHub runs `bash -e` with pipefail off unless a shell is named
            done = subprocess.run(
                ["bash", "-e", "-c", self._value(step["run"])],
                cwd=place,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            log += f"## {step.get('name')}\n{done.stdout}{done.stderr}"
            passed = passed and done.returncode == 0
        run = {
            "id": number,
            "workflow": workflow.name,
            "commit": "headsha" if "plan" in workflow.name else "mergesha",
            "success": passed,
        }
        self._write("runs.json", [*runs, run])
        return Ran(passed, summary.read_text(), log)

    def _use(self, step: Mapping[str, Any], *, place: Path, repository: Path, number: str) -> None:
        action, _, _ = step["uses"].partition("@")
        given = step.get("with", {})
        match action:
            case "actions/checkout":
                shutil.copytree(repository, place, dirs_exist_ok=True)
            case "actions/setup-python":
                assert given["python-version"]
            case "actions/upload-artifact":
                paths = [place / path for path in given["path"].split()]
                found = [path for path in paths if path.exists()]
                assert found or given["if-no-files-found"] == "ignore"
                target = self.root / "artifacts" / number / given["name"]
                for path in found:
                    if path.is_dir():
                        assert given["include-hidden-files"] is True
                        shutil.copytree(path, target)
                    else:
                        target.mkdir(parents=True, exist_ok=True)
                        shutil.copy(path, target / path.name)
            case _:
                raise AssertionError(f"no step of the examples may use {action}")

    def _is_due(self, condition: str | None, *, passed: bool, place: Path) -> bool:
        if condition is None:
            return passed
        text = condition.removeprefix("${{").removesuffix("}}").strip()
        status, _, rest = text.partition(" && ")
        assert status in ("always()", "!cancelled()"), text
        if not rest:
            return True
        named = re.fullmatch(r"hashFiles\('([^']+)'\) != ''", rest)
        assert named, text
        return (place / named[1]).exists()

    def _values(self, env: Mapping[str, str]) -> dict[str, str]:
        return {name: self._value(value) for name, value in env.items()}

    def _value(self, text: str) -> str:
        return re.sub(r"\$\{\{ *(.+?) *\}\}", lambda found: self.values[found[1]], text)

    def _write(self, name: str, value: object) -> None:
        (self.root / name).write_text(json.dumps(value))
