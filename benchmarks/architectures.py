"""Checks and plans whole architectures: timm's smallest of each family, ten of torchvision, ten of Transformers.

    python benchmarks/architectures.py timm [--results RESULTS] [--jobs 1] [--only NAME ...] [--write]
    python benchmarks/architectures.py torchvision [...]
    python benchmarks/architectures.py transformers [...]

Each is a project of its own with one file, ``net.py``, that builds the model with random weights. On it run, as a user would,
``tslint check net.py`` and ``tslint plan net.py -o convert.py``, which runs the script in a process of its own before it is
written; ``--again`` then runs ``python convert.py``, too. RESULTS, a file of JSON lines, keeps what came out; what it holds is
not run again. ``--write`` puts the table into ARCHITECTURES.md, in which the lines of architectures that were not run stay.
Beside another job each takes several times as long: PyTorch's threads wait for one another.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import importlib.metadata
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_name("ARCHITECTURES.md")
LIBRARY = ROOT / "tests" / "zoo"
"""On the path of every process: torchvision can be imported where its wheel was built for CUDA and torch for the CPU."""
PATIENCE = 900
"""Seconds for each of the three commands."""
SIDES = (64, 128)
"""Sides of images tried before the one an architecture is made for: small ones are faster, and not all of them take any."""
SIZES = "vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37"
TEXT = "torch.randint(0, 99, (1, 7))"
TRANSFORMERS = {
    "bert": (f"BertModel(BertConfig({SIZES}))", TEXT),
    "distilbert": (
        "DistilBertModel(DistilBertConfig(vocab_size=99, dim=32, n_layers=2, n_heads=4, hidden_dim=37))",
        TEXT,
    ),
    "gpt2": ("GPT2LMHeadModel(GPT2Config(vocab_size=99, n_embd=32, n_layer=2, n_head=4, use_cache=False))", TEXT),
    "llama": (f"LlamaForCausalLM(LlamaConfig({SIZES}, use_cache=False))", TEXT),
    "opt": (
        "OPTForCausalLM(OPTConfig(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=37, "
        "word_embed_proj_dim=32, use_cache=False))",
        TEXT,
    ),
    "albert": (f"AlbertModel(AlbertConfig({SIZES}, embedding_size=16))", TEXT),
    "t5 encoder": (
        "T5EncoderModel(T5Config(vocab_size=99, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4))",
        TEXT,
    ),
    "vit": (
        f"ViTModel(ViTConfig({SIZES.partition(', ')[2]}, image_size=30, patch_size=2))",
        "torch.rand(1, 3, 30, 30)",
    ),
    "wav2vec2": (
        f"Wav2Vec2Model(Wav2Vec2Config({SIZES}, conv_dim=(32, 32), conv_kernel=(8, 8), conv_stride=(4, 4), "
        "num_feat_extract_layers=2, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2))",
        "torch.rand(1, 1024)",
    ),
    "convnext": (
        "ConvNextModel(ConvNextConfig(hidden_sizes=[10, 20, 30, 40], depths=[2, 2, 3, 2]))",
        "torch.rand(1, 3, 32, 32)",
    ),
}
"""Name → how it is built, with a small configuration, and its inputs."""

SMALL, USUAL = "torch.rand(1, 3, 64, 64)", "torch.rand(1, 3, 224, 224)"
TORCHVISION = {
    "resnet18": ("resnet18()", SMALL),
    "mobilenet_v3_small": ("mobilenet_v3_small()", SMALL),
    "efficientnet_b0": ("efficientnet_b0()", SMALL),
    "densenet121": ("densenet121()", SMALL),
    "googlenet": ("googlenet(init_weights=False)", SMALL),
    "convnext_tiny": ("convnext_tiny()", SMALL),
    "vit_b_32": ("vit_b_32()", USUAL),
    "swin_t": ("swin_t()", USUAL),
    "r3d_18": ("video.r3d_18()", "torch.rand(1, 3, 8, 64, 64)"),
    "deeplabv3_resnet101": ("segmentation.deeplabv3_resnet101(weights_backbone=None)", "torch.rand(1, 3, 128, 128)"),
}
"""Name → how it is built, in `torchvision.models`, and its inputs."""

Row = dict[str, Any]


# -- what is built ----------------------------------------------------------------------------------------------------


def timm_models() -> Iterator[tuple[str, str]]:
    """The family and name of each family's smallest model, by parameters."""
    sys.path.insert(0, str(LIBRARY))
    import torchvision_operators

    torchvision_operators.provide()
    import timm

    warnings.simplefilter("ignore")
    for family in sorted(set(timm.list_modules())):
        names = [name for name in timm.list_models(module=family) if not name.startswith("test_")]
        sizes = {name: size for name in names if (size := parameters(name)) is not None}
        if sizes:
            yield family, min(sizes, key=lambda name: (sizes[name], name))


