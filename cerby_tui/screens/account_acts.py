"""What can be done on the page of an account: editing in place, deleting, and having a phone number made."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType

from cerby_tui.activity import what_of
from cerby_tui.commands import bindings, only
from cerby_tui.errors import CerbyError
from cerby_tui.messages import CopyWanted, FieldActed, FieldChanged
from cerby_tui.screens.account_fields import changes_for
from cerby_tui.screens.account_rights import Rights
from cerby_tui.screens.account_values import is_secret, text_of
from cerby_tui.screens.base import Place
from cerby_tui.team_values import Sides
from cerby_tui.terminal_text import line as one_line
from cerby_tui.values import Account, CustomField, ManagedNumber
from cerby_tui.widgets.editor import Editor
from cerby_tui.widgets.field import Field
from cerby_wire.activity import How

if TYPE_CHECKING:
    from cerby_tui.screens.number_dialog import Left

NOT_CREATED = "The phone number was not created and must not be used."
UNSURE_WHETHER = "Nobody knows yet whether the number was created. Do not use it before it stands in the field."


class AccountActs(Place):
    """The acts of the account page."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("account"), *only("copy-message-code")]

    account: Account
    account_id: bytes
    may: Rights
    sides: Mapping[str, Sides]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what this person may do with this account as it is now."""
        card = self.account.card
        if action in ("delete_account", "add_field"):
            return card.role == "owner" and not card.deleted
        if action == "restore_account":
            return card.role == "owner" and card.deleted
        if action == "copy_newest_code":
            return self.desk.session.code_now(self.account_id) is not None
        return super().check_action(action, parameters)

    def focus_field(self, name: str) -> None:
        """Focus a field by its name, or the first one."""
        fields = list(self.query(Field))
        wanted = next((field for field in fields if field.spec.name == name), fields[0] if fields else None)
        if wanted:
            wanted.focus()

    def _editing(self) -> Field | None:
        return next((field for field in self.query(Field) if field.editor), None)

    def suggest_apps(self, typed: str) -> list[str]:
        """Names of the catalogue that fit what is typed."""
        from cerby_wire.catalogue import load

        return [app.name for app in load().search(typed)]

    @on(FieldActed)
    async def act(self, event: FieldActed) -> None:
        """Carry out what a field cannot do itself."""
        field = next(field for field in self.query(Field) if field.spec.name == event.name)
        if event.action == "edit":
            await self._begin_edit(field)
        elif event.action == "create_number":
            self._create_number()
        elif event.action == "number_added":
            if await self._did(self.desk.session.mark_added(self.account_id)):
                self.say(f"Noted: the number is in the settings of {one_line(self.account.card.label)}.")
        elif event.action == "copied":
            self._note_seen("copied", field)
            await self._note_copied(event.name)
        elif event.action == "revealed":
            self._note_seen("viewed", field)
        elif event.action == "remove_field":
            self._remove_field(event.name.removeprefix("fields."))
        elif event.action == "compare":
            self._compare(event.name)
        elif event.action.startswith("keep_"):
            mine = self.sides[event.name].mine
            await self._settle(event.name, (mine == "other") == (event.action == "keep_mine"))

    async def _settle(self, name: str, other: bool) -> None:
        """End a clash with the value that stands, or the other one."""
        await self.attempt(self.desk.session.settle_clash(self.account_id, name, "other" if other else "kept"))

    def _compare(self, name: str) -> None:
        from cerby_tui.screens.compare import ClashScreen

        clash = next(clash for clash in self.account.clashes if clash.field == name)
        shown = (text_of(name, clash.kept, self.desk.zone), text_of(name, clash.other, self.desk.zone))
        hidden = is_secret(name, clash.kept, clash.other)
        screen = ClashScreen(clash, self.sides[name], shown, hidden=hidden, now=self.desk.now())
        note, what = self.desk.session.activity.note, what_of(name, hidden=hidden)
        screen.noted = lambda: note("viewed", self.account_id, what)

        async def answered(keep: str | None) -> None:
            if keep:
                await self._settle(name, keep == "other")

        self.app.push_screen(screen, answered)

    def _note_seen(self, how: How, field: Field) -> None:
        """For the activity log."""
        hidden, managed = bool(field.spec.shown), self.account.card.number is not None
        what = what_of(field.spec.name, hidden=hidden, managed=managed)
        self.desk.session.activity.note(how, self.account_id, what)

    async def _note_copied(self, name: str) -> None:
        if name == "phone" and self.account.card.number and not self.account.item.copied_at:
            await self.attempt(self.desk.session.mark_copied_number(self.account_id))

    async def _begin_edit(self, field: Field) -> None:
        open_one = self._editing()
        if open_one:
            self.say(f"Finish {open_one.spec.label} first: Esc leaves it.", "warning")
        else:
            await field.begin_edit()

    @on(FieldChanged)
    async def keep_change(self, event: FieldChanged) -> None:
        """Keep what was typed; if it cannot be kept, the editor stays open with it."""
        changes = self._changes(event.name, event.value)
        try:
            await self.desk.session.edit_account(self.account_id, changes)
        except CerbyError as error:
            self.say(error.whole(), "error")
            return
        field = self._editing()
        if field:
            await field.end_edit()
        if self.desk.session.status().state == "offline":
            self.say("Kept on this device; it is sent when the service is back.")

    def _changes(self, name: str, typed: str) -> dict[str, object]:
        if name == "app":
            from cerby_wire.catalogue import load

            known = next((app for app in load().search(typed) if app.name.lower() == typed.strip().lower()), None)
            return {"app": known.slug if known else "", "app_name": known.name if known else typed.strip()}
        return changes_for(self.account.item, name, typed)

    @on(Editor.Cancelled)
    def cancel_edit(self, event: Editor.Cancelled) -> None:
        """Ask before something typed is thrown away."""
        field = self._editing()
        if field is None:
            return
        if not event.changed:
            self.run_worker(field.end_edit())
            return
        from cerby_tui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(field.end_edit())

        self.app.push_screen(ConfirmScreen("Discard your changes?", yes="Discard", no="Go on editing"), answered)

    def action_back(self) -> None:
        """Leave, unless something is being edited."""
        field = self._editing()
        if field and field.editor:
            field.editor.action_edit_cancel()
        else:
            self.dismiss(None)

    def action_copy_newest_code(self) -> None:
        """The newest code of this account."""
        message = self.desk.session.code_now(self.account_id)
        if message and message.code:
            self.post_message(CopyWanted(message.code.text, "Code"))
            self.desk.session.activity.note("copied", self.account_id, "code")
            if not message.read:
                self.run_worker(self.attempt(self.desk.session.mark_read([message.key])))

    def _create_number(self) -> None:
        from cerby_tui.screens.number_dialog import NumberDialog

        self.app.push_screen(NumberDialog(self.desk, self.account), self._number_dialog_closed)

    def _number_dialog_closed(self, outcome: ManagedNumber | Left | None) -> None:
        if isinstance(outcome, ManagedNumber):
            self.say("The phone number is yours. Add it in the app now, if you have not yet.")
        else:
            self.say(UNSURE_WHETHER if outcome == "unsure" else NOT_CREATED, "warning")

    async def _did(self, act: Awaitable[object]) -> bool:
        try:
            await act
        except CerbyError as error:
            self.say(error.whole(), "error")
            return False
        return True

    def action_delete_account(self) -> None:
        """Delete, after a question that says what happens to the number."""
        from cerby_tui.screens.confirm import ConfirmScreen

        number = " Its phone number goes on receiving meanwhile." if self.account.card.number else ""
        self.app.push_screen(
            ConfirmScreen(
                f"Delete {one_line(self.account.card.label)}?",
                f"It can be restored for 30 days; others lose it at once.{number}",
                yes="Delete account",
            ),
            self._delete_answered,
        )

    async def _delete_answered(self, yes: bool | None) -> None:
        if yes and await self._did(self.desk.session.delete_account(self.account_id)):
            self.say(f"{one_line(self.account.card.label)} was deleted. Choose the filter Deleted accounts to find it.")
            self.dismiss(None)

    async def action_restore_account(self) -> None:
        """Bring the account back."""
        if await self._did(self.desk.session.restore_account(self.account_id)):
            self.say("The account is back.")

    def action_add_field(self) -> None:
        """Ask for a name and a kind."""
        from cerby_tui.screens.custom_field import CustomFieldScreen

        taken = {field.name for field in self.account.item.fields}
        self.app.push_screen(CustomFieldScreen(taken), self._field_named)

    async def _field_named(self, field: CustomField | None) -> None:
        if field:
            fields = (*self.account.item.fields, field)
            await self.attempt(self.desk.session.edit_account(self.account_id, {"fields": fields}))

    def _remove_field(self, name: str) -> None:
        from cerby_tui.screens.confirm import ConfirmScreen

        fields = tuple(replace(field) for field in self.account.item.fields if field.name != name)

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.attempt(self.desk.session.edit_account(self.account_id, {"fields": fields}))

        question = ConfirmScreen(f"Remove the field {one_line(name)}?", "Its value goes with it.", yes="Remove")
        self.app.push_screen(question, answered)
