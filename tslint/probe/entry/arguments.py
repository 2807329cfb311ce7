"""A script that ends because it is given no command-line arguments: that says nothing of its model."""

from __future__ import annotations


def wanted_arguments(error: BaseException) -> str | None:
    """What argparse or Click said before the program exited with ERROR; None where it exited for another reason."""
    if not isinstance(error, SystemExit):
        return None
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
