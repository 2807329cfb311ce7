"""The rule set itself: every rule has a page and a check, every page its metadata, headings, words and examples."""

from __future__ import annotations

import json
import pkgutil
import re
import string
from pathlib import Path

import pytest
from rule_pages import cases

import tslint.checks
from tslint import catalogue
from tslint.catalogue import Rule
from tslint.diagnostic import Claim
from tslint.evidence import Evidence
from tslint.report import Options, page

RULES = list(catalogue.rules().values())
WITHOUT_CHECK = {"syntax-error", "unreadable-file", "check-crashed", "unused-suppression"}
"""What tslint says of its own work: made where it is noticed, by no check."""
WITHOUT_EXAMPLE = {"environment", "unreadable-file", "check-crashed", "unused-suppression"}
"""Rules about what stands in no file; the cases of `environment` are rows of a data file."""
ADVICE_LIMIT = 5
MOST_COLUMNS = 140
TAGS = {
    "toml",
    *("python bad", "python good", "python fixed", "python proof"),
    *("text raises", "text warns"),
}


LABELS = {
    "python bad": ("Reported:",),
    "python good": ("Not reported:",),
    "python fixed": ("Fixed:",),
    "python proof": ("What holds after it ran:",),
    "text raises": ("The message:", "Or:"),
    "text warns": ("The warning:", "Or:"),
}
"""What stands above an example, for those who do not see its tag."""


def by_rule() -> list[object]:
    return [pytest.param(rule, id=rule.name) for rule in RULES]


def test_every_check_has_a_page_and_every_rule_a_check() -> None:
    modules = {info.name for info in pkgutil.iter_modules(tslint.checks.__path__) if not info.name.startswith("_")}
    assert {name.replace("_", "-") for name in modules} == {rule.name for rule in RULES} - WITHOUT_CHECK


def test_every_module_of_checks_marks_a_check() -> None:
    marked = {check.rule for found in tslint.checks.checks().values() for check in found}
    assert marked == {rule.name for rule in RULES} - WITHOUT_CHECK


def test_everything_that_a_run_reports_as_wrong_is_some_rules() -> None:
    wrong = {
        kind
        for name, kind in Evidence.KINDS.items()
        if re.search(r"Refused|Differed|Unsupported|Wrong|Failed|Died", name)
    }
    wrong |= {Evidence.KINDS[name] for name in ("ConstantBaked", "BranchTaken", "LoopUnrolled")}
    assert wrong <= set(tslint.checks.checks())


@pytest.mark.parametrize("rule", by_rule())
def test_a_reader_of_the_web_is_told_what_each_example_is(rule: Rule) -> None:
    lines = rule.text.splitlines()
    tagged = [(number, line.strip("` ")) for number, line in enumerate(lines) if line.startswith("```")]
    for number, tag in tagged:
        if tag in LABELS:
            assert lines[number - 2] in LABELS[tag] and not lines[number - 1], f"{rule.name}: {lines[number - 2]}"


