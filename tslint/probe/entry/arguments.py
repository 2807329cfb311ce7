"""A script that wants to be told something, by command-line arguments or its standard input: that says nothing of its model."""

from __future__ import annotations


def unanswered(error: BaseException) -> str | None:
    """What the script that ended with ERROR was not told; None where it ended for another reason."""
    if isinstance(error, EOFError) and str(error).startswith("EOF when reading a line"):
        return "the script asks for input, and is given none"
    said = _usage(error) if isinstance(error, SystemExit) else None
    return f"the script wants command-line arguments, and is given none ({' '.join(said.split())})" if said else None


def _usage(error: SystemExit) -> str | None:
    """What argparse or Click said before the program exited."""
    usage = error.__context__
    if any(base.__name__ == "UsageError" for base in type(usage).__mro__):
        return str(getattr(usage, "format_message", usage.__str__)())
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        module = frame.f_globals.get("__name__")
        if module == "argparse" and frame.f_code.co_name == "error" and "message" in frame.f_locals:
            return str(frame.f_locals["message"])
        traceback = traceback.tb_next
    return None
