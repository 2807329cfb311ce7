"""`tslint server`, spoken with as an editor does: pygls' own client, the real process, standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import environment, tslint
from editor import Editor, applied, capable, editor, session
from lsprotocol import types

NET = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))
"""

QUIET = NET.replace("math.sqrt(x.size(2))", "x.size(2) ** 0.5")

SEVERAL = (
    NET
    + """\


class Unscaled(nn.Module):
    def forward(self, x):
        return x * math.sqrt(x.size(3)) + math.pow(x.size(1), 2)
"""
)

EMOJI = NET.replace("return x /", 'return ("🦀é", x)[1] /')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tslint.toml").touch()
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    return tmp_path


def rules(found: list[types.Diagnostic]) -> list[object]:
    return [diagnostic.code for diagnostic in found]


def everything(text: str) -> types.Range:
    return types.Range(types.Position(0, 0), types.Position(text.count("\n"), 0))


# -- diagnostics -------------------------------------------------------------------------------------------------------


def test_a_problem_is_published_with_rule_page_and_place(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            (found,) = await one.diagnostics(uri)
            assert (found.range.start, found.range.end) == (types.Position(8, 19), types.Position(8, 39))
            assert (found.source, found.code, found.tags) == ("tslint", "math-on-size", None)
            assert found.severity == types.DiagnosticSeverity.Error
            assert found.code_description is not None
            assert found.code_description.href.endswith("/rules/trace/math-on-size.md")
            assert found.message.splitlines() == [
                "`math.sqrt` of a size is recorded as a constant",
                "help: `x.size(2) ** 0.5` stays in the graph",
            ]

    session(talk)


def test_typing_repairs_and_breaks(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            one.change(uri, QUIET)
            assert await one.diagnostics(uri) == []
            one.change(uri, QUIET + "def f(:\n")
            (broken,) = await one.diagnostics(uri)
            assert (broken.code, broken.severity) == ("syntax-error", types.DiagnosticSeverity.Error)
            assert broken.range.start.line == QUIET.count("\n")
            one.change(uri, NET)
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            one.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
            assert await one.until(lambda: one.published[-1].diagnostics == [] and one.published[-1].version is None)

    session(talk)


def test_a_burst_of_edits_is_published_once(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder, {"debounce": 300}) as one:
            uri = one.open(folder / "net.py")
            await one.diagnostics(uri)
            for number in range(20):
                end = types.Position(QUIET.count("\n") + number, 0)
                if number == 0:
                    one.change(uri, QUIET)
                else:
                    line = types.TextDocumentContentChangePartial(types.Range(end, end), f"# {number}\n")
                    one.edit(uri, line)
            assert await one.diagnostics(uri) == []
            assert [(p.version, len(p.diagnostics)) for p in one.published] == [(1, 1), (21, 0)]

    session(talk)


def test_what_was_found_in_an_older_text_is_dropped(folder: Path) -> None:
    many = NET + "".join(
        f"\n\nclass N{n}(nn.Module):\n    def forward(self, x):\n        return x\n" for n in range(300)
    )

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py", many)
            versions = [one.change(uri, many + f"# {number}\n") for number in range(5)]
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            published = [p.version for p in one.published if p.version is not None]
            assert published == sorted(set(published)) and published[-1] == versions[-1]
            assert len(published) < len(versions)

    session(talk)


@pytest.mark.parametrize(
    ("offered", "agreed", "columns"),
    [
        (None, "utf-16", (31, 51)),
        (["utf-8", "utf-16"], "utf-8", (34, 54)),
        (["utf-32"], "utf-32", (30, 50)),
        (["nonsense"], "utf-16", (31, 51)),
    ],
)
def test_positions_are_in_the_clients_units(
    folder: Path, offered: list[str] | None, agreed: str, columns: tuple[int, int]
) -> None:
    async def talk() -> None:
        async with editor(folder, capabilities=capable(offered)) as one:
            assert one.capabilities.position_encoding == agreed
            uri = one.open(folder / "net.py", EMOJI)
            (found,) = await one.diagnostics(uri)
            assert (found.range.start.character, found.range.end.character) == columns
            # An edit behind the emoji, in the same units, is made where it belongs: `sqrt` becomes `pow`.
            at = types.Position(8, columns[0] + len("math."))
            name = types.Range(at, types.Position(8, at.character + len("sqrt")))
            one.edit(uri, types.TextDocumentContentChangePartial(name, "pow"))
            (found,) = await one.diagnostics(uri)
            assert found.message.startswith("`math.pow` of a size")

    session(talk)


def test_lines_end_where_python_ends_them(folder: Path) -> None:
    """A form feed and a Unicode separator end no line, for editors neither."""
    text = NET.replace("import math\n", 'import math\n\x0c\nNAME = "a\u2028b"  # \x0c\n')

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py", text)
            (found,) = await one.diagnostics(uri)
            assert found.range.start == types.Position(10, 19)
            at = types.Range(types.Position(10, 24), types.Position(10, 28))
            one.edit(uri, types.TextDocumentContentChangePartial(at, "pow"))
            assert (await one.diagnostics(uri))[0].message.startswith("`math.pow` of a size")

    session(talk)


def test_a_client_that_pulls_is_not_pushed_to(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder, capabilities=capable(pulls=True)) as one:
            uri = one.open(folder / "net.py")
            which = types.TextDocumentIdentifier(uri)
            full = await one.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(which))
            assert isinstance(full, types.RelatedFullDocumentDiagnosticReport)
            assert rules(list(full.items)) == ["math-on-size"]
            again = types.DocumentDiagnosticParams(which, previous_result_id=full.result_id)
            same = await one.client.text_document_diagnostic_async(again)
            assert isinstance(same, types.RelatedUnchangedDocumentDiagnosticReport)
            one.change(uri, QUIET)
            changed = await one.client.text_document_diagnostic_async(again)
            assert isinstance(changed, types.RelatedFullDocumentDiagnosticReport) and not changed.items
            assert one.published == []

    session(talk)


def test_other_places_are_related_information(folder: Path) -> None:
    (folder / "net.py").write_text(
        NET.replace("        return x / math.sqrt(x.size(2))", "        n = x.size(2)\n        return x / math.sqrt(n)")
        + "\n\ntraced = torch.jit.trace(Net(), torch.rand(1, 2, 3, 4))\n"
    )

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            found = await one.diagnostics(uri)
            related = [each for diagnostic in found for each in diagnostic.related_information or []]
            assert related and all(each.location.uri == uri and each.message for each in related)

    session(talk)


def test_the_server_imports_neither_torch_nor_the_file(folder: Path) -> None:
    (folder / "net.py").write_text("raise SystemExit('imported')\n" + NET)
    hook = folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import sys\n\n\nclass Forbidden:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('torch', 'coremltools', 'numpy', 'net'):\n"
        "            raise AssertionError('imported ' + name)\n\n\nsys.meta_path.insert(0, Forbidden)\n"
    )

    async def talk() -> None:
        async with editor(folder, env=environment(hook)) as one:
            uri = one.open(folder / "net.py")
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            assert len(await one.lenses(uri)) == 1

    session(talk)


