"""The form for a new account card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, HorizontalGroup, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui.commands import only
from cerby_tui.errors import CerbyError
from cerby_tui.messages import GenerateWanted, Pressed
from cerby_tui.screens.account_fields import parse_collections
from cerby_tui.screens.base import Sized, caption, sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.terminal_text import line
from cerby_tui.values import CustomField, Item
from cerby_tui.widgets.area import Area
from cerby_tui.widgets.bars import BottomBar, TopBar, footer_hints
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.suggesting import SuggestingEntry, Suggestions
from cerby_wire.catalogue import App, load

PHONE_WORDS = {
    "voip": "{app} takes VoIP numbers: a phone number can be created once the account is added.",
    "non_voip": "{app} takes non-VoIP numbers only: one can be created once the account is added.",
    "none": "{app} takes no phone number.",
    "unknown": "Nobody knows yet which numbers {app} takes; you can try once the account is added.",
}
SELF_MANAGED = "An app outside the catalogue: give the address of its login page."
LONGEST_LABEL = 100
_ROWS = (
    ("label", "Account label in Cerby", "How colleagues will recognise it"),
    ("app", "App", "Type to search the catalogue, or a name of your own"),
    ("login_url", "Login URL", "https://…"),
    ("username", "Username", ""),
    ("password", "Password", "Ctrl+G generates one, Ctrl+T shows it"),
    ("email", "Email Linked to Account", ""),
    ("phone", "Phone number", "Only a number you have already; Cerby can create one afterwards"),
    ("collections", "Collections", "Marketing, Launch"),
)
"""Fields of one line: name, label, placeholder, in the order in which people know these things."""


class FormRow(HorizontalGroup):
    """A label and what is typed beside it."""

    def __init__(self, name: str, label: str, editor: Widget) -> None:
        super().__init__(id=f"row-{name}" if name.isidentifier() else None)
        self._label = label
        self.editor = editor

    def compose(self) -> Iterable[Widget]:
        """Label, editor."""
        yield caption(line(self._label), "label")
        yield self.editor

    def on_descendant_focus(self) -> None:
        """Being typed into."""
        self.add_class("-typing")

    def on_descendant_blur(self) -> None:
        """No longer."""
        self.remove_class("-typing")

    @property
    def value(self) -> str:
        """What is typed."""
        if isinstance(self.editor, Area):
            return self.editor.text
        return str(getattr(self.editor, "value", ""))


class AccountForm(Sized[bytes]):
    """Answers the id of the account that was added, or None."""

    CSS_PATH = sheet("form")
    BINDINGS: ClassVar[list[BindingType]] = [
        *only("save-form", "generate", "show-typed", "add-form-field", "leave-form"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._saving = False
        self._custom: list[tuple[CustomField, FormRow]] = []

    def compose(self) -> Iterable[Widget]:
        """The rows between the bars."""
        yield TopBar(self._desk.zone)
        with VerticalScroll(can_focus=False):
            for name, label, placeholder in _ROWS:
                yield FormRow(name, label, self._editor(name, placeholder))
                if name == "app":
                    yield Static(id="about", markup=False, classes="muted")
            yield FormRow("notes", "Notes", Area())
            with Horizontal(classes="buttons"):
                yield Press("Add account")
        yield BottomBar()

    def _editor(self, name: str, placeholder: str) -> Widget:
        if name == "app":
            return SuggestingEntry("", self._suggest, placeholder=placeholder)
        longest = LONGEST_LABEL if name == "label" else 0
        return Entry(placeholder=placeholder, password=name == "password", max_length=longest)

    def _suggest(self, typed: str) -> list[str]:
        return [app.name for app in load().search(typed)]

    def on_mount(self) -> None:
        """Begin with the label."""
        bar = self.query_one(TopBar)
        bar.trail, bar.status = ("Accounts", "Add account"), self._desk.session.status()
        self.bindings_updated_signal.subscribe(self, lambda _screen: self._show_hints())
        self._show_hints()
        self._row("login_url").display = False
        self.query(Entry).first().focus()

    def _show_hints(self) -> None:
        self.query_one(BottomBar).hints = footer_hints(self.active_commands())

    def _row(self, name: str) -> FormRow:
        return self.query_one(f"#row-{name}", FormRow)

    def _value(self, name: str) -> str:
        return self._row(name).value.strip() if name != "password" else self._row(name).value

    def _app(self) -> App | None:
        typed = self._value("app").lower()
        return next((app for app in load().search(typed) if app.name.lower() == typed), None) if typed else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The generator belongs to the password."""
        if action in ("generate", "show_typed"):
            return any(self.focused is row.editor for row in self.query("#row-password").results(FormRow))
        return super().check_action(action, parameters)

    @on(Input.Changed)
    def app_typed(self) -> None:
        """Say what the app takes; an app of one's own needs the address of its login page."""
        typed, app = self._value("app"), self._app()
        self._row("login_url").display = bool(typed) and app is None
        own = typed and not self.query_one(Suggestions).names
        about = PHONE_WORDS[app.phone].format(app=app.name) if app else SELF_MANAGED if own else ""
        self.query_one("#about", Static).update(about)

    @on(SuggestingEntry.Taken)
    def app_taken(self) -> None:
        """A suggestion was taken."""
        self.app_typed()
        self.app.action_focus_next()

    @on(Input.Submitted)
    def next_row(self) -> None:
        """Enter goes on to the next field."""
        self.app.action_focus_next()

    def action_show_typed(self) -> None:
        """Show or mask the password."""
        entry = self._row("password").query_one(Entry)
        entry.password = not entry.password

    def action_generate(self) -> None:
        """Have a password made up."""
        entry = self._row("password").query_one(Entry)

        def take(password: str) -> None:
            entry.value = password

        self.post_message(GenerateWanted(take))

    def action_add_field(self) -> None:
        """Ask for a name and a kind."""
        from cerby_tui.screens.custom_field import CustomFieldScreen

        self.app.push_screen(CustomFieldScreen({field.name for field, _row in self._custom}), self._field_named)

    async def _field_named(self, field: CustomField | None) -> None:
        if field is None:
            return
        editor: Widget = Area() if field.kind == "long" else Entry(password=field.hidden)
        row = FormRow("custom field", field.name, editor)
        self._custom.append((field, row))
        await self.query_one(VerticalScroll).mount(row, before=self.query_one(".buttons"))
        editor.focus()

    def _item(self) -> Item:
        app = self._app()
        return Item(
            label=self._value("label"),
            app=app.slug if app else "",
            app_name=app.name if app else self._value("app"),
            login_url="" if app else self._value("login_url"),
            username=self._value("username"),
            password=self._value("password"),
            email=self._value("email"),
            phone=self._value("phone"),
            notes=self._row("notes").value,
            fields=tuple(replace(field, value=row.value) for field, row in self._custom),
            collections=parse_collections(self._value("collections")),
        )

    @on(Pressed)
    async def button_pressed(self) -> None:
        """The button saves."""
        await self.action_save()

    async def action_save(self) -> None:
        """Add the account. What was typed stays where it is if that is refused."""
        if self._saving:
            return
        self._saving = True
        try:
            account = await self._desk.session.add_account(self._item())
        except CerbyError as error:
            self.say(error.whole(), "error")
        else:
            self.dismiss(account)
        finally:
            self._saving = False

    def action_leave_form(self) -> None:
        """Leave; what was typed is asked about."""
        if self._item() == Item(label=""):
            self.dismiss(None)
            return
        from cerby_tui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        self.app.push_screen(ConfirmScreen("Discard your changes?", yes="Discard", no="Go on typing"), answered)
