"""How messages show code that stands on several lines."""

from __future__ import annotations

import pytest

from tslint.facts.written import one_line

CODE = {
    "zip(first, second)": "zip(first, second)",
    "zip(\n    first.tolist(), second.split(2)\n)": "zip(first.tolist(), second.split(2))",
    "[\n    x,  # the first\n    # and\n    y\n]": "[x, y]",
    "size\n+ 1": "size + 1",
    "size  # of it\n        + 1  # more\n    - 2  # less": "size + 1 - 2",
    "f('a #b',\n  1)  # see": "f('a #b', 1)",
    "f(\n    '''a\n    b'''  # see\n)": "f('''a b''')",
    "x = ( 1,\n      2)": "x = ( 1, 2)",
    "if x:  # or not\n    return 1\n": "if x: return 1",
    "f(aaaa,\n  bbbb, cccc, dddd)": "f(aaaa, bbbb, cccc,…",
    "return x[\n": "return x[",
}


@pytest.mark.parametrize("code", CODE)
def test_code_on_one_line(code: str) -> None:
    assert one_line(code, 20 if "dddd" in code else 60) == CODE[code]