def test_a_fault_of_its_own_is_said_and_does_not_end_it(folder: Path) -> None:
    hook = folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import sys\nfrom tslint import api\nbefore = api.check_text\n\n\ndef faulty(path, data, *more, **most):\n"
        "    if b'boom' in data:\n        raise ZeroDivisionError('boom')\n    return before(path, data, *more, **most)\n\n\n"
        "api.check_text = faulty\n"
    )

    async def talk() -> None:
        async with editor(folder, env=environment(hook)) as one:
            uri = one.open(folder / "net.py", NET + "# boom\n")
            assert await one.diagnostics(uri) == []
            said = "tslint: a fault of tslint itself ended a check (ZeroDivisionError: boom); please report it"
            assert [message.message for message in one.messages] == [said]
            one.change(uri, NET)
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]

    session(talk)


# -- hover, fixes, comments --------------------------------------------------------------------------------------------


def test_hover_shows_the_page_of_the_rule(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            text = await one.hover(uri, types.Position(8, 25))
            assert text is not None
            assert text.startswith(
                "**error[math-on-size]** `math.sqrt` of a size is recorded as a constant *(predicted)*"
            )
            assert "# math-on-size" in text and "## Why it matters" in text and "```toml" not in text
            assert await one.hover(uri, types.Position(0, 0)) is None

    session(talk)


def test_the_quick_fix_writes_what_fix_writes(folder: Path) -> None:
    async def talk() -> str:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            (found,) = await one.diagnostics(uri)
            fix, ignore = await one.actions(uri, found.range, only=["quickfix"])
            assert (fix.title, fix.is_preferred) == ("tslint (math-on-size): Write `x.size(2) ** 0.5`", True)
            assert rules(list(fix.diagnostics or [])) == ["math-on-size"]
            assert ignore.title == "tslint (math-on-size): Ignore here"
            assert fix.edit is not None
            fixed = applied(NET, fix.edit)
            one.change(uri, fixed)
            assert await one.diagnostics(uri) == []
            return fixed

    fixed = session(talk)
    outcome = tslint("check", "net.py", "--static", "--fix", cwd=folder)
    assert outcome.status == 0, outcome
    assert fixed == (folder / "net.py").read_text() != NET


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fix_all_writes_what_fix_writes(folder: Path, newline: str) -> None:
    text = SEVERAL.replace("\n", newline)
    (folder / "net.py").write_bytes(text.encode())

    async def talk() -> str:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py", text)
            assert len(await one.diagnostics(uri)) == 3
            (everything_,) = await one.actions(uri, everything(text), only=["source.fixAll"])
            assert (everything_.title, everything_.kind) == ("Fix all safe tslint problems", "source.fixAll.tslint")
            assert everything_.edit is None
            resolved = await one.client.code_action_resolve_async(everything_)
            assert resolved.edit is not None
            return applied(text, resolved.edit)

    fixed = session(talk)
    tslint("check", "net.py", "--static", "--fix", cwd=folder)
    assert fixed.encode() == (folder / "net.py").read_bytes() != text.encode()


def test_an_unsafe_fix_says_so(folder: Path) -> None:
    text = NET.replace("return x / math.sqrt(x.size(2))", 'return {"out": x}')
    text += "\n\ntraced = torch.jit.trace(Net().eval(), torch.rand(1, 3))\n"

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py", text)
            found = [d for d in await one.diagnostics(uri) if d.code == "dict-output"]
            fixes = [a for a in await one.actions(uri, found[0].range) if "Ignore" not in a.title]
            assert [
                (a.is_preferred, a.title.endswith("(unsafe: it can change what the code does)")) for a in fixes
            ] == [(False, True)]

    session(talk)


@pytest.mark.parametrize(
    "line",
    [
        "        return x / math.sqrt(x.size(2))",
        "        return x / math.sqrt(x.size(2))  # noqa: E501",
        "        return x / math.sqrt(x.size(2))  # tslint: ignore[mode] for now",
    ],
)
def test_ignore_here_silences_it(folder: Path, line: str) -> None:
    text = NET.replace("        return x / math.sqrt(x.size(2))", line)

    async def talk() -> str:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py", text)
            found = [d for d in await one.diagnostics(uri) if d.code == "math-on-size"]
            (ignore,) = [a for a in await one.actions(uri, found[0].range) if "Ignore" in a.title]
            assert ignore.edit is not None
            silenced = applied(text, ignore.edit)
            one.change(uri, silenced)
            assert "math-on-size" not in rules(await one.diagnostics(uri))
            return silenced

    silenced = session(talk)
    assert silenced.count("tslint: ignore[") == 1
    assert len(silenced.splitlines()) == len(text.splitlines())


# -- settings ----------------------------------------------------------------------------------------------------------


def test_each_file_has_the_settings_of_its_nearest_file(folder: Path) -> None:
    for name, settings in (("one", 'ignore = ["math-on-size"]\n'), ("two", 'select = ["trace"]\n')):
        (folder / name).mkdir()
        (folder / name / "tslint.toml").write_text(settings)
        (folder / name / "net.py").write_text(NET)

    async def talk() -> None:
        async with editor(folder, folders=[folder / "one", folder / "two"]) as one:
            first, second = one.open(folder / "one" / "net.py"), one.open(folder / "two" / "net.py")
            outside = one.open(folder / "net.py")
            assert await one.diagnostics(first) == []
            assert rules(await one.diagnostics(second)) == ["math-on-size"]
            assert rules(await one.diagnostics(outside)) == ["math-on-size"]

    session(talk)


def test_the_client_can_set_what_a_file_can(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder, {"settings": {"ignore": ["math-on-size"], "debounce": 0}}) as one:
            uri = one.open(folder / "net.py")
            assert await one.diagnostics(uri) == []
            params = types.DidChangeConfigurationParams({"tslint": {"debounce": 0}})
            one.client.workspace_did_change_configuration(params)
            await one.until(lambda: len(one.published) == 2)
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            assert one.messages == []

    session(talk)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"selekt": []}, "tslint: unknown key `selekt` in the client's settings; did you mean `select`?"),
        ({"select": "trace"}, "tslint: `select` in the client's settings must be a list of strings, not `trace`"),
        (
            {"select": ["trase"]},
            "tslint: `select` in the client's settings: no rule or group is called `trase`; did you mean `trace`?",
        ),
        (
            {"debounce": "soon"},
            "tslint: `debounce` in the client's settings must be a number of milliseconds, not `soon`",
        ),
        ([], "tslint: the client's settings must be an object of keys like `select`"),
    ],
)
def test_wrong_options_are_said_once_and_the_server_goes_on(folder: Path, options: object, said: str) -> None:
    async def talk() -> None:
        async with editor(folder, options) as one:
            uri = one.open(folder / "net.py")
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            assert [message.message for message in one.messages] == [said]

    session(talk)


