"""What takes too long is interrupted, whatever it catches, and nothing is left of the limit afterwards."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

import pytest

from tslint.probe import limits
from tslint.probe.limits import TooSlow, limited

pytestmark = pytest.mark.torch


def test_a_call_that_swallows_the_first_interruption(monkeypatch):
    monkeypatch.setattr(limits, "REPEAT", 0.05)
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TooSlow, match=r"no answer within 0\.1 s"), limited(0.1):
        with contextlib.suppress(BaseException):
            time.sleep(30)
        time.sleep(30)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_is_soon_done_is_left_alone():
    with limited(0.05):
        done = 1
    time.sleep(0.1)
    assert done


def test_another_thread_is_not_limited():
    found = []

    def work():
        with limited(0.01):
            time.sleep(0.05)
            found.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["done"]
