"""The merge by field, as a table of cases with names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerby_tui.sync.merge import apply_change, change_between, settle, union
from cerby_tui.vault.content import clashes, decode, to_item

Fields = dict[str, Any]
A, B, C = ({"name": name, "value": "1"} for name in "ABC")

CASES: dict[str, tuple[Fields, Fields, Fields, Fields]] = {
    # name: (what my change was made from, what I made of it, what is stored now, what must come out)
    "different fields join": (
        {"label": "x"},
        {"label": "x", "notes": "mine"},
        {"label": "x", "email": "theirs"},
        {"label": "x", "email": "theirs", "notes": "mine"},
    ),
    "same value is one": ({"label": "x"}, {"label": "y"}, {"label": "y"}, {"label": "y"}),
    "first stored stays and mine is kept beside it": (
        {"password": "old"},
        {"password": "mine"},
        {"password": "theirs"},
        {"password": "theirs", "clashes": [{"field": "password", "value": "mine"}]},
    ),
    "untouched field follows": (
        {"label": "x", "notes": "n"},
        {"label": "y", "notes": "n"},
        {"label": "x", "notes": "m"},
        {"label": "y", "notes": "m"},
    ),
    "emptied field goes": ({"notes": "n"}, {}, {"notes": "n", "label": "x"}, {"label": "x"}),
    "collections are a union of adds": (
        {"collections": ["a"]},
        {"collections": ["a", "b"]},
        {"collections": ["a", "c"]},
        {"collections": ["a", "c", "b"]},
    ),
    "a collection is taken out if its remover had seen it": (
        {"collections": ["a", "b"]},
        {"collections": ["b"]},
        {"collections": ["a", "b", "c"]},
        {"collections": ["b", "c"]},
    ),
    "custom fields merge by name": ({"fields": [A]}, {"fields": [A, B]}, {"fields": [A, C]}, {"fields": [A, C, B]}),
    "custom field changed by both is kept beside": (
        {"fields": [A]},
        {"fields": [A | {"value": "mine"}]},
        {"fields": [A | {"value": "theirs"}]},
        {
            "fields": [A | {"value": "theirs"}],
            "clashes": [{"field": "fields.A", "value": A | {"value": "mine"}}],
        },
    ),
    "custom field edited by them outlives my removal": (
        {"fields": [A]},
        {},
        {"fields": [A | {"value": "theirs"}]},
        {"fields": [A | {"value": "theirs"}]},
    ),
    "custom field removed by both goes": ({"fields": [A]}, {}, {"label": "x"}, {"label": "x"}),
    "custom field that I edit and they removed comes back": (
        {"fields": [A]},
        {"fields": [A | {"value": "mine"}]},
        {},
        {"fields": [A | {"value": "mine"}]},
    ),
    "the later tick stays": ({}, {"added_at": 5}, {"added_at": 9}, {"added_at": 9}),
    "unknown fields stay untouched": (
        {"label": "x"},
        {"label": "y"},
        {"label": "x", "tomorrow": {"a": [1]}, "empty": ""},
        {"label": "y", "tomorrow": {"a": [1]}, "empty": ""},
    ),
    "a second clash joins the first": (
        {"label": "a"},
        {"label": "mine"},
        {"label": "theirs", "clashes": [{"field": "notes", "value": "z"}]},
        {"label": "theirs", "clashes": [{"field": "notes", "value": "z"}, {"field": "label", "value": "mine"}]},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_merge(case: tuple[Fields, Fields, Fields, Fields]) -> None:
    """A change made from one version, applied to another, gives what the rules say."""
    before, mine, stored, expected = case
    assert apply_change(stored, change_between(before, mine)) == expected


words = st.dictionaries(st.sampled_from(["label", "notes", "password"]), st.sampled_from(["a", "b", "c"]))


@given(before=words, mine=words, theirs=words)
def test_no_wish_is_ever_dropped(before: Fields, mine: Fields, theirs: Fields) -> None:
    """Whatever two people wrote stands in its field or beside it; what only one of them wrote stands."""
    merged = apply_change(theirs, change_between(before, mine))
    beside = {(one["field"], one["value"]) for one in merged.get("clashes", ())}
    for name in ("label", "notes", "password"):
        was, i_want, they_want = (one.get(name, "") for one in (before, mine, theirs))
        if i_want != was:
            assert merged.get(name, "") == i_want or (name, i_want) in beside
        if i_want == was or they_want not in (was, i_want):
            assert merged.get(name, "") == they_want


@given(before=words, mine=words)
def test_change_applied_where_it_was_made_is_the_wish(before: Fields, mine: Fields) -> None:
    """Without anybody else in between, a change gives exactly what its author wrote."""
    assert apply_change(before, change_between(before, mine)) == mine


@given(*[st.lists(st.sampled_from("abcde"), unique=True)] * 3)
def test_union_keeps_every_addition(theirs: list[str], before: list[str], wanted: list[str]) -> None:
    """All additions stay, seen removals go, nothing is doubled."""
    merged = union(theirs, before, wanted)
    assert len(merged) == len(set(merged))
    assert set(merged) == (set(theirs) - (set(before) - set(wanted))) | (set(wanted) - set(before))


def clashing() -> Fields:
    """A card with a clash in a plain field and one in a custom field."""
    beside = [{"field": "label", "value": "mine"}, {"field": "fields.A", "value": A | {"value": "mine"}}]
    return {"label": "theirs", "fields": [A], "clashes": beside}


@pytest.mark.parametrize("field", ["label", "fields.A"])
def test_settling_for_the_value_that_stands(field: str) -> None:
    """Keeping what stands only ends the clash."""
    settled = apply_change(clashing(), settle(clashing(), field, keep_other=False))
    assert {one.field for one in clashes(settled)} == {"label", "fields.A"} - {field}
    assert (settled["label"], settled["fields"]) == ("theirs", [A])


def test_settling_for_the_other_value() -> None:
    """Taking the other value writes it and ends the clash."""
    settled = apply_change(clashing(), settle(clashing(), "label", keep_other=True))
    settled = apply_change(settled, settle(settled, "fields.A", keep_other=True))
    assert settled == {"label": "mine", "fields": [A | {"value": "mine"}]}


def test_settling_what_is_settled() -> None:
    """There is nothing to settle where nothing clashes."""
    with pytest.raises(LookupError):
        settle({"label": "x"}, "label", keep_other=True)


def test_known_key_of_another_type_counts_as_unknown() -> None:
    """A newer program may give a field another shape: it is kept, and the rest can be read."""
    item = to_item({"label": "x", "notes": ["not", "text"], "fields": [{"name": "n", "new": 1}]})
    assert (item.label, item.notes, item.fields[0].name) == ("x", "", "n")
    assert item.unknown == {"notes": ["not", "text"]}


def test_content_nested_without_end_is_an_empty_item() -> None:
    """A member who seals ten thousand lists in one another takes no reader down."""
    assert decode(b"\x81\xa1a" + b"\x91" * 10_000 + b"\xc0") == {}