def test_a_wrong_file_is_said_once_and_read_again_when_it_changes(folder: Path) -> None:
    (folder / "tslint.toml").write_text("selekt = []\n")

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            one.change(uri, NET + "\n")
            await one.diagnostics(uri)
            (message,) = one.messages
            assert message.message.startswith("tslint: unknown key `selekt` in ")
            assert message.type == types.MessageType.Error
            assert await one.until(lambda: one.registered) == ["workspace/didChangeWatchedFiles"]
            (folder / "tslint.toml").write_text('ignore = ["math-on-size"]\n')
            changed = types.FileEvent((folder / "tslint.toml").as_uri(), types.FileChangeType.Changed)
            one.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
            await one.until(lambda: one.published[-1].diagnostics == [])
            assert len(one.messages) == 1
            (folder / "tslint.toml").write_text("selekt = []\n")  # and nobody watches files
            one.change(uri, NET)
            await one.until(lambda: len(one.messages) == 2)

    session(talk)


def test_what_settings_exclude_and_what_is_no_python_is_left_alone(folder: Path) -> None:
    (folder / "tslint.toml").write_text('exclude = ["generated"]\n')
    (folder / "generated").mkdir()
    (folder / "generated" / "net.py").write_text(NET)

    async def talk() -> None:
        async with editor(folder) as one:
            left_out = one.open(folder / "generated" / "net.py")
            assert await one.diagnostics(left_out) == []
            one.open(folder / "notes.md", "# torch\n", language="markdown")
            one.open(folder, NET, uri="git:/net.py")
            new = one.open(folder, NET, uri="untitled:Untitled-1")
            assert rules(await one.diagnostics(new)) == ["math-on-size"]
            assert {params.uri for params in one.published} == {left_out, new}

    session(talk)


