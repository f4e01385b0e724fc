"""What administrators do to a member, from the list of members or from the member's own page."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from cerby_tui import terminal_text, words
from cerby_tui.screens.base import Place
from cerby_tui.screens.choose import Choice, ChooseScreen
from cerby_tui.screens.desk import Desk
from cerby_tui.team_values import Colleague, SoleOwned
from cerby_tui.values import Changed
from cerby_wire.headers import WorkspaceRole
from cerby_wire.permissions import Action
from cerby_wire.roles import ACCOUNT_OWNERS, HEIRS, may_change

if TYPE_CHECKING:
    from cerby_tui.screens.heirs import Handover

Act = Callable[[dict[bytes, bytes]], Coroutine[Any, Any, None]]
ROLE_MEANINGS: dict[WorkspaceRole, str] = {
    "owner": "The one Owner of the workspace.",
    "super_admin": "Manages everybody but the Owner, and the settings.",
    "admin": "Manages members up to Admin, and the settings.",
    "user": "Adds, owns and shares accounts; has the Shared Inbox.",
    "login_only": "Logs in to accounts shared with them; owns nothing.",
    "guest": "From outside: logs in to accounts shared with them.",
}
NEEDED: dict[str, Action] = {
    "change_role": "change_roles",
    "remove_member": "remove_member",
    "transfer": "transfer_ownership",
    "suspend": "suspend_other_session",
}


class Administering(Place):
    """A place with a person in focus. What may not be done to them is not offered.

    What one may do is read once for each change of the vault, not with every key.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._powers: dict[str, bool] = {}
        self._mine: WorkspaceRole | None = None
        self._assignable: dict[bytes, tuple[WorkspaceRole, ...]] = {}

    def learn_powers(self) -> None:
        """Read what this person may do now."""
        self._powers = {action: self.desk.may(needed) for action, needed in NEEDED.items()}
        self._mine = self.desk.session.people.me().role
        self._assignable = {}

    def _roles_for(self, user: bytes) -> tuple[WorkspaceRole, ...]:
        if user not in self._assignable:
            self._assignable[user] = self.desk.session.people.assignable(user)
        return self._assignable[user]

    def person_in_focus(self) -> Colleague | None:
        """The person that an act is about."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An act exists for those who may do it, on those it may be done to."""
        if action in NEEDED:
            person = self.person_in_focus()
            return bool(person and self._powers.get(action) and self._possible(action, person))
        return super().check_action(action, parameters)

    def _possible(self, action: str, person: Colleague) -> bool:
        if person.you or person.status != "active":
            return False
        if action == "transfer":
            return person.role in HEIRS
        if action == "change_role":
            return bool(self._roles_for(person.user))
        return may_change(self._mine, person.role)

    def _people_changed(self) -> None:
        self.reread(Changed(everything=True))
        self.refresh_bindings()

    # --- role

    def action_change_role(self) -> None:
        """Choose another role, among those that one may give."""
        person = self.person_in_focus()
        if person is None:
            return
        roles = dict.fromkeys(self.desk.session.people.assignable(person.user))
        choices = [
            Choice(role, words.workspace_role(role), ROLE_MEANINGS[role], now=role == person.role) for role in roles
        ]

        def chosen(value: bytes | str | None) -> None:
            role = next((each for each in roles if each == value), None)
            if role and role != person.role:
                self.run_worker(self._want_role(person, role), exclusive=True, group="member")

        self.app.push_screen(ChooseScreen(f"Workspace role of {terminal_text.line(person.name)}", choices), chosen)

    async def _want_role(self, person: Colleague, role: WorkspaceRole) -> None:
        """Give the role; where they may own no accounts in it, first ask who takes over what only they own."""
        if role in ACCOUNT_OWNERS or person.role not in ACCOUNT_OWNERS:
            await self._set_role(person, role, {})
            return
        owned = await self.attempt(self.desk.session.people.sole_owned(person.user))
        if owned:
            name, called = words.workspace_role(role), terminal_text.line(person.name)
            from cerby_tui.screens.heirs import Handover

            said = f"{called} may own no accounts as {name}."
            question = Handover(f"Make {called} {name}?", said, f"Make {name}", "")
            self._ask_heirs(question, owned, person, lambda heirs: self._set_role(person, role, heirs))
        elif owned is not None:
            await self._set_role(person, role, {})

    async def _set_role(self, person: Colleague, role: WorkspaceRole, heirs: dict[bytes, bytes]) -> None:
        if await self.done(self.desk.session.people.set_role(person.user, role, heirs)):
            self.say(f"{terminal_text.line(person.name)} is {words.workspace_role(role)} now.")
            self._people_changed()

    def _ask_heirs(self, question: Handover, owned: Sequence[SoleOwned], person: Colleague, act: Act) -> None:
        """Ask who takes over, and then do it."""

        def answered(heirs: dict[bytes, bytes] | None) -> None:
            if heirs is not None:
                self.run_worker(act(heirs), exclusive=True, group="member")

        from cerby_tui.screens.heirs import HeirsScreen

        self.app.push_screen(HeirsScreen(question, owned, self._heirs_for(person)), answered)

    # --- the Owner's seat

    def action_transfer(self) -> None:
        """Hand the Owner's seat over, after the word was typed."""
        from cerby_tui.screens.heirs import TransferScreen

        person = self.person_in_focus()
        if person is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._transfer(person), exclusive=True, group="member")

        self.app.push_screen(TransferScreen(person.name), answered)

    async def _transfer(self, person: Colleague) -> None:
        if await self.done(self.desk.session.people.transfer(person.user)):
            self.say(f"{terminal_text.line(person.name)} is the Owner of the workspace now, and you are Super Admin.")
            self._people_changed()

    # --- removal

    def action_remove_member(self) -> None:
        """Remove somebody, after it was said what that means and who takes over what only they own."""
        if person := self.person_in_focus():
            self.run_worker(self._ask_removal(person), exclusive=True, group="member")

    async def _ask_removal(self, person: Colleague) -> None:
        from cerby_tui.screens.heirs import removal_of

        owned = await self.attempt(self.desk.session.people.sole_owned(person.user))
        if owned is not None:
            self._ask_heirs(removal_of(person), owned, person, lambda heirs: self._remove(person, heirs))

    async def _remove(self, person: Colleague, heirs: dict[bytes, bytes]) -> None:
        if await self.done(self.desk.session.people.remove(person.user, heirs)):
            over = f" {words.count_of(len(heirs), 'account')} handed over." if heirs else ""
            self.say(f"{terminal_text.line(person.name)} was removed from the workspace.{over}")
            self._people_changed()

    def _heirs_for(self, person: Colleague) -> list[Colleague]:
        """Who may take over accounts: everybody who may own one, but the person that loses them."""
        members = self.desk.session.people.members()
        return [
            one for one in members if one.status == "active" and one.role in ACCOUNT_OWNERS and one.user != person.user
        ]