def test_what_claims_are_is_said_beside_the_list_of_rules() -> None:
    text = (catalogue.folder() / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| `([a-z-]+)` \|", text.partition("## What a rule claims")[2], re.MULTILINE)
    assert sorted(said) == sorted(claim.value for claim in Claim)


@pytest.mark.parametrize("rule", by_rule())
def test_name(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert rule.text.startswith(f"# {rule.name}\n")


@pytest.mark.parametrize("rule", by_rule())
def test_headings_in_order(rule: Rule) -> None:
    prose = re.sub(r"```.*?```", "", rule.text, flags=re.DOTALL)
    headings = re.findall(r"^## (.+)$", prose, re.MULTILINE)
    wanted = ["Why it matters", "When to ignore it", "Sources"]
    assert [heading for heading in headings if heading in wanted] == wanted
    assert ("Examples" in headings) == (rule.name not in WITHOUT_EXAMPLE)
    assert ("The fix" in headings) == (rule.fix is not None)
    sources = rule.text.rpartition("## Sources")[2]
    assert re.search(r"\]\(https://[^)]+\)", sources)


@pytest.mark.parametrize("rule", by_rule())
def test_it_is_markdown_that_reads_well_anywhere(rule: Rule) -> None:
    """Blank lines around blocks and headings, each block closed and tagged, code spans and links whole, no line too long."""
    lines, fence = rule.text.split("\n"), ""
    assert lines[-2:] != ["", ""] and lines[-1] == "", "the page ends with one line end"
    for number, line in enumerate(lines[:-1], 1):
        here = f"{rule.name}.md:{number}: {line}"
        before, after = (["", *lines][number - 1], lines[number])
        assert (line == line.rstrip() and "\t" not in line) or fence, here
        opened = re.match(r"`{3,}(?= *(.*))", line)
        if fence:
            if opened and line == fence:
                fence = ""
                assert after == "", here
        elif opened:
            fence = opened[0]
            assert before == "" and opened[1] in TAGS, here
        else:
            assert not (before == line == ""), here
            assert line.count("`") % 2 == 0, here
            if line.startswith("#"):
                assert re.match(r"(# |## )\S", line) and before == after == "", here
            for target in re.findall(r"\]\(([^)]*)\)?", line):
                assert re.fullmatch(r"https://[^\s()]+", target), here
            unbreakable = line.startswith("|") or re.fullmatch(r"- \[[^]]+\]\(\S+\)\S*( \S+)?", line)
            assert len(line) <= MOST_COLUMNS or unbreakable, here
    assert not fence, f"{rule.name}.md: a block is not closed"


@pytest.mark.parametrize("rule", by_rule())
def test_explain_says_metadata_and_tags_in_words(rule: Rule) -> None:
    text = page.render(rule, Options())
    assert text.startswith(f"# {rule.name}\n\n{rule.summary}\n\n- group: {rule.group}\n")
    assert text.count(f"# {rule.name}\n") == 1
    assert not re.search(r"^```\w+ \w+", text, re.MULTILINE)
    assert "```toml\nsummary" not in text


@pytest.mark.parametrize("rule", by_rule())
def test_metadata(rule: Rule) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)
    assert rule.claims and len(set(rule.claims)) == len(rule.claims)
    assert Claim.UNCHECKABLE not in rule.claims or rule.group == "tslint"


@pytest.mark.parametrize("rule", by_rule())
def test_words(rule: Rule) -> None:
    for text in (rule.summary, rule.message):
        assert text == text.strip() and "\n" not in text
        assert not text.endswith((".", "!", ":"))
        assert text[0].islower() or text[0] in "`{", text
        assert text.count("`") % 2 == 0
        assert not re.search(r"\b(please|oops|sorry|you should)\b", text, re.IGNORECASE)
    names = [name for _, name, _, _ in string.Formatter().parse(rule.message) if name is not None]
    assert all(re.fullmatch(r"[a-z]+", name) for name in names)


@pytest.mark.parametrize("rule", by_rule())
def test_examples(rule: Rule) -> None:
    own = [case for case in cases("bad", "good", "fixed") if case.rule.name == rule.name]
    if rule.name in WITHOUT_EXAMPLE:
        assert not own
        return
    kinds = [case.kind for case in own]
    assert "bad" in kinds and "good" in kinds
    assert ("fixed" in kinds) == (rule.fix is not None)
    marked = {case.observed for case in own if case.kind == "bad"}
    assert marked == {rule.observed}, "`# observed` marks the lines of what only a run can see, `# error` the others"
    texts = [case.text for case in own]
    assert len(set(texts)) == len(texts)


def test_few_rules_are_advice() -> None:
    assert sum(Claim.ADVICE in rule.claims for rule in RULES) <= ADVICE_LIMIT


def test_environment_page_lists_every_pair_known_not_to_work() -> None:
    data = Path(tslint.checks.__file__).parent.parent / "probe" / "installed.json"
    text = catalogue.rules()["environment"].text
    for row in json.loads(data.read_text(encoding="utf-8"))["pairs"]:
        assert row["problem"] in text and row["phrase"] in text