def test_a_file_that_is_saved_counts_for_those_that_import_it(folder: Path) -> None:
    (folder / "base.py").write_text("from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n")
    (folder / "net.py").write_text(
        "import math\n\nfrom base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n"
        "        return x / math.sqrt(x.size(2))  # torch\n"
    )

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            assert rules(await one.diagnostics(uri)) == ["math-on-size"]
            (folder / "base.py").write_text("class Base:\n    pass\n")
            base = types.TextDocumentIdentifier((folder / "base.py").as_uri())
            one.client.text_document_did_save(types.DidSaveTextDocumentParams(base))
            await one.until(lambda: one.published[-1].diagnostics == [])

    session(talk)


def ended(one: Editor) -> bool:
    """Whether the progress of a run has come to its end."""
    return any(value["kind"] == "end" for value in one.progress)


# -- runs --------------------------------------------------------------------------------------------------------------


@pytest.mark.torch
def test_a_run_replaces_what_was_predicted_until_the_text_changes(folder: Path) -> None:
    text = NET.replace(
        "    def forward",
        "    def __init__(self):\n        super().__init__()\n        self.layer = nn.Conv2d(3, 3, 1)\n\n    def forward",
    )
    text = text.replace("return x /", "return self.layer(x) /")
    (folder / "net.py").write_text("raise SystemExit('what is run is what the editor shows')\n")

    async def talk() -> None:
        async with editor(folder, {"debounce": 0, "no-convert": True}) as one:
            uri = one.open(folder / "net.py", text)
            (predicted,) = await one.diagnostics(uri)
            assert await one.lenses(uri) == [(7, "Run tslint: trace, script, convert")]
            await one.command("tslint.run", uri, "Net")
            await one.until(lambda: ended(one))
            observed = one.published[-1].diagnostics
            assert [(d.code, d.range.start.line) for d in observed] == [("math-on-size", predicted.range.start.line)]
            assert "is recorded as a constant (observed)" in observed[0].message
            ((line, title),) = await one.lenses(uri)
            assert line == 7 and title.startswith("trace ✗ differs from eager: math-on-size · script ✓"), title
            assert "not over height" in title, title
            begun = [value for value in one.progress if value["kind"] == "begin"]
            assert [(value["title"], value["cancellable"]) for value in begun] == [("tslint runs Net", True)]
            steps = [value["message"] for value in one.progress if value["kind"] == "report"]
            assert {"starting", "trace", "script"} <= set(steps)
            assert one.refreshed and one.messages == []
            one.change(uri, text + "\n")
            (again,) = await one.diagnostics(uri)
            assert again.message == predicted.message
            assert (await one.lenses(uri))[0][1] == "Run tslint: trace, script, convert"
            one.change(uri, text)
            assert "(observed)" in (await one.diagnostics(uri))[0].message

    session(talk)


