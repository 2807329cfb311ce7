"""The ``html`` format in a browser: accessible, in both colour schemes, at two widths, without a network or its script, on paper.

Needs Chromium, which no package of PyPI brings along: `apt-get install chromium`, or TSLINT_CHROMIUM names another.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from html_cases import PAGES

from tslint.report import Options, render

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.base")

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true })"
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = os.environ.get("TSLINT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on the path, and TSLINT_CHROMIUM is not set")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root has no sandbox
        yield found
        found.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a page; whatever it asks for or complains about fails the test."""
    troubles: list[str] = []
    contexts = []

    def opened(name: str, width: int = 1280, **more: Any) -> Any:
        path = tmp_path / f"{name}.html"
        path.write_text(render(PAGES[name](), "html", Options()), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **more))
        page = contexts[-1].new_page()
        page.on("request", lambda request: troubles.extend([request.url] if request.url != path.as_uri() else []))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["modules", "transcript", "attack", "static"])
def test_nothing_stands_in_anybodys_way(show: Any, name: str, width: int, scheme: str) -> None:
    page = show(name, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(UNFOLD)
    page.evaluate(Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert {"color-contrast", "heading-order", "region", "link-name"} <= {each["id"] for each in found["passes"]}


def test_axe_can_complain(show: Any) -> None:
    page = show("transcript")
    page.evaluate("document.body.style.color = '#999'; document.querySelector('h3').outerHTML = '<h6>x</h6><img>'")
    page.evaluate(Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8"))
    found = {each["id"] for each in page.evaluate("axe.run()")["violations"]}
    assert {"image-alt", "heading-order"} <= found


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_colours_follow_the_system_until_somebody_chooses(show: Any, script: bool) -> None:
    page = show("transcript", color_scheme="light", java_script_enabled=script)
    grounds = [page.evaluate(GROUND)]
    page.locator("label", has_text="Dark").click()
    grounds.append(page.evaluate(GROUND))
    page.emulate_media(color_scheme="dark")
    page.locator("label", has_text="Light").click()
    grounds.append(page.evaluate(GROUND))
    page.locator("label", has_text="As the system").click()
    grounds.append(page.evaluate(GROUND))
    light, dark = "rgb(251, 250, 247)", "rgb(21, 23, 27)"
    assert grounds == [light, dark, light, dark]


def test_without_its_script_the_page_says_the_same_but_offers_no_copying(show: Any) -> None:
    with_, without = show("transcript"), show("transcript", java_script_enabled=False)
    assert without.inner_text("main").replace("\nCopy", "") == with_.inner_text("main").replace("\nCopy", "")
    assert with_.get_by_role("button", name="Copy the command tslint plan segmentation.py").count() == 1
    assert without.get_by_role("button").count() == 0


def test_the_keyboard_goes_from_the_skip_link_to_the_answer_and_on(show: Any) -> None:
    page = show("transcript")
    focused = "document.activeElement.id || document.activeElement.textContent"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to the answer"
    assert page.get_by_text("Skip to the answer").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "answer"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#finding-1"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_details_open_by_the_keyboard(show: Any) -> None:
    page = show("modules")
    summary = page.locator("summary", has_text="Ops that convert")
    summary.focus()
    page.keyboard.press("Enter")
    assert summary.evaluate("each => each.parentElement.open")


def test_only_modules_with_findings_are_listed_where_that_is_asked_for(show: Any) -> None:
    page = show("modules", java_script_enabled=False)
    names = page.locator(".tree .name")
    assert "5 … 7" in [names.nth(index).inner_text() for index in range(names.count())]
    page.get_by_label("only modules with findings").check()
    shown = [names.nth(index).inner_text() for index in range(names.count()) if names.nth(index).is_visible()]
    assert shown == ["Net", "blocks", "0", "4", "loop"]


def test_on_paper_nothing_is_folded_and_nothing_is_dark(show: Any) -> None:
    page = show("modules", color_scheme="dark", java_script_enabled=False)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("table", has_text="Ops that convert").locator("td").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.evaluate(GROUND) == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")
