"""What ``--add-ignore``, ``--write-baseline`` and standard input do not go together with."""

from __future__ import annotations

from tslint.cli.output import Usage
from tslint.settings import Settings, key_of

WRITING = ("add_ignore", "write_baseline", "fix", "diff")
RUNNING = ("run", "model", "input", "save", "repro")


def refuse(settings: Settings) -> None:
    """Raises Usage where one check is to write the same files in two ways, or something cannot be written."""
    together = _given(settings, WRITING)
    if len(together) > 1:
        raise Usage(f"--{together[0]} and --{together[1]} contradict each other")
    if settings.write_baseline and settings.baseline is None:
        raise Usage("--write-baseline needs to know the file: --baseline PATH, or `baseline` in the configuration")
    if settings.write_baseline and settings.no_baseline:
        raise Usage("--write-baseline and --no-baseline contradict each other")
    reason = settings.add_ignore or ""
    if not reason.isprintable() or "#" in reason:
        raise Usage("the reason of --add-ignore goes on one line, without `#`, which would begin another comment")


def refuse_with_stdin(settings: Settings, targets: list[str]) -> None:
    """Raises Usage where standard input is to be checked in a way that only files can be."""
    others = [target for target in targets if target != "-"]
    if others:
        raise Usage(f"standard input is checked alone, without {others[0]}")
    names = _given(settings, (*RUNNING, "add_ignore", "write_baseline"))
    if names:
        raise Usage(f"--{names[0]} and standard input contradict each other: it is only read, and fixed with --fix")


def _given(settings: Settings, names: tuple[str, ...]) -> list[str]:
    return [key_of(name) for name in names if getattr(settings, name) not in (False, None, ())]