def parameters(name: str) -> int | None:
    """How many numbers timm's NAME learns; None where it cannot be built without storage or a download."""
    import timm
    import torch

    try:
        with torch.device("meta"):
            return sum(p.numel() for p in timm.create_model(name).parameters())
    except Exception as error:
        print(f"  {name}: {error}", file=sys.stderr)
        return None


@functools.cache
def sides(name: str) -> tuple[int, int]:
    """The side of the images that timm's NAME is tried with: the smallest it takes, and what it is made for."""
    code = f"""
import timm, torch
net = timm.create_model({name!r}).eval()
usual = net.default_cfg["input_size"][-1]
for side in {SIDES}:
    try:
        with torch.no_grad():
            net(torch.rand(1, 3, side, side))
        break
    except Exception:
        pass
else:
    side = usual
print(side, usual)
"""
    done = run([sys.executable, "-c", code], Path.cwd())
    found = re.search(r"(\d+) (\d+)\s*$", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr.strip().splitlines()[-1:] or "it could not be built")
    return int(found[1]), int(found[2])


def project(library: str, name: str) -> tuple[str, str]:
    """The text of ``net.py``, and its input."""
    if library == "timm":
        side, _ = sides(name)
        return f'import timm\n\nnet = timm.create_model("{name}").eval()\n', f"torch.rand(1, 3, {side}, {side})"
    if library == "torchvision":
        build, example = TORCHVISION[name]
        return f"from torchvision import models\n\nnet = models.{build}.eval()\n", example
    build, example = TRANSFORMERS[name]
    taken = ", ".join(sorted(set(re.findall(r"\b[A-Z]\w+(?=\()", build))))
    return f"from transformers import {taken}\n\nnet = {build}.eval()\n", example


# -- one architecture -------------------------------------------------------------------------------------------------


def run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(LIBRARY), str(ROOT)]),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "200",
    }
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )


def examine(library: str, again: bool, family: str, name: str) -> Row:
    """What came of checking and planning one architecture, and of running its script AGAIN."""
    start = time.monotonic()
    row: Row = {"library": library, "family": family, "name": name}
    try:
        source, example = project(library, name)
    except Exception as error:
        return {**row, "built": str(error)}
    row["input"] = example
    source = f"import torch\n{source}\n\nif __name__ == '__main__':\n    torch.jit.trace(net, {example})\n"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "net.py").write_text(source, encoding="utf-8")
        tslint = [sys.executable, "-m", "tslint"]
        try:
            row |= checked(run([*tslint, "check", "net.py", "--output-format", "json", "--show-refuted"], place))
            row |= planned(run([*tslint, "plan", "net.py", "-o", "convert.py"], place))
            if (place / "convert.py").exists():
                row["script"] = (place / "convert.py").read_text(encoding="utf-8")
                if again:
                    done = run([sys.executable, "convert.py"], place)
                    row["again"] = "" if done.returncode == 0 else done.stderr[-400:]
        except subprocess.TimeoutExpired as error:
            row["late"] = " ".join(map(str, error.cmd[1:5]))
    row["seconds"] = round(time.monotonic() - start)
    return row


