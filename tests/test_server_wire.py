"""`tslint server`, message by message: what is refused when, how it is started, and when it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from commandline import environment
from lsprotocol import types

from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span
from tslint.server import shown
from tslint.server.documents import Document

HOVER = {"textDocument": {"uri": "file:///net.py"}, "position": {"line": 0, "character": 0}}


class Wire:
    """The server's own process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def send(self, method: str, params: Any = None, id: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **({} if id is None else {"id": id})}
        data = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def answer(self, id: int) -> dict[str, Any]:
        """The answer to the request ID; whatever comes before it is read and dropped."""
        out = self.process.stdout
        assert out is not None
        while True:
            length = 0
            while (line := out.readline()).strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert length, "the server has gone"
            message: dict[str, Any] = json.loads(out.read(length))
            if message.get("id") == id and "method" not in message:
                return message


@contextmanager
def wire(*options: str) -> Iterator[Wire]:
    command = [sys.executable, "-m", "tslint", "server", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment()) as process:
        try:
            yield Wire(process)
        finally:
            process.kill()


@pytest.mark.parametrize("options", [(), ("--stdio",), ("--stdio", "--clientProcessId=1")])
def test_before_its_time_and_after_it_a_request_is_refused(options: tuple[str, ...]) -> None:
    with wire(*options) as server:
        server.send("textDocument/didOpen", {"textDocument": {"uri": "file:///a.py"}})
        server.send("textDocument/hover", HOVER, id=1)
        assert server.answer(1)["error"]["code"] == -32002
        server.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=2)
        assert "hoverProvider" in server.answer(2)["result"]["capabilities"]
        server.send("initialized", {})
        server.send("textDocument/hover", HOVER, id=3)
        assert server.answer(3)["result"] is None
        server.send("shutdown", id=4)
        assert server.answer(4)["result"] is None
        server.send("textDocument/hover", HOVER, id=5)
        assert server.answer(5)["error"] == {"code": -32600, "message": "the server was shut down"}
        server.send("exit")
        assert server.process.wait(timeout=30) == 0


def test_it_ends_with_a_client_that_has_gone_though_its_end_of_the_pipe_stays() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as client, wire() as server:
        server.send("initialize", {"processId": client.pid, "rootUri": None, "capabilities": {}}, id=1)
        assert "result" in server.answer(1)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=5)
        client.kill()
        client.wait()
        assert server.process.wait(timeout=30) == 1


def test_a_client_that_is_not_on_this_machine_is_not_missed() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone, wire() as server:
        gone.wait()
        server.send("initialize", {"processId": gone.pid, "rootUri": None, "capabilities": {}}, id=1)
        assert "result" in server.answer(1)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=5)


@pytest.mark.parametrize(("formats", "kind"), [(["plaintext"], "plaintext"), (["plaintext", "markdown"], "markdown")])
def test_a_client_is_answered_in_what_it_reads(tmp_path: Path, formats: list[str], kind: str) -> None:
    text = "import torch\n\nmodel = torch.nn.Dropout()\nmodel.eval\n"
    item = {"uri": (tmp_path / "net.py").as_uri(), "languageId": "python", "version": 1, "text": text}
    capabilities = {"textDocument": {"hover": {"contentFormat": formats}}}
    with wire() as server:
        server.send("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities}, id=1)
        server.answer(1)
        server.send("initialized", {})
        server.send("textDocument/didOpen", {"textDocument": item})
        place = {"textDocument": {"uri": item["uri"]}, "position": {"line": 3, "character": 2}}
        server.send("textDocument/hover", place, id=2)
        assert server.answer(2)["result"]["contents"]["kind"] == kind


def test_code_below_a_help_is_code_on_hover() -> None:
    help = "trace a wrapper:\n    class Outputs(nn.Module):\n        def __init__(self):\n            pass"
    found = Diagnostic(
        "dict-output", "trace", Claim.TRACE_FAILS, Severity.ERROR, Basis.OBSERVED, "a dict", "/net.py", Span(1, 1, 1, 2),
        help=help,
    )  # fmt: skip
    document = Document("file:///net.py", Path("/net.py"), "x = 1\n", 1, "utf-16")
    for kind in (types.MarkupKind.Markdown, types.MarkupKind.PlainText):
        answer = shown.hover([found], document, kind)
        assert answer is not None and isinstance(answer.contents, types.MarkupContent)
        assert answer.contents.kind == kind
        fenced = "```python\nclass Outputs(nn.Module):\n    def __init__(self):\n        pass\n```"
        assert f"help: trace a wrapper:\n\n{fenced}" in answer.contents.value