@pytest.mark.torch
def test_what_a_run_observes_in_another_open_file_is_shown_there(folder: Path) -> None:
    (folder / "convert.py").write_text(
        "import torch\n\nfrom net import Net\n\n\nclass Outer(torch.nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.net = Net()\n\n    def forward(self, x):\n        return self.net(x)\n\n\n"
        "traced = torch.jit.trace(Outer().eval(), torch.rand(1, 3, 16, 16))\n"
    )

    async def talk() -> None:
        async with editor(folder, {"debounce": 0, "no-convert": True}) as one:
            net, script = one.open(folder / "net.py"), one.open(folder / "convert.py")
            assert "(observed)" not in (await one.diagnostics(net))[0].message
            await one.command("tslint.run", script, "Outer")
            await one.until(lambda: ended(one))
            (found,) = await one.diagnostics(net)
            assert (found.code, "(observed)" in found.message) == ("math-on-size", True)
            assert (await one.lenses(script))[0][1].startswith("trace ✗ differs from eager")
            one.change(net, NET + "\n")
            assert "(observed)" not in (await one.diagnostics(net))[0].message

    session(talk)


HANGS = NET.replace(
    "    def forward(self, x):\n",
    "    def __init__(self):\n        super().__init__()\n        self.layer = nn.Linear(3, 3)\n\n    def forward(self, x):\n"
    "        import pathlib, subprocess, sys, time\n"
    "        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "        pathlib.Path('pids').write_text(f'{__import__(\"os\").getpid()} {child.pid}')\n"
    "        time.sleep(600)\n",
)


