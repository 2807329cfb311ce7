"""The values of string literals are those that Python gives them."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from tslint.facts.literals import string_of

STRINGS = [
    "''",
    '"a"',
    "'it\"s'",
    "''''''",
    '"""a"""',
    "'''a\nb'''",
    "'''a\r\nb'''",
    '"""a""b"""',
    r"'a\n'",
    r"r'a\n'",
    "u'a'",
    "b'a'",
    r"'\''",
]


@pytest.mark.parametrize("text", STRINGS)
def test_strings(text: str) -> None:
    assert string_of(cst.SimpleString(text)) == ast.literal_eval(text)


def test_what_is_no_escape_is_no_text() -> None:
    assert string_of(cst.SimpleString(r"'\x'")) == ""