def checked(done: subprocess.CompletedProcess[str]) -> Row:
    """What the report says."""
    try:
        report = json.loads(done.stdout)
        (run_,) = report["runs"]
    except (ValueError, KeyError):
        return {"status": done.returncode, "crash": (done.stderr or done.stdout)[-600:]}
    crashes = [
        d["message"] for d in report["diagnostics"] if d["rule"] in ("check-crashed", "probe-died", "model-failed")
    ]
    return {
        "status": done.returncode,
        "crash": "; ".join([*report["errors"], *crashes]),
        "steps": {step["name"]: step["status"] for step in run_["steps"]},
        "routes": run_["routes"],
        "recommended": run_["recommended"],
        "generalises": run_["generalises"],
        "found": [[d["rule"], d["severity"], d["basis"], d["claim"], d["path"], d.get("line"), d["message"]]
                  for d in report["diagnostics"]],
        "escapes": run_["escapes"],
    }  # fmt: skip


def planned(done: subprocess.CompletedProcess[str]) -> Row:
    said = [line.removeprefix("tslint: ") for line in done.stderr.splitlines() if line.startswith("tslint: ")]
    return {"planned": done.returncode, "said": said[-1] if said else done.stderr[-300:]}


# -- the table --------------------------------------------------------------------------------------------------------


def complete(row: Row) -> bool:
    """Whether its report has every step and its plan's script ran, if a route works at all."""
    if row.get("crash", "?") or "late" in row:
        return False
    return row.get("planned") == (0 if row["recommended"] else 1) and not row.get("again")


def cells(row: Row) -> list[str]:
    """What the table says of one architecture."""
    head = [row["family"], f"`{row['name']}`" if row["name"] != row["family"] else "", sizes(row["input"])]
    if "routes" not in row:
        return [*head, "", "", "", "none", "", "", row.get("late") or row.get("crash") or row.get("built", "")]
    trace = row["routes"]["trace"]
    behind = trace.get("wrapped") if trace["status"] == "refused" else None
    status = f"refused; {behind['status']} behind a wrapper" if behind else trace["status"]
    return [*head, status, generalising(row), row["routes"]["script"]["status"], *converted(row), plan_of(row)]


def converted(row: Row) -> list[str]:
    """The route that is recommended, whether its program was verified, and the largest difference from eager."""
    if not row["recommended"]:
        return ["none", "", ""]
    taken = row["routes"][row["recommended"]]
    taken = taken.get("wrapped") or taken
    composed = [op.removeprefix("aten::") for op in taken.get("composed", ())]
    route = row["recommended"] + (f", with composites for {', '.join(composed)}" if composed else "")
    verdict = {True: "yes", False: "no", None: "not evaluated"}[taken["verified"]]
    return [route, verdict, f"{taken['difference']:.0e}" if taken["difference"] is not None else ""]


def sizes(example: str) -> str:
    """The shape in ``torch.rand(1, 3, 64, 64)``."""
    found = re.findall(r"\((?:0, 99, )?\(?([\d, ]+)\)", example)
    return found[0].replace(", ", "x") if found else example


def generalising(row: Row) -> str:
    """The dimensions that the trace serves, and those that it does not."""
    said: dict[bool, list[str]] = {True: [], False: []}
    for item in row["generalises"]:
        if item["verdict"] is not None:
            said[item["verdict"]].append(str(item["dimension"]))
    return "; ".join(
        f"{word} {', '.join(said[key])}" for key, word in ((True, "over"), (False, "not over")) if said[key]
    )


def plan_of(row: Row) -> str:
    if row.get("planned") != 0:
        return row.get("said", "none")[:120]
    how = re.search(r"to Core ML: (.*?)\.\n", row["script"])
    parts = row["script"].count("torch.jit.script(")
    return (how[1] if how else "written") + (f" ({parts} scripted)" if parts else "")