async def hanging(one: Editor, folder: Path) -> tuple[str, list[int]]:
    """A run that will not end, and the processes that it has started."""
    (folder / "net.py").write_text(HANGS)
    uri = one.open(folder / "net.py")
    await one.command("tslint.run", uri, "Net")
    written = folder / "pids"
    async with asyncio.timeout(60) if sys.version_info >= (3, 11) else contextlib.nullcontext():
        while not written.exists() or len(written.read_text().split()) < 2:
            await asyncio.sleep(0.05)
    return uri, [int(pid) for pid in written.read_text().split()]


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            found.append(pid)
    return found


@pytest.mark.torch
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what leaves the model's group outlives the run")
@pytest.mark.parametrize("how", ["lens", "progress", "closed"])
def test_a_run_can_be_stopped(folder: Path, how: str) -> None:
    async def talk() -> None:
        async with editor(folder) as one:
            uri, pids = await hanging(one, folder)
            ((_, title),) = await one.lenses(uri)
            assert title.endswith(" (click to stop)")
            if how == "lens":
                await one.command("tslint.cancel", uri)
            elif how == "progress":
                (token,) = one.tokens
                one.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
            else:
                one.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
            await one.until(lambda: ended(one))
            assert alive(pids) == []
            assert one.progress[-1]["message"] == "stopped"
            if how != "closed":
                assert await one.lenses(uri) == [(7, "Run tslint: trace, script, convert")]

    session(talk)


@pytest.mark.torch
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what leaves the model's group outlives the run")
def test_shutdown_leaves_no_process(folder: Path) -> None:
    async def talk() -> tuple[list[int], int | None]:
        async with editor(folder) as one:
            _, pids = await hanging(one, folder)
            server = one.client._server
        assert server is not None
        return [*pids, server.pid], server.returncode

    pids, status = session(talk)
    assert (alive(pids), status) == ([], 0)


@pytest.mark.torch
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what leaves the model's group outlives the run")
@pytest.mark.parametrize("how", ["exit", "closed"])
def test_an_editor_that_leaves_without_a_word_leaves_no_process(folder: Path, how: str) -> None:
    async def talk() -> tuple[list[int], int | None]:
        async with editor(folder) as one:
            _, pids = await hanging(one, folder)
            return pids, await one.left(how)

    pids, status = session(talk)
    assert (alive(pids), status) == ([], 1)


@pytest.mark.torch
def test_what_cannot_be_run_is_said(folder: Path) -> None:
    text = NET.replace(
        "    def forward", "    def __init__(self, scale):\n        super().__init__()\n\n    def forward"
    )
    (folder / "net.py").write_text(text)

    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            await one.command("tslint.run", uri, "Net")
            (message,) = await one.until(lambda: one.messages)
            assert message.type == types.MessageType.Warning
            assert "as `--model 'Net(scale=…)'`" in message.message, message
            assert rules(one.published[-1].diagnostics) == ["math-on-size"]
            new = one.open(folder / "new.py", NET)
            await one.command("tslint.run", new)
            await one.until(lambda: len(one.messages) == 2)
            assert one.messages[1].message == "tslint: new.py is not saved yet: a run imports the file"

    session(talk)


# -- the command -------------------------------------------------------------------------------------------------------


def test_without_pygls_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'pygls' else find(name, *more)\n"
    )
    outcome = tslint("server", cwd=tmp_path, env=environment(tmp_path))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (
        "tslint: error: `tslint server` needs pygls, which is not installed: `pip install 'tslint[lsp]'`\n"
    )


def test_the_other_commands_do_not_import_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    command = [sys.executable, "-X", "importtime", "-m", "tslint", "check", "--static", "net.py"]
    run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if "import time:" in line}
    assert "libcst" in imported
    assert not {name for name in imported if name.startswith(("pygls", "lsprotocol", "asyncio", "tslint.server"))}
