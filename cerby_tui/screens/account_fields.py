"""What the account page shows: a pure function from an account to its fields, and what can be done to each or why not.

The literal labels are those of the product people come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from msgspec import structs

from cerby_tui import words
from cerby_tui.screens.account_values import is_secret, text_of
from cerby_tui.team_values import Side, Sides
from cerby_tui.terminal_text import line
from cerby_tui.values import Account, Clash, CustomField, Item
from cerby_tui.widgets.field import FieldSpec, Kind

PHONE_LABEL = words.FIELDS["phone"]
MASK = "••••••••••"
OWNER_SEES = "Only an Owner of the account can see it."
HANDED_OVER = (
    "This account was handed over. What was written in it before went with the one who left: nobody here can open it."
    " The phone number and new messages go on. Give it a label again, and change the password at its site."
)
UNKNOWN = Sides(Side("Somebody"), Side("Somebody else"))
NO_SIDES: Mapping[str, Sides] = {}


def fields_of(account: Account, sides: Mapping[str, Sides] = NO_SIDES) -> list[FieldSpec]:
    """All fields of the General tab in their order; `sides` says who wrote the values of those that clash."""
    return list(_Page(account, sides).fields())


class _Page:
    def __init__(self, account: Account, sides: Mapping[str, Sides]) -> None:
        self.card, self.item, self._sides = account.card, account.item, sides
        self.owner = self.card.role == "owner"
        self.writes = self.owner and not self.card.deleted
        # Of several clashes of one field the first is settled first.
        self._clashes = {clash.field: clash for clash in reversed(account.clashes)}

    def fields(self) -> Iterator[FieldSpec]:
        item = self.item
        label = self.text("label", "Account label in Cerby", item.label, section="Login details")
        yield replace(label, why=HANDED_OVER) if self.card.closed else label
        yield self.text("app", "App", item.app_name or item.app, kind="app", remark=self.app_remark())
        if not item.app or item.login_url:
            yield self.text("login_url", "Login URL", item.login_url)
        yield self.text("username", "Username", item.username)
        yield self.secret("password", "Current password", item.password)
        yield self.text("email", "Email Linked to Account", item.email)
        yield self.phone()
        yield self.text("notes", "Notes", item.notes, kind="long", section="More details")
        for field in item.fields:
            yield self.custom(field)
        yield self.text("collections", "Collections", ", ".join(item.collections))
        mfa = "Multi-factor authentication (MFA) settings"
        yield self.secret("totp", "Authenticator secret", item.totp, section=mfa)
        yield self.secret("backup_codes", "Backup codes", "\n".join(item.backup_codes), kind="long")

    def app_remark(self) -> str:
        own = not self.item.app and (self.item.app_name or self.item.login_url)
        return "self-managed" if own else ""

    def text(
        self, name: str, label: str, value: str, *, kind: Kind = "text", section: str = "", remark: str = ""
    ) -> FieldSpec:
        actions = {"edit"} if self.writes else set()
        if value:
            actions.add("copy_value")
        return self.finished(FieldSpec(name, label, value, kind, section, remark=remark, actions=frozenset(actions)))

    def secret(self, name: str, label: str, value: str, *, kind: Kind = "secret", section: str = "") -> FieldSpec:
        if not self.owner:
            return FieldSpec(name, label, "", kind, section, shown=MASK, why=OWNER_SEES)
        actions = ({"edit"} if self.writes else set()) | ({"copy_value", "reveal"} if value else set())
        return self.finished(
            FieldSpec(name, label, value, kind, section, shown=MASK if value else "", actions=frozenset(actions))
        )

    def custom(self, field: CustomField) -> FieldSpec:
        name = f"fields.{field.name}"
        kind: Kind = "long" if field.kind == "long" else "secret" if field.hidden else "text"
        make = self.secret if field.hidden else self.text
        spec = make(name, field.name, field.value, kind=kind)
        actions = spec.actions | ({"remove_field"} if self.writes else set())
        return replace(spec, actions=frozenset(actions), remark="link" if field.kind == "link" and field.value else "")

    def phone(self) -> FieldSpec:
        number = self.card.number
        if number:
            actions = {"copy_value"}
            if self.writes and not self.item.added_at:
                actions.add("number_added")
            return FieldSpec(
                "phone", PHONE_LABEL, number.e164, "phone",
                shown=words.phone_number(number.e164),
                remark=" · ".join(["managed", words.number_kind(number.kind), *self.number_state(number.state)]),
                why="This account has its phone number; it cannot be typed over.",
                copies=number.e164, actions=frozenset(actions),
            )  # fmt: skip
        spec = self.text("phone", PHONE_LABEL, self.item.phone, kind="phone")
        why = self.why_no_number()
        return replace(spec, why=why) if why else replace(spec, actions=spec.actions | {"create_number"})

    def number_state(self, state: str) -> list[str]:
        return [] if state == "active" else [state]

    def why_no_number(self) -> str:
        app = self.card.app_name or "This app"
        if self.card.support == "none":
            return f"{app} takes no phone number, so there is none to create."
        if self.card.deleted:
            return "Restore the account before a phone number is created for it."
        if not self.owner:
            return "Only an Owner of the account can create a phone number."
        return ""

    def finished(self, spec: FieldSpec) -> FieldSpec:
        clash = self._clashes.get(spec.name)
        if clash is None:
            return spec
        sides = self._sides.get(spec.name, UNKNOWN)
        actions = (
            spec.actions | ({"compare"} if self.writes else set()) | ({"keep"} if self.writes and sides.mine else set())
        )
        told = told_of(clash, sides, hidden=spec.shown == MASK)
        return replace(spec, clash=told, actions=frozenset(actions))


def told_of(clash: Clash, sides: Sides, *, hidden: bool) -> str:
    """Who changed a field at once with whom, whose value stands, and the other one."""
    kept, other = (line(side.name) for side in (sides.kept, sides.other))
    value = _told(clash, hidden=hidden)
    if sides.kept.you and sides.other.you:
        return f"You changed this on two devices at once. Beside this value: {value}"
    if sides.mine == "other":
        return f"You and {kept} changed this at once. {kept}'s value stands; yours: {value}"
    if sides.mine == "kept":
        return f"You and {other} changed this at once. Your value stands; {other}'s: {value}"
    return f"{kept} and {other} changed this at once. {kept}'s value stands; {other}'s: {value}"


def _told(clash: Clash, *, hidden: bool) -> str:
    if hidden or is_secret(clash.field, clash.kept, clash.other):
        return "hidden"
    return text_of(clash.field, clash.other) or "nothing"


def parse_collections(text: str) -> tuple[str, ...]:
    """Names between commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


PARSERS: dict[str, Callable[[str], object]] = {
    "collections": parse_collections,
    "backup_codes": lambda text: tuple(line.strip() for line in text.splitlines() if line.strip()),
    "label": lambda text: text.strip(),
    "login_url": lambda text: text.strip(),
    "totp": lambda text: text.replace(" ", ""),
}
"""How what was typed becomes the value of a field, where that is not the text as it is."""


def changes_for(item: Item, name: str, typed: str) -> dict[str, object]:
    """What `Session.edit_account` is to be told when `typed` was entered into a field."""
    if name.startswith("fields."):
        wanted = name.removeprefix("fields.")
        changed = (structs.replace(each, value=typed) if each.name == wanted else each for each in item.fields)
        return {"fields": tuple(changed)}
    parse = PARSERS.get(name)
    return {name: parse(typed) if parse else typed}
