"""The ``html`` format without a browser: well formed, in need of nothing, deaf to hostile text, and saying what it should."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from cases import CASES, HERE, MATH, SEGMENTATION, SOURCE, report
from html_cases import ATTACK, PAGES
from test_formats import golden

from tslint.diagnostic import Applicability, Edit, Fix, Label, Span
from tslint.report import Options, render
from tslint.report.content import Report
from tslint.report.html import STYLE, code
from tslint.report.html.answer import Answer, answer, static_answer
from tslint.report.html.markup import element, escaped, words
from tslint.report.html.modules import nodes

html5lib = pytest.importorskip("html5lib")


def page(name: str, **options: Any) -> Element:
    """The page as a parser that forgives nothing reads it."""
    return parsed(render(PAGES[name](), "html", Options(**options)))


def parsed(text: str) -> Element:
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    found = parser.parse(text)
    assert isinstance(found, Element)
    return found


def text_of(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


def texts(root: Element, path: str) -> list[str]:
    return [text_of(node) for node in root.iterfind(path)]


def rows(root: Element, caption: str) -> list[list[str]]:
    (table,) = [table for table in root.iter("table") if text_of(table[0]) == caption]
    return [[text_of(cell) for cell in row] for row in table.iter("tr")]


# -- every page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_names_are_unique_and_what_refers_to_one_finds_it(name: str) -> None:
    root = page(name)
    names = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(names) == len(set(names))
    referred = [node.get(key) for node in root.iter() for key in ("for", "aria-labelledby") if node.get(key)]
    links = [str(node.get("href")) for node in root.iter("a")]
    local = [link[1:] for link in links if link.startswith("#")]
    assert {*referred, *local} <= set(names) and len(local) > 2
    outside = [link for link in links if not link.startswith("#")]
    assert all(
        re.fullmatch(r"https://github\.com/tslint/tslint/blob/main/rules/\w+/[\w-]+\.md", link) for link in outside
    )


@pytest.mark.parametrize("name", PAGES)
def test_headings_go_down_one_level_at_a_time(name: str) -> None:
    levels = [int(node.tag[1]) for node in page(name).iter() if re.fullmatch("h[1-6]", str(node.tag))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert [(one, two) for one, two in itertools.pairwise(levels) if two > one + 1] == []


@pytest.mark.parametrize("name", PAGES)
def test_tables_say_what_they_are_and_have_headers_both_ways(name: str) -> None:
    for table in page(name).iter("table"):
        assert table[0].tag == "caption" and text_of(table[0])
        head, *body = table.iter("tr")
        assert all(cell.tag == "th" and cell.get("scope") == "col" for cell in head)
        assert all(len(row) == len(head) and row[0].get("scope") == "row" for row in body) and body


@pytest.mark.parametrize("name", PAGES)
def test_landmarks_a_language_and_a_title(name: str) -> None:
    root = page(name)
    assert root.get("lang") == "en" and text_of(root.find("head/title")).endswith("— tslint")
    assert {tag: len(list(root.iter(tag))) for tag in ("main", "nav", "header", "footer")} == dict.fromkeys(
        ("main", "nav", "header", "footer"), 1
    )
    assert all(node.get("aria-labelledby") for node in root.iter() if node.tag in ("section", "article"))
    first = next(root.iter("a"))
    assert (first.get("href"), text_of(first)) == ("#answer", "Skip to the answer")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_and_a_browser_may_run_this_style_and_this_script_alone(name: str) -> None:
    text = render(PAGES[name](), "html", Options())
    root = page(name)
    assert [
        node.tag for node in root.iter() if node.get("src") or node.get("style") or node.tag in ("link", "iframe")
    ] == []
    (style,), (script,) = root.iter("style"), root.iter("script")
    assert "url(" not in str(style.text) and "@import" not in str(style.text)
    policy = root.find("head/meta[@http-equiv='Content-Security-Policy']").get("content")
    for kind, node in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(str(node.text).encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';") and text.endswith("</html>\n")


def test_hostile_text_is_text() -> None:
    root = page("attack", show_info=True, show_refuted=True)
    assert len(list(root.iter("script"))) == len(list(root.iter("style"))) == 1
    assert list(root.iter("img")) == []
    assert [key for node in root.iter() for key in node.attrib if key.startswith("on")] == []
    plain = "</script></style></title><script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='alert(3)'"
    assert "".join(root.itertext()).count(plain) > 40
    assert not {"\x1b", "\u202e"} & set("".join(root.itertext()))
    assert any(plain in str(value) for node in root.iter() for value in node.attrib.values())


@pytest.mark.parametrize("text", ["<b>", 'a"b', "a'b", "&amp;", "</style>", ATTACK])
def test_whatever_is_no_markup_is_escaped_once(text: str) -> None:
    assert not set("<>\"'") & set(escaped(text))
    assert escaped(escaped(text)) == escaped(text)
    assert element("p", text, title=text) == f'<p title="{escaped(text)}">{escaped(text)}</p>'
    assert words(f"`{text.replace('`', '')}`").startswith("<code>")


def test_the_same_report_is_the_same_page_whatever_the_order_of_sets() -> None:
    code = "import sys; sys.path.insert(0, 'tests/report'); from html_cases import PAGES; from tslint.report import *\n"
    code += "for make in PAGES.values(): print(render(make(), 'html', Options()))"
    root = Path(__file__).parent.parent.parent
    found = []
    for seed in "12":
        given = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        found.append(
            subprocess.run([sys.executable, "-c", code], cwd=root, env=given, capture_output=True, check=True).stdout
        )
    assert found[0] == found[1] and len(found[0]) > 100_000


@pytest.mark.parametrize("name", ["transcript", "modules"])
def test_the_body_of_a_page(name: str) -> None:
    text = render(PAGES[name](), "html", Options())
    body = text[text.index("<body>") : text.index("<script>")]
    body = re.sub(r"Written by tslint [^ ]+\. ", "Written by tslint X. ", body)
    golden(f"{name}.html.txt", re.sub(r"(</(?:p|li|h\d|tr|dl|pre|summary|div|ul|ol)>)", r"\1\n", body))


# -- contrast ---------------------------------------------------------------------------------------------------------

TINTS = ("good", "warn", "bad", "note", "script", "export")
GROUNDS = ("page", "panel", "sunk")


def colours() -> dict[str, tuple[str, str]]:
    return {
        name: (light, dark) for name, light, dark in re.findall(r"--(\S+): light-dark\((#\w{6}), (#\w{6})\);", STYLE)
    }


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_every_ground_that_it_stands_on(scheme: int) -> None:
    known = colours()
    pairs = [(text, ground) for text in ("ink", "soft", "link", *TINTS) for ground in GROUNDS]
    pairs += [(text, f"{text}-tint") for text in TINTS] + [("ink", f"{text}-tint") for text in TINTS]
    pairs += [(text, "good-tint") for text in ("soft", "bad", "link")]  # a row that is recommended
    weak = {pair: contrast(known[pair[0]][scheme], known[pair[1]][scheme]) for pair in pairs}
    assert {pair: round(value, 2) for pair, value in weak.items() if value < 4.5} == {}


def test_no_colour_is_named_outside_the_palette() -> None:
    rest = STYLE.split("}", 1)[1]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?!-)", rest) == ["#ffffff"]  # paper
    assert set(re.findall(r"var\(--([\w-]+)\)", rest)) <= {*colours(), "mono", "sans"}


# -- the answer -------------------------------------------------------------------------------------------------------


def answered(found: Report) -> tuple[str, str]:
    given: Answer = answer(found, found.runs[-1]) if found.runs else static_answer(found)
    return given.mark, given.title


@pytest.mark.parametrize(
    ("name", "mark", "title"),
    [
        ("fine", "yes", "`Segmenter` becomes a Core ML model by tracing it."),
        (
            "findings_beside",
            "almost",
            "`Segmenter` becomes a Core ML model by tracing it; 2 findings below ask for a change first.",
        ),
        (
            "transcript",
            "almost",
            "`Segmenter` becomes a Core ML model by tracing a wrapper that returns `out` and `aux`, "
            "but one that is right for some inputs only.",
        ),
        (
            "modules",
            "almost",
            "`Net` becomes a Core ML model by tracing it with `loop` scripted; 3 findings below ask for a change first.",
        ),
        (
            "unfinished",
            "unknown",
            "`Segmenter` becomes a TorchScript program by tracing it; converting that was not tried.",
        ),
        ("died", "unknown", "`Net` did not come as far as Core ML."),
        ("static", "unknown", "No model was run; the source alone shows 2 problems."),
        ("nothing", "unknown", "The source shows nothing that stands in the way; no model was run."),
    ],
)  # fmt: skip
def test_the_answer(name: str, mark: str, title: str) -> None:
    assert answered(PAGES[name]()) == (mark, title)


def test_sizes_are_promised_of_a_trace_alone() -> None:
    traced, mixed = PAGES["transcript"](), PAGES["modules"]()
    assert answer(traced, traced.runs[0]).more == (
        "Its answers were held against the model's own.",
        "It takes other sizes of batch.",
    )
    assert answer(mixed, mixed.runs[0]).more == (
        "Its answers were held against the model's own.",
        "It needs composites for `diff`.",
    )


def test_the_answer_is_no_where_no_way_is_left() -> None:
    found = CASES["entries"]()
    (run,) = [dataclasses.replace(run, recommended=None) for run in found.runs[-1:]]
    given = answer(found, run)
    assert (given.mark, given.title) == (
        "no",
        "`Loop` does not become a Core ML model by any of the ways tried (trace, script, mixed, export).",
    )
    assert given.more[:2] == ("trace: one path only", "script: stopped by `unsupported-op`")


def test_the_first_card_says_what_stops_it_and_what_to_do_with_a_link_and_a_command() -> None:
    (card,) = page("transcript").iterfind(".//div[@class='card almost']")
    assert texts(card, "ol/li") == [
        "forward returns a dict, which torch.jit.trace refuses segmentation.py:8 "
        'trace a wrapper that returns model(x)["out"]: tslint check --fix --unsafe-fixes writes it',
        "math.sqrt of a size is recorded as a constant segmentation.py:3 x.size(2) ** 0.5 stays in the graph",
    ]
    assert [link.get("href") for link in card.iterfind("ol/li/a")] == ["#finding-1", "#finding-2"]
    assert texts(card, ".//pre") == [
        "tslint check --fix segmentation.py",
        "tslint check --fix --unsafe-fixes segmentation.py",
        "tslint plan segmentation.py",
    ]


def card_of(found: Report) -> Element:
    root = parsed(render(found, "html", Options()))
    return next(node for node in root.iter("div") if (node.get("class") or "").startswith("card"))


def test_commands_are_quoted_for_the_shell_and_a_notebook_is_not_planned() -> None:
    run = dataclasses.replace(CASES["transcript"]().runs[0], target="my nets/board.ipynb")
    found = dataclasses.replace(CASES["transcript"](), runs=(run,))
    assert texts(card_of(found), ".//pre") == [
        "tslint check --fix 'my nets/board.ipynb'",
        "tslint check --fix --unsafe-fixes 'my nets/board.ipynb'",
    ]


@pytest.mark.parametrize(("count", "names"), [(1, "f0.py"), (2, "f0.py f1.py"), (9, ".")])
def test_where_nothing_ran_the_commands_name_the_files(count: int, names: str) -> None:
    several = [dataclasses.replace(MATH, path=f"{HERE}/f{number}.py") for number in range(count)]
    found = report(*several)
    card = card_of(found)
    assert texts(card, ".//pre") == [
        f"tslint check --fix {names}",
        f"tslint check {'--run ' if count > 1 else ''}{names}",
    ]
    assert len(card.findall("ol/li")) == min(count, 8)
    assert ("and 1 more" in texts(card, "p")) == (count == 9)


def test_a_way_whose_conversion_was_not_tried_is_not_counted() -> None:
    found = CASES["entries"]()
    run = found.runs[-1]
    half = [dataclasses.replace(r, status="works", converts="untried") if r.name == "script" else r for r in run.routes]
    title = answer(found, dataclasses.replace(run, recommended=None, routes=tuple(half))).title
    assert title.endswith("by any of the ways tried (trace, mixed, export).")


# -- the parts --------------------------------------------------------------------------------------------------------


def test_the_table_of_routes() -> None:
    assert rows(page("modules"), "Ways to Core ML") == [
        ["Route", "As a program", "As Core ML", "Held against the model", "Largest difference", "What to know"],
        ["trace", "✗ differs", "\u2013 untried", "\u2013 not evaluated", "none known", "unrolled-loop"],
        ["script", "✗ refused", "\u2013 untried", "\u2013 not evaluated", "none known", "nothing"],
        ["mixed recommended", "✓ works", "✓ works", "✓ agrees", "2e-5", "scripts loop; with composites for diff"],
        ["export", "\u2013 untried", "\u2013 untried", "\u2013 not evaluated", "none known", "nothing"],
    ]


def test_the_sizes_that_are_served() -> None:
    assert rows(page("modules"), "Sizes that the trace serves besides the example's") == [
        ["Input", "dimension 0", "dimension 1", "dimension 2", "dimension 3"],
        [
            "x",
            "2✓ togetherbatchwith length of n",
            "3\u2013 not seenchannels",
            "8✗ does notheightunrolled-loop",
            "8✓ serveswidth",
        ],
        ["n", "2✓ togetherlengthwith batch of x", "", "", ""],
    ]


def test_the_largest_difference_comes_first() -> None:
    assert rows(page("modules"), "Largest differences from the model itself")[1:] == [
        ["unrolled-loop", "the trace", "size 9", "0.5", "✗ differs"],
        ["mixed", "the converted program", "example", "2e-5", "✓ within tolerance"],
    ]


def test_modules_have_their_route_and_what_was_found_in_them() -> None:
    found = PAGES["modules"]()
    (root,) = nodes(found, found.runs[0])
    blocks, loop = root.children
    assert (root.name, root.route, root.kind, loop.route, loop.kind) == ("Net", "traced", "good", "scripted", "bad")
    assert [d.rule for d in loop.found] == ["unrolled-loop"]
    assert [(block.name, block.ops, [d.rule for d in block.found]) for block in blocks.children if not block.clean] == [
        ("0", (), []),
        ("4", ("diff",), ["unsupported-op"]),
    ]
    (norm,) = blocks.children[0].children
    assert (norm.kind, [d.rule for d in norm.found]) == ("warn", ["missing-eval"])


def test_what_is_traced_inside_of_what_is_scripted_keeps_its_own_route() -> None:
    found = PAGES["modules"]()
    (run,) = found.runs
    ways = [
        dataclasses.replace(route, parts=("Net",), traced=("blocks",)) if route.name == "mixed" else route
        for route in run.routes
    ]
    run = dataclasses.replace(run, routes=tuple(ways))
    (root,) = nodes(found, run)
    blocks, loop = root.children
    assert [node.route for node in (root, blocks, blocks.children[0], loop)] == [
        "scripted",
        "traced",
        "traced",
        "scripted",
    ]
    assert "by scripting it with parts traced inside" in answer(found, run).title


def test_modules_that_look_alike_are_one_item() -> None:
    (listed,) = page("modules").iterfind(".//ul[@class='tree']")
    blocks = next(node for node in listed.iter("details") if text_of(node[0]).startswith("✓ blocks"))
    names = [text_of(item[0][0] if item[0].tag == "details" else item[0]) for item in blocks.iterfind("ul/li")]
    assert names == [
        "✓ 0 Block traced net.py:1 1 with findings inside",
        "✓ 1 Block traced net.py:1",
        "✓ 2 Block traced own code does not script net.py:1",
        "✓ 3 Block traced net.py:1",
        "✗stops the model: 4 Block traced unsupported-op diff does not convert net.py:1",
        "✓ 5 … 7 3 alike Block traced net.py:1",
    ]


def test_ops_that_do_not_convert_come_first_on_their_lines() -> None:
    root = page("modules")
    (op,) = root.iterfind(".//div[@class='op']")
    assert (
        text_of(op)
        == "✗ does not convert: diff 2 timesno converternet.py:2 in blocks.4: line_2 = 2Nothing was found that takes its place."
    )
    assert rows(root, "Ops that convert")[1:] == [["mul", "9", "✓ converts"], ["add", "4", "✓ converts"]]


def test_the_code_of_a_finding_is_the_file_s_own_and_the_place_is_marked() -> None:
    root = page("transcript")
    figure = root.findall(".//figure[@class='code']")[1]
    lines = [
        "".join(row[1].itertext()).rstrip("\n") for row in figure.iter("span") if row.get("class") in ("row", "row on")
    ]
    assert lines == SOURCE.splitlines()[:5]
    assert [(node.get("class"), text_of(node)) for node in figure.iter("mark")] == [
        ("at bad", "math.sqrt(x.size(2))"),
        ("at near", "x = x / scale"),
    ]
    assert texts(figure, ".//span[@class='say bad']") == ["14.97 at 224; should be 13.86 at 192"]


def test_findings_that_are_equal_have_names_of_their_own() -> None:
    text = render(report(MATH, dataclasses.replace(MATH), sources={SEGMENTATION: SOURCE}), "html", Options())
    assert re.findall(r'id="(finding-\d+)"', text) == ["finding-1", "finding-2"]


def test_a_large_file_with_many_findings_is_read_once() -> None:
    lines = "\n".join(f"x_{number} = math.sqrt({number})  # '''" for number in range(3000))
    found = [dataclasses.replace(MATH, span=Span(number, 9, number, 12), labels=()) for number in range(1, 200)]
    code.highlighted.cache_clear()
    text = render(report(*found, sources={SEGMENTATION: lines}), "html", Options())
    assert text.count("<article") == 199
    assert code.highlighted.cache_info().misses == 1


def test_a_fix_is_a_difference_with_words_for_those_who_listen() -> None:
    (diff, *_) = [node for node in page("transcript").iter("figure") if node.get("class") == "code diff"][1:]
    assert texts(diff, ".//del") == ["-removed: scale = math.sqrt(x.size(2))"]
    assert texts(diff, ".//ins") == ["+added: scale = x.size(2) ** 0.5"]


@pytest.mark.parametrize(
    "edit",
    [Edit(Span(99, 1, 99, 4), "x"), Edit(Span(3, None, 3, None), "x")],
    ids=["behind the end", "without columns"],
)
def test_a_fix_that_fits_no_line_is_named_all_the_same(edit: Edit) -> None:
    found = dataclasses.replace(MATH, fix=Fix("use `** 0.5`", Applicability.SAFE, (edit,)))
    text = render(report(found, sources={SEGMENTATION: SOURCE}), "html", Options())
    assert "use <code>** 0.5</code>" in text and "<del" not in text


def test_places_in_many_files_are_cut_in_the_middle() -> None:
    labels = tuple(Label(f"/lib/{index}.py", Span(index, 1, index, 2), "called here") for index in range(1, 10))
    text = render(report(dataclasses.replace(MATH, labels=labels)), "html", Options())
    assert "… 3 more places …" in text and "/lib/3.py:3" in text and "/lib/4.py" not in text and "/lib/7.py:7" in text


@pytest.mark.parametrize("option", ["show_info", "show_refuted"])
def test_what_other_formats_hide_is_folded_up(option: str) -> None:
    def folded(root: Element) -> dict[str, bool]:
        return {
            text_of(node[0]): node.get("open") is not None
            for node in root.iterfind(".//section[@aria-labelledby='findings']/details")
        }

    closed, opened = folded(page("transcript")), folded(page("transcript", **{option: True}))
    asked = {
        "show_info": "True, but on a route nobody takes here, or advice 3",
        "show_refuted": "Predicted from the source and refuted by the run 1",
    }
    assert closed == dict.fromkeys(asked.values(), False)
    assert opened == {**closed, asked[option]: True}
