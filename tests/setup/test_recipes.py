"""README's jobs and hooks, copied from it, parsed, and their commands run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from commandline import ROOT
from recipes import commands, recipe
from test_watch import NET

from tslint.setup import merging


def job(first: str) -> Any:
    return yaml.safe_load(recipe("yaml", first))


def steps() -> list[dict[str, Any]]:
    (only,) = job("# .github/workflows/tslint.yml")["jobs"].values()
    return list(only["steps"])


def run(lines: list[str], tmp_path: Path) -> list[subprocess.CompletedProcess[str]]:
    """Each of LINES that runs tslint, as a shell runs it, in a project with problems."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "net.py").write_text(NET, encoding="utf-8")
    env = commands(tmp_path / "bin")
    ours = [line for line in lines if line.startswith("tslint ")]
    assert ours
    return [
        subprocess.run(["sh", "-ec", line], cwd=project, env=env, capture_output=True, encoding="utf-8", check=False)
        for line in ours
    ]


def test_the_workflow_stops_and_leaves_a_report_for_code_scanning(tmp_path: Path) -> None:
    annotated, written = run([step["run"] for step in steps() if "run" in step], tmp_path)
    assert (annotated.returncode, annotated.stderr) == (1, "")
    assert all(line.startswith(("::error ", "::warning ", "  ")) for line in annotated.stdout.splitlines())
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    (upload,) = [step for step in steps() if step.get("uses", "").startswith("github/codeql-action/upload-sarif@")]
    report = json.loads((tmp_path / "project" / upload["with"]["sarif_file"]).read_text(encoding="utf-8"))
    assert report["version"] == "2.1.0"
    assert len(report["runs"][0]["results"]) == annotated.stdout.count("::error ") + annotated.stdout.count(
        "::warning "
    )


def test_the_workflow_may_upload_and_does_so_after_problems() -> None:
    workflow = job("# .github/workflows/tslint.yml")
    assert workflow["permissions"]["security-events"] == "write"
    after = [step for step in steps() if "sarif" in str(step)]
    assert [step["if"] for step in after] == ["always()", "always()"]


def test_the_job_of_gitlab_leaves_a_report_of_code_quality(tmp_path: Path) -> None:
    found = job("# .gitlab-ci.yml")["tslint"]
    (outcome,) = run(found["script"], tmp_path)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (1, "", "")
    assert found["artifacts"]["when"] == "always"
    name = found["artifacts"]["reports"]["codequality"]
    report = json.loads((tmp_path / "project" / name).read_text(encoding="utf-8"))
    assert {entry["location"]["path"] for entry in report} == {"net.py"}


def test_the_workflow_of_init_runs_with_its_matcher(tmp_path: Path) -> None:
    found = yaml.safe_load(merging.template("workflow.yml"))["jobs"]["tslint"]["steps"]
    lines = [step["run"] for step in found if "run" in step]
    (outcome,) = run(lines, tmp_path)
    assert outcome.returncode == 1
    assert outcome.stdout.startswith("net.py:")
    assert 'echo "::add-matcher::.github/tslint-matcher.json"' in lines


@pytest.mark.parametrize("first", ["# .github/workflows/tslint.yml", "# .gitlab-ci.yml"])
def test_the_jobs_install_this_version(first: str) -> None:
    assert f'pip install "tslint=={_version()}"' in recipe("yaml", first)


def test_readme_names_the_hooks_that_there_are() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repo,) = job("# .pre-commit-config.yaml")["repos"]
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in hooks]
    (template,) = yaml.safe_load(merging.template("pre-commit.yaml"))["repos"]
    assert (repo["repo"], repo["rev"]) == (template["repo"], template["rev"])


def _version() -> str:
    from tslint import __version__

    return __version__
