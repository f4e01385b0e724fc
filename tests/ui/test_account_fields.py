"""From an account to its fields: what can be done with each, and why not. A table of cases, no screen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cerby_tui.screens.account_fields import MASK, PHONE_LABEL, changes_for, fields_of
from cerby_tui.team_values import Side, Sides
from cerby_tui.values import Account, Card, Clash, CustomField, Item, ManagedNumber
from cerby_tui.widgets.field import FieldSpec

ITEM = Item(
    "Ads", "sandbox-ads", "Sandbox Ads", username="ops", password="hunter2", phone="+1 555", totp="ABC",
    fields=(
        CustomField("Floor", "3"), CustomField("PIN", "4471", hidden=True), CustomField("Site", "https://x", "link"),
    ),
    collections=("A", "B"),
)  # fmt: skip
CARD = Card(b"a", "Ads", "sandbox-ads", "Sandbox Ads", "ops", "owner", "voip")
NUMBER = ManagedNumber(b"n", "+15550100123", "non_voip")


def spec(name: str, card: Card = CARD, item: Item = ITEM, clashes: tuple[Clash, ...] = ()) -> FieldSpec:
    """One field of an account."""
    return next(each for each in fields_of(Account(card, item, clashes)) if each.name == name)


def test_labels_people_know() -> None:
    """The literal labels of the product stand on the page, in its order."""
    labels = [each.label for each in fields_of(Account(CARD, ITEM))]

    assert labels[:6] == ["Account label in Cerby", "App", "Username", "Current password", "Email Linked to Account",
                          PHONE_LABEL]  # fmt: skip


@pytest.mark.parametrize(
    ("card", "why"),
    [
        (replace(CARD, support="none"), "Sandbox Ads takes no phone number, so there is none to create."),
        (replace(CARD, role="collaborator"), "Only an Owner of the account can create a phone number."),
        (replace(CARD, deleted=True), "Restore the account before a phone number is created for it."),
        (replace(CARD, number=NUMBER), "This account has its phone number; it cannot be typed over."),
    ],
)
def test_absent_with_a_sentence(card: Card, why: str) -> None:
    """Where no number can be created the action is absent, and a sentence says why."""
    phone = spec("phone", card)

    assert "create_number" not in phone.actions
    assert phone.why == why


@pytest.mark.parametrize("support", ["voip", "non_voip", "unknown"])
def test_offered_where_it_may_work(support: str) -> None:
    """An app that takes numbers, or of which nobody knows, offers the action and says nothing more."""
    phone = spec("phone", replace(CARD, support=support))

    assert ("create_number" in phone.actions, phone.why) == (True, "")


def test_managed_number() -> None:
    """A managed number is shown as people read it, copied as E.164, tagged with its kind, and not editable."""
    phone = spec("phone", replace(CARD, number=NUMBER))

    assert (phone.shown, phone.copies, phone.remark) == ("+1 (555) 010-0123", "+15550100123", "managed · non-VoIP")
    assert phone.actions == {"copy_value", "number_added"}


def test_owner_sees_secrets_masked() -> None:
    """An Owner finds secrets masked, with reveal, copy and edit."""
    password = spec("password")

    assert (password.shown, password.value) == (MASK, "hunter2")
    assert password.actions == {"edit", "copy_value", "reveal"}


@pytest.mark.parametrize("name", ["password", "totp", "backup_codes", "fields.PIN"])
def test_collaborator_gets_no_secret(name: str) -> None:
    """A Collaborator's page does not even hold the value, offers nothing, and says who may see it."""
    found = spec(name, replace(CARD, role="collaborator"))

    assert (found.value, found.actions, found.why) == ("", frozenset(), "Only an Owner of the account can see it.")


def test_collaborator_reads_only() -> None:
    """A Collaborator copies what is no secret and edits nothing."""
    for each in fields_of(Account(replace(CARD, role="collaborator"), ITEM)):
        assert each.actions <= {"copy_value"}


def test_login_url_is_for_self_managed_apps() -> None:
    """The login URL is a field of apps outside the catalogue only, unless one is stored."""
    named = [each.name for each in fields_of(Account(CARD, ITEM))]
    own = [each.name for each in fields_of(Account(replace(CARD, app=""), replace(ITEM, app="")))]

    assert ("login_url" in named, "login_url" in own) == (False, True)


BOB, CLEO = Side("Bob"), Side("Cleo")
ME = Side("Me", you=True)


@pytest.mark.parametrize(
    ("sides", "told", "keep"),
    [
        (Sides(BOB, ME), "You and Bob changed this at once. Bob's value stands; yours: root", True),
        (Sides(ME, BOB), "You and Bob changed this at once. Your value stands; Bob's: root", True),
        (Sides(BOB, CLEO), "Bob and Cleo changed this at once. Bob's value stands; Cleo's: root", False),
        (Sides(ME, ME), "You changed this on two devices at once. Beside this value: root", False),
    ],
    ids=["mine lost", "mine stands", "neither is mine", "both are mine"],
)
def test_clash_is_told(sides: Sides, told: str, keep: bool) -> None:
    """It is said who changed the field at once with whom; mine and theirs are there only where one value is mine."""
    account = Account(CARD, ITEM, (Clash("username", "ops", "root"),))
    found = next(each for each in fields_of(account, {"username": sides}) if each.name == "username")

    assert (found.clash, "keep" in found.actions, "compare" in found.actions) == (told, keep, True)


@pytest.mark.parametrize(
    ("clash", "told"),
    [
        (Clash("username", "ops", ""), "nothing"),
        (Clash("password", "hunter2", "other"), "hidden"),
        (Clash("fields.PIN", ITEM.fields[1], CustomField("PIN", "9", hidden=True)), "hidden"),
        (Clash("fields.Floor", ITEM.fields[0], CustomField("Floor", "4")), "4"),
    ],
)
def test_value_beside_is_told(clash: Clash, told: str) -> None:
    """The value that was kept beside is shown, unless it is a secret."""
    assert spec(clash.field, clashes=(clash,)).clash.endswith(f"Somebody else's: {told}")


def test_closed_content_is_told() -> None:
    """An account that was handed over says that what it held is closed, and asks for a label."""
    why = spec("label", replace(CARD, closed=True)).why

    assert "nobody here can open it" in why and "Give it a label again" in why


@pytest.mark.parametrize(
    ("name", "typed", "changes"),
    [
        ("username", "root ", {"username": "root "}),
        ("label", " Ads ", {"label": "Ads"}),
        ("totp", "ab cd", {"totp": "abcd"}),
        ("collections", "B, C ,B,", {"collections": ("B", "C")}),
        ("backup_codes", "one\n two\n\n", {"backup_codes": ("one", "two")}),
    ],
)
def test_what_was_typed_becomes_a_change(name: str, typed: str, changes: dict[str, object]) -> None:
    """Typed text becomes the value of its field, lists from commas or lines."""
    assert changes_for(ITEM, name, typed) == changes


def test_custom_field_changes_alone() -> None:
    """Another value for one custom field leaves the others, their kinds and their hiding as they are."""
    changed = changes_for(ITEM, "fields.PIN", "9")["fields"]

    assert changed == (ITEM.fields[0], CustomField("PIN", "9", hidden=True), ITEM.fields[2])