def settled(row: Row) -> list[str]:
    """How many values left the graph of one architecture, how many of them PyTorch warned of, and how they were settled."""
    escapes = row.get("escapes", ())
    verdicts = [escape["settled"] for escape in escapes]
    warned = [escape["settled"] for escape in escapes if escape["warned"]]
    counts = [str(verdicts.count(word)) for word in ("harmful", "harmless", "not exercised")]
    return [row["name"], str(len(escapes)), str(len(warned)), *counts, str(sum(w == "not exercised" for w in warned))]


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    )


HEAD = (
    "family",
    "architecture",
    "input",
    "trace",
    "other sizes",
    "script",
    "Core ML",
    "verified",
    "largest difference",
    "plan",
)
COLUMNS, ROUTE = len(HEAD), HEAD.index("Core ML")
FAILED = "error: the script that was written"


def earlier(library: str, again: Container[str]) -> list[list[str]]:
    """The lines of the page's table for families that were not run AGAIN."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"<!-- {library} -->\n")
    rest = rest.partition("<!-- end of")[0]
    lines = [
        line.strip("| ").split(" | ") for line in rest.partition("\n\n")[2].splitlines()[2:] if line.startswith("|")
    ]
    return [line for line in itertools.takewhile(lambda line: len(line) == COLUMNS, lines) if line[0] not in again]


def page(library: str, rows: Sequence[Row]) -> str:
    """What the page says of one library's architectures."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in (library, "torch", "coremltools", "tslint")
    )
    stay = earlier(library, {row["family"] for row in rows})
    ran = sum(row.get("planned") == 0 for row in rows) + sum(not line[-1].startswith("error") for line in stay)
    routes = sum(bool(row.get("recommended")) for row in rows) + sum(line[ROUTE] != "none" for line in stay)
    failed = sum(not complete(row) for row in rows) + sum(line[-1].startswith(FAILED) for line in stay)
    count = len(rows) + len(stay)
    before = f" ({len(stay)} of them in an earlier run)" if stay else ""
    said = (
        f"Made {datetime.date.today()} with {versions}{before}. "
        f"Of {count} architectures, {count - failed} have a complete report; "
        f"{routes} have a way to Core ML, and the plan's script ran and agreed for {ran} of them."
    )
    parts = [said, table(HEAD, sorted([*stay, *map(cells, rows)], key=lambda line: line[0]))]
    if library == "transformers":
        counted = ["architecture", "values read", "warned", "harmful", "harmless", "not exercised", "of these warned"]
        parts.append(table(counted, [settled(row) for row in rows]))
    return "\n\n".join(parts)


def write(library: str, text: str) -> None:
    """Puts TEXT between the marks of LIBRARY in the page."""
    start, end = f"<!-- {library} -->", f"<!-- end of {library} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=("timm", "torchvision", "transformers"))
    parser.add_argument("--results", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    kept = options.results
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept is not None and kept.exists() else []
    rows = [row for row in rows if row["library"] == options.library]
    known = {row["name"] for row in rows}
    own = {"transformers": TRANSFORMERS, "torchvision": TORCHVISION}.get(options.library)
    wanted = [(name, name) for name in own] if own is not None else list(choice(kept))
    wanted = [
        (f, n) for f, n in wanted if n not in known and (not options.only or n in options.only or f in options.only)
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda pair: examine(options.library, options.again, *pair), wanted):
            rows.append(row)
            print(f"{row['name']}: {'complete' if complete(row) else row}"[:600], file=sys.stderr, flush=True)
            if kept is not None:
                with kept.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    text = page(options.library, rows)
    print(text)
    if options.write:
        write(options.library, text)


def choice(kept: Path | None) -> Iterator[tuple[str, str]]:
    """The models of timm, remembered beside the results: counting all parameters takes minutes."""
    file = kept.with_suffix(".models.json") if kept is not None else None
    if file is not None and file.exists():
        yield from json.loads(file.read_text())
        return
    found = list(timm_models())
    if file is not None:
        file.write_text(json.dumps(found))
    yield from found


if __name__ == "__main__":
    main()
