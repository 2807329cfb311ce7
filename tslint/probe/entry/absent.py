"""Errors that say what is missing where the check runs, a file, a download, a GPU, and nothing of the code that asks for it."""

from __future__ import annotations

import socket
import urllib.error
from collections.abc import Iterator

_NETWORK: tuple[type[BaseException], ...] = (urllib.error.URLError, socket.gaierror, ConnectionError, TimeoutError)
_NETWORK_NAMES = frozenset({"ConnectionError", "ConnectError", "LocalEntryNotFoundError", "OfflineModeIsEnabled"})
"""Classes of requests, httpx and huggingface_hub, none of which need be installed."""

_GPU_PHRASES = ("Torch not compiled with CUDA enabled", "No CUDA GPUs are available", "Found no NVIDIA driver")
"""What PyTorch says where there is no GPU (2.4 to 2.13)."""


def absent(error: BaseException) -> tuple[str, str]:
    """What ERROR misses (file, download, gpu, or nothing), and that in words."""
    for cause in _causes(error):
        if isinstance(cause, FileNotFoundError) and cause.filename is not None:
            return "file", f"the file `{cause.filename}` is not there"
        if isinstance(cause, _NETWORK) or type(cause).__name__ in _NETWORK_NAMES:
            first = next(iter(str(cause).strip().splitlines()), "") or type(cause).__name__
            return "download", f"a download failed ({first})"
        if any(phrase in str(cause) for phrase in _GPU_PHRASES):
            return "gpu", "it asks for a GPU, and there is none here"
    return "", ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """ERROR and what it was raised from, outermost first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__
