"""``tslint server``: a language server on standard input and output, for editors. Each verb is ``api``'s.

The server itself only reads source: it never imports PyTorch or the file that is open. A run, which somebody asks for, happens
in a child process (``worker``), which ends with whoever asked. Needs pygls and lsprotocol, the extra ``lsp``; nothing of the
package but this file, ``worker`` and ``options`` may be imported without them.
"""

from __future__ import annotations

import importlib.util

MISSING = "`tslint server` needs pygls, which is not installed: `pip install 'tslint[lsp]'`"


def installed() -> bool:
    """Whether what the server is built on is there; it is not imported."""
    return all(importlib.util.find_spec(name) is not None for name in ("pygls", "lsprotocol"))


def serve() -> int:
    """Serves the client on standard input and output until it leaves; the exit status."""
    from tslint.server.app import start

    return start()
