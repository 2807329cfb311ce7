"""What the language server adds to a check: from a change to its diagnostics, beside the check itself in a process like it.

    python benchmarks/server.py [--lines 2000] [--repeat 30] [--file FILE]

One edit of one line at a time, in a file of about so many lines (the largest of timm's ``models`` that is no longer, or FILE).
Server and check take turns, so that a machine that slows down slows both. The debounce is 0; what is measured ends when the
client has read the diagnostics. Also says what memory the server took after all edits beside what it took after ten.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.util
import itertools
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from tslint import static
from tslint.source import Source, own_process, with_large_stack

BOUND = 1.5


def longest(lines: int) -> Path:
    """The longest file of timm's models that has at most LINES lines."""
    spec = importlib.util.find_spec("timm")
    if spec is None or spec.origin is None:
        raise SystemExit(f"timm is not installed in {sys.executable}: name a file with --file")
    sizes = {path: path.read_text().count("\n") for path in (Path(spec.origin).parent / "models").glob("*.py")}
    return max((path for path, size in sizes.items() if size <= lines), key=lambda path: sizes[path])


def checked(path: Path, text: str, root: Path) -> float:
    """Seconds of the check alone, which reads the text, with everything that it takes imported before."""
    start = time.perf_counter()
    static.check_source(Source.from_text(text, path), static.Job(named=True, root=str(root)), written=False)
    return time.perf_counter() - start


async def served(path: Path, texts: list[str], root: Path) -> tuple[list[float], list[float], list[int]]:
    """For each text after the first: seconds in the server and of the check; the server's resident MiB after each."""
    client = LanguageClient("benchmark", "1")
    came: asyncio.Queue[int | None] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def publish(params: types.PublishDiagnosticsParams) -> None:
        came.put_nowait(params.version)

    await client.start_io(sys.executable, "-m", "tslint", "server", cwd=root)
    await client.initialize_async(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(),
            root_uri=root.as_uri(),
            initialization_options={"debounce": 0},
        )
    )
    client.initialized(types.InitializedParams())
    uri = path.as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 0, texts[0])))
    assert await came.get() == 0
    server, alone, memory = [], [], []
    for version, (before, text) in enumerate(itertools.pairwise(texts), 1):
        change = difference(before, text)
        which = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
        start = time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(which, [change]))
        assert await came.get() == version
        server.append(time.perf_counter() - start)
        assert client._server is not None
        memory.append(resident(client._server.pid))
        alone.append(await asyncio.to_thread(with_large_stack, lambda text=text: checked(path, text, root)))
        gc.collect(0)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return server, alone, memory


def difference(before: str, text: str) -> types.TextDocumentContentChangePartial:
    """The one line that differs, as an editor says it."""
    old, new = before.split("\n"), text.split("\n")
    line = next(number for number, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1])
    place = types.Range(types.Position(line, 0), types.Position(line, len(old[line])))
    return types.TextDocumentContentChangePartial(place, new[line])


def edited(text: str, count: int) -> list[str]:
    """TEXT, and it after one, two … edits, each of another line of code, from the top to the end."""
    found = [text]
    lines = text.split("\n")
    code = [
        number
        for number, line in enumerate(lines)
        if line.rstrip().endswith(")") and "#" not in line and '"' not in line
    ]
    for number in range(count):
        line = code[number * len(code) // count]
        lines[line] = f"{lines[line]}  # {number}"
        found.append("\n".join(lines))
    return found


def resident(pid: int) -> int:
    """MiB; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() // 2**20
    except OSError:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    own_process()
    gc.disable()
    source = options.file or longest(options.lines)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        path = root / source.name
        path.write_text(source.read_text())
        (root / "tslint.toml").touch()
        texts = edited(path.read_text(), options.repeat)
        for text in texts[:3]:
            with_large_stack(lambda text=text: checked(path, text, root))
        server, alone, memory = asyncio.run(served(path, texts, root))
    ratios = sorted(one / other for one, other in zip(server, alone, strict=True))
    ratio = statistics.median(ratios)
    print(f"{source.name}, {texts[0].count(chr(10))} lines, {len(server)} edits")
    print("| | median | best |\n|---|---|---|")
    for title, each in (("from the change to the diagnostics", server), ("the check alone", alone)):
        print(f"| {title} | {statistics.median(each) * 1000:.0f} ms | {min(each) * 1000:.0f} ms |")
    print(f"server by check, the median pair, at most {BOUND}: {ratio:.2f} {'✓' if ratio <= BOUND else '✗'}")
    print(f"best by best: {min(server) / min(alone):.2f}; pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}")
    print(f"memory of the server: {memory[min(9, len(memory) - 1)]} MiB after ten edits, {memory[-1]} MiB after all")


if __name__ == "__main__":
    main()
