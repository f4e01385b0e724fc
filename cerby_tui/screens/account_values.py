"""The value of a field in words, wherever it is shown outside the field itself."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from cerby_tui import words
from cerby_tui.values import CustomField

SECRETS = frozenset({"password", "totp", "backup_codes"})
"""The fields whose values are masked until somebody asks to see them."""


def text_of(field: str, value: Any, zone: tzinfo | None = None) -> str:
    """A value as one reads it: lists joined, times as times, a custom field as what it holds; empty for nothing."""
    if isinstance(value, CustomField):
        return value.value
    if isinstance(value, tuple):
        return ("\n" if field == "backup_codes" else ", ").join(str(each) for each in value)
    if isinstance(value, int):
        return words.whole_time(value, zone) if value else ""
    return "" if value is None else str(value)


def is_secret(field: str, *values: Any) -> bool:
    """Whether the values of a field are masked."""
    return field in SECRETS or any(isinstance(value, CustomField) and value.hidden for value in values)
