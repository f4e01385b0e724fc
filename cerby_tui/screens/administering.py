"""What administrators do to a member, from the list of members or from the member's own page."""

from __future__ import annotations

from cerby_tui import terminal_text, words
from cerby_tui.screens.base import Place
from cerby_tui.screens.choose import Choice, ChooseScreen
from cerby_tui.team_values import Colleague, SoleOwned
from cerby_tui.values import Changed
from cerby_wire.headers import WorkspaceRole
from cerby_wire.permissions import Action
from cerby_wire.roles import ACCOUNT_OWNERS, HEIRS, may_change

ROLE_MEANINGS: dict[WorkspaceRole, str] = {
    "owner": "The one Owner of the workspace.",
    "super_admin": "Manages everybody but the Owner, and the workspace settings.",
    "admin": "Manages members up to Admin, and the workspace settings.",
    "user": "Adds, owns and shares accounts, and reads the Shared Inbox.",
    "login_only": "Logs in to accounts that were shared; owns nothing, has no inbox.",
    "guest": "From outside: logs in to accounts that were shared.",
}
NEEDED: dict[str, Action] = {
    "change_role": "change_roles",
    "remove_member": "remove_member",
    "transfer": "transfer_ownership",
}


class Administering(Place):
    """A place with a person in focus. What may not be done to them is not offered."""

    def person_in_focus(self) -> Colleague | None:
        """The person that an act is about."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An act exists for those who may do it, on those it may be done to."""
        if action in NEEDED:
            person = self.person_in_focus()
            return bool(person and self.desk.may(NEEDED[action]) and self._possible(action, person))
        return super().check_action(action, parameters)

    def _possible(self, action: str, person: Colleague) -> bool:
        if person.you or person.status != "active":
            return False
        if action == "transfer":
            return person.role in HEIRS
        if action == "change_role":
            return bool(self.desk.session.people.assignable(person.user))
        return may_change(self.desk.session.people.me().role, person.role)

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
                self.run_worker(self._set_role(person, role), exclusive=True, group="member")

        self.app.push_screen(ChooseScreen(f"Workspace role of {terminal_text.line(person.name)}", choices), chosen)

    async def _set_role(self, person: Colleague, role: WorkspaceRole) -> None:
        heirs: dict[bytes, bytes] | None = {}
        if role not in ACCOUNT_OWNERS and person.role in ACCOUNT_OWNERS:
            heirs = await self._ask_heirs(person, role)
        if heirs is None or not await self.done(self.desk.session.people.set_role(person.user, role, heirs)):
            return
        self.say(f"{terminal_text.line(person.name)} is {words.workspace_role(role)} now.")
        self._people_changed()

    async def _ask_heirs(self, person: Colleague, role: WorkspaceRole) -> dict[bytes, bytes] | None:
        """Who takes over the accounts that somebody alone owns and may no longer own; None: leave everything."""
        from cerby_tui.screens.heirs import Handover, HeirsScreen

        owned = await self.attempt(self.desk.session.people.sole_owned(person.user))
        if not owned:
            return None if owned is None else {}
        name = words.workspace_role(role)
        said = f"{terminal_text.line(person.name)} may own no accounts as {name}."
        question = Handover(f"Make {terminal_text.line(person.name)} {name}?", said, f"Make {name}", "")
        return await self.app.push_screen_wait(HeirsScreen(question, owned, self._heirs_for(person)))

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
            self.run_worker(self._remove(person), exclusive=True, group="member")

    async def _remove(self, person: Colleague) -> None:
        from cerby_tui.screens.heirs import HeirsScreen, removal_of

        self.say("Asking the service which accounts only they own…")
        owned: list[SoleOwned] | None = await self.attempt(self.desk.session.people.sole_owned(person.user))
        if owned is None:
            return
        question = removal_of(person)
        heirs = await self.app.push_screen_wait(HeirsScreen(question, owned, self._heirs_for(person)))
        if heirs is None or not await self.done(self.desk.session.people.remove(person.user, heirs)):
            return
        over = f" {words.count_of(len(heirs), 'account')} handed over." if heirs else ""
        self.say(f"{terminal_text.line(person.name)} was removed from the workspace.{over}")
        self._people_changed()

    def _heirs_for(self, person: Colleague) -> list[Colleague]:
        """Who may take over accounts: everybody who may own one, but the person that loses them."""
        members = self.desk.session.people.members()
        return [
            one for one in members if one.status == "active" and one.role in ACCOUNT_OWNERS and one.user != person.user
        ]
