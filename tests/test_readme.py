"""README, the pages behind it and the list of rules say what is true today: transcripts, rules, commands, options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commandline import ROOT, tslint
from readme import (
    DOCS,
    README,
    RULES,
    RULES_PAGE,
    all_rules,
    copies,
    measured,
    printed,
    printed_in_a_copy,
    some_rules,
    transcripts,
    walked,
)

TEXT = README.read_text(encoding="utf-8")
PAGES = [README, *DOCS, RULES_PAGE]
ALL = "".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_readme_shows_both_examples() -> None:
    commands = [command for command, _ in transcripts(TEXT)]
    assert "check examples/segmentation.py" in commands
    assert "check examples/sentence_completion.py" in commands


@pytest.mark.torch
@pytest.mark.coreml
@pytest.mark.parametrize(("command", "output"), transcripts(TEXT), ids=[command for command, _ in transcripts(TEXT)])
def test_transcripts_are_what_tslint_prints(command: str, output: str) -> None:
    """``python tests/readme.py`` writes them anew."""
    assert measured(printed(command)) == measured(output)


@pytest.mark.torch
@pytest.mark.coreml
def test_what_is_fixed_in_a_copy_is_what_tslint_prints() -> None:
    ((command, output),) = copies(TEXT)
    assert command == "check segmentation.py --fix --unsafe-fixes"
    assert measured(printed_in_a_copy(command)) == measured(output)


@pytest.mark.torch
@pytest.mark.coreml
def test_the_walk_through_an_untidy_project_ends_in_a_clean_exit_status(tmp_path: Path) -> None:
    """Every command in README's order, in a copy; ``python tests/readme.py`` writes what they print anew."""
    found = walked(TEXT, tmp_path)
    assert [measured(now) for _, _, now, _ in found] == [measured(said) for _, said, _, _ in found]
    assert found[0][3] == 1 and found[-1][3] == 0
    assert {"--run", "--fix", "--unsafe-fixes", "--write-baseline"} <= {
        word for command, *_ in found for word in command.split()
    }


def test_the_table_of_rules_is_the_catalogue() -> None:
    (table,) = RULES.findall(RULES_PAGE.read_text(encoding="utf-8"))
    assert table == all_rules()
    (table,) = RULES.findall(TEXT)
    assert table == some_rules()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link.partition("#")[0]).exists()] == []


def test_readme_leads_to_every_page() -> None:
    for page in PAGES[1:]:
        assert f"]({page.relative_to(ROOT).as_posix()})" in TEXT


def test_every_option_that_readme_names_exists() -> None:
    named = set(re.findall(r"`(--[a-z-]+)", ALL)) - {"--check", "--version"}
    helps = "".join(tslint(*command, "--help", cwd=ROOT).out for command in (["check"], ["init"], []))
    helps += (ROOT / "tslint" / "pytest_plugin.py").read_text(encoding="utf-8")
    assert {option for option in named if option not in helps} == set()


def test_the_configuration_that_readme_shows_is_accepted(tmp_path: Path) -> None:
    shown = [text for text in re.findall(r"```toml\n(.*?)```", ALL, re.DOTALL) if "[tool.tslint" in text]
    assert len(shown) == 3
    (tmp_path / "plain.py").write_text("x = 1\n", encoding="utf-8")
    for text in shown:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        outcome = tslint("check", "--static", "plain.py", cwd=tmp_path)
        assert outcome.status == 0, outcome


def test_changelog_has_the_headings_of_keep_a_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^(##+) (.+)$", text, re.MULTILINE)
    assert headings[0] == ("##", "[Unreleased]")
    allowed = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert {title for level, title in headings if level == "###"} <= allowed
