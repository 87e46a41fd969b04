"""The files of examples/ are what the tools that read them expect."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lookervault_plan.cli.app import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BIN = Path(sys.executable).parent


def shell_lines() -> dict[str, str]:
    """Every piece of shell in the examples, by where it stands."""
    out = {path.name: path.read_text() for path in EXAMPLES.glob("cron/*.sh")}
    for path in EXAMPLES.glob("github/*.yml"):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            for step in job["steps"]:
                if "run" in step:
                    out[f"{path.name}: {step['name']}"] = f"#!/bin/bash\n{step['run']}"
    for name, job in yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text()).items():
        for line in job.get("script", ()) if isinstance(job, dict) else ():
            out[f"gitlab-ci.yml: {name}"] = f"#!/bin/bash\n{line}"
    return out


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", "github/*.yml"),
        ("vendor.gitlab-ci", "gitlab-ci.yml"),
    ],
)
def test_pipelines_fit_their_schemas(schema: str, files: str):
    paths = [str(path) for path in EXAMPLES.glob(files)]
    command = [BIN / "check-jsonschema", "--builtin-schema", schema, *paths]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert paths
    assert done.returncode == 0, done.stdout


def test_shell_lines_pass_shellcheck(tmp_path: Path):
    for number, (where, lines) in enumerate(shell_lines().items()):
        script = tmp_path / f"{number}.sh"
        script.write_text(lines)
        done = subprocess.run(
            [BIN / "shellcheck", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{where}\n{done.stdout}"


def test_the_hooks_check_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hooks: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    monkeypatch.chdir(tmp_path)

    for hook in hooks:
        program, *words = hook["entry"].split()
        assert program == "lookervault-plan"
        kind = words[-1].removeprefix("--")
        good = shutil.copy(EXAMPLES / f"{kind}.yml", tmp_path / f"{kind}.yml")
        assert main([*words, str(good)]) == 0
        bad = tmp_path / f"bad-{kind}.yml"
        bad.write_text("selectorss: []\n")
        assert main([*words, str(bad)]) == 1


def test_the_image_does_not_run_as_root():
    lines = [line.split() for line in (EXAMPLES / "Dockerfile").read_text().splitlines()]
    words = [line for line in lines if line and not line[0].startswith("#")]

    (user,) = [line[1] for line in words if line[0] == "USER"]
    assert user not in ("root", "0")
    assert words[-1] == ["ENTRYPOINT", '["lookervault-plan"]']
