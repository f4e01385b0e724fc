"""Every user command, declared once: its id, keys, words and place. Bindings, footer, help and palette follow from it.

Only keys that every terminal can send are used: no ctrl+enter, no ctrl+m or ctrl+i (they are Enter and Tab). The ids
are what a person's key map names (`keys` in the configuration).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from textual.binding import Binding, BindingType

NOT_IN_FOOTER = 99


@dataclass(frozen=True)
class Command:
    """One command. `rank` orders the footer, smallest first; `hint` is its short text there."""

    id: str
    keys: str
    label: str
    help: str
    action: str
    area: str
    rank: int = NOT_IN_FOOTER
    hint: str = ""
    priority: bool = False

    def binding(self) -> Binding:
        """The Textual binding of this command; its id lets a key map replace the keys."""
        return Binding(
            self.keys, self.action, self.label, show=False, id=self.id, tooltip=self.help, priority=self.priority
        )


AREAS = {
    "unlock": "Locked",
    "everywhere": "Everywhere",
    "place": "Going around",
    "list": "In lists",
    "accounts": "Accounts",
    "account": "Account",
    "field": "Fields",
    "users": "Users of the account",
    "share": "Share account",
    "history": "History of the account",
    "clash": "Changed by two at once",
    "number": "Phone number",
    "inbox": "Shared Inbox",
    "search": "While filtering",
    "message": "Message",
    "form": "Forms",
    "waiting": "Waiting changes",
    "members": "All members",
    "member": "Member",
    "devices": "Trusted sessions",
    "approval": "Trust this session?",
    "policy": "Workspace settings",
    "activity": "Activity",
    "export": "Export",
    "leaver": "Leaver",
    "dialog": "In dialogs",
    "kit": "Recovery kit",
    "choose": "Choosing",
}
"""The areas in the order in which help lists them, with their titles."""

_TABLE: tuple[Command, ...] = (
    # everywhere
    Command("help", "question_mark,f1", "All keys", "Every key that works here; type to filter, Enter runs one.",
            "app.help", "everywhere", hint="all keys"),
    Command("palette", "ctrl+p,colon", "Find anything", "Commands, accounts and messages in one list.",
            "app.palette", "everywhere", 90, "find"),
    Command("lock", "ctrl+l", "Lock", "Close the vault and clear it from memory.", "app.lock", "everywhere",
            92, "lock"),
    Command("log", "f12", "What the app said", "Every notice of this session, the ones that went away too.",
            "app.log_of_notices", "everywhere"),
    Command("suspend", "ctrl+z", "Lock and go to the shell", "Lock, and stop the program until the shell continues it.",
            "app.suspend_locked", "everywhere"),
    Command("forgotten", "f2", "Open with your recovery kit", "Set a new passphrase where the old one is forgotten.",
            "forgotten", "unlock"),
    Command("quit", "ctrl+q", "Quit", "Send what is ready to be sent, close the vault and leave.", "app.leave",
            "everywhere", priority=True),
    # places
    Command("back", "escape,q", "Back", "Clear the filter, or go back to where you came from.", "back", "place",
            60, "back"),
    Command("shared-inbox", "i", "Shared Inbox", "Every message of every account you can reach.", "app.inbox", "place",
            20, "inbox"),
    Command("undo", "u", "Undo", "Take back your last change or share of this sitting, while it can be.", "app.undo",
            "place", 57, "undo"),
    Command("refresh", "r", "Refresh", "Ask the service now instead of waiting for it to ring.", "app.sync_now",
            "place"),
    Command("waiting", "o", "Waiting changes", "Changes that are not sent yet, and those that could not be saved.",
            "app.waiting", "place", 85, "waiting"),
    Command("members", "M", "All members", "Everybody in the workspace, and the open invites.", "app.members", "place",
            52, "members"),
    Command("devices", "T", "My trusted devices", "Your trusted sessions, and devices that ask to become one.",
            "app.devices", "place", 58, "devices"),
    Command("recovery-kit", "K", "Recovery kit", "Try whether your recovery kit works, or make a new one.",
            "app.recovery", "place", 89, "recovery kit"),
    Command("activity", "A", "Activity", "Who did what and when, as far as you may see it.", "app.activity", "place",
            53, "activity"),
    Command("leavers", "L", "Leavers", "What those who were removed may still know, to be changed one by one.",
            "app.leavers", "place", 87, "leavers"),
    Command("workspace-settings", "W", "Workspace settings", "What the workspace asks of its members' devices.",
            "app.workspace_settings", "place", 88, "workspace"),
    Command("settings", "comma", "Settings", "Theme, mouse and motion.", "app.settings", "place"),
    Command("demo-menu", "t", "Demo: what can happen", "Play the other side: text a code again, and more.",
            "app.demo_menu", "place", 25, "demo"),
    # lists
    Command("up", "up,k", "Up", "The line above.", "up", "list"),
    Command("down", "down,j", "Down", "The line below.", "down", "list"),
    Command("left", "left,h", "Left", "The card to the left.", "left", "list"),
    Command("right", "right,l", "Right", "The card to the right.", "right", "list"),
    Command("half-page-up", "pageup,ctrl+u", "Half a page up", "Half a screen up.", "half_page_up", "list"),
    Command("half-page-down", "pagedown,ctrl+d", "Half a page down", "Half a screen down.", "half_page_down", "list"),
    Command("top", "home", "First", "The first one; gg does the same.", "top", "list"),
    Command("top-twice", "g", "First (gg)", "Press it twice for the first one.", "top_twice", "list"),
    Command("bottom", "end,G", "Last", "The last one.", "bottom", "list"),
    Command("open", "enter", "Open", "Open what is selected.", "open", "list", 10, "open"),
    # accounts
    Command("search", "slash", "Filter as you type", "Words in any order; Esc clears them.", "search", "accounts", 30,
            "filter"),
    Command("copy-code", "c", "Copy the newest code", "The newest code of the selected account.", "copy_code",
            "accounts", 12, "copy code"),
    Command("add-account", "a", "Add account", "A new account card.", "add_account", "accounts", 40, "add"),
    Command("choose-filters", "f", "Choose filters", "By app, by collection, or the deleted ones.", "choose_filters",
            "accounts", 50, "filters"),
    Command("sort", "s", "Sort", "By label, by newest activity, by app.", "sort", "accounts", 55, "sort"),
    Command("view", "v", "Grid or list", "Switch between cards and lines.", "view", "accounts", 56, "grid/list"),
    Command("favourite", "asterisk", "Favourite", "Keep this account in front; only you see it.", "favourite",
            "accounts", 80, "favourite"),
    Command("search-done", "enter,down", "To the list", "Go on to what was found.", "leave(False)", "search", 1,
            "to the list"),
    Command("search-clear", "escape", "Clear", "Take the words away.", "leave(True)", "search", 2, "clear"),
    # account page
    Command("tab-general", "1", "General", "The details of the account.", "tab('general')", "account", 45, "general"),
    Command("tab-inbox", "2", "Inbox", "The messages of this account.", "tab('inbox')", "account", 46, "messages"),
    Command("tab-users", "3", "Users", "Who is on this account, and in which role.", "tab('users')", "account", 47,
            "users"),
    Command("tab-history", "4", "History", "Every version of this account, field by field.", "tab('history')",
            "account", 48, "history"),
    Command("add-field", "a", "Add custom field", "A field of your own: text, long text or a link.", "add_field",
            "account", 50, "add field"),
    Command("account-code", "n", "Copy the newest code", "The newest code of this account.", "copy_newest_code",
            "account", 22, "copy code"),
    Command("delete-account", "D", "Delete account", "Take the account away; it can be restored for 30 days.",
            "delete_account", "account", 75, "delete"),
    Command("restore-account", "R", "Restore account", "Bring the deleted account back.", "restore_account", "account",
            11, "restore"),
    # fields
    Command("previous-field", "up,k", "Field above", "Go to the field above.", "app.focus_previous", "field"),
    Command("next-field", "down,j", "Field below", "Go to the field below.", "app.focus_next", "field"),
    Command("create-number", "p", "Create phone number", "Have a phone number made for this account.",
            "create_number", "field", 1, "Create phone number"),
    Command("copy-value", "c", "Copy", "Copy the value of the focused field.", "copy_value", "field", 5, "copy"),
    Command("edit", "e,enter", "Edit", "Change this field in place.", "edit", "field", 6, "edit"),
    Command("reveal", "space", "Reveal", "Show the hidden value; it hides itself again.", "reveal", "field", 7,
            "reveal"),
    Command("number-added", "d", "I added it in the app", "Tick off that the number is in the app's settings.",
            "number_added", "field", 3, "I added it in the app"),
    Command("keep-mine", "m", "Keep mine", "Two people changed this at once: keep your own value.", "keep('mine')",
            "field", 2, "keep mine"),
    Command("keep-theirs", "t", "Keep theirs", "Two people changed this at once: keep the other value.",
            "keep('theirs')", "field", 2, "keep theirs"),
    Command("compare", "s", "Side by side", "Two people changed this at once: both values beside each other.",
            "compare", "field", 3, "compare"),
    Command("remove-field", "x", "Remove custom field", "Take this custom field off the account.", "remove_field",
            "field", 58, "remove"),
    Command("edit-done", "ctrl+s", "Done", "Keep the change.", "edit_done", "form", 1, "done"),
    Command("edit-cancel", "escape", "Cancel", "Leave without keeping the change.", "edit_cancel", "form", 2, "cancel"),
    Command("generate", "ctrl+g", "Generate a password", "Have a strong password made up.", "generate", "form", 3,
            "generate password"),
    Command("show-typed", "ctrl+t", "Show what is typed", "Show or hide the password while typing.", "show_typed",
            "form", 4, "show"),
    Command("save-form", "ctrl+s", "Add account", "Keep the account; it is on this device at once.", "save", "form", 1,
            "add account"),
    Command("add-form-field", "ctrl+n", "Add custom field", "A field of your own.", "add_field", "form", 5,
            "add field"),
    Command("leave-form", "escape", "Cancel", "Leave the form; what was typed is asked about.", "leave_form", "form", 9,
            "cancel"),
    # users, history and clashes of an account
    Command("share-account", "s", "Share account", "Put people on this account.", "share", "users", 11, "share"),
    Command("account-role", "e", "Change role", "Make this person an Owner or a Collaborator of the account.",
            "account_role", "users", 12, "change role"),
    Command("remove-from-account", "x", "Remove from account", "Take this person off the account.", "remove_person",
            "users", 13, "remove from account"),
    Command("tick-person", "enter", "Tick", "Choose this person, or leave them out.", "tick", "share", 2, "tick"),
    Command("share-role", "ctrl+t", "Another role", "Owner or Collaborator.", "another_role", "share", 3, "role"),
    Command("confirm-share", "ctrl+s", "Confirm", "Share the account with the people that are ticked.", "confirm",
            "share", 1, "confirm"),
    Command("restore-before", "b", "Restore the value before", "Give the field back what it held before this change.",
            "restore('before')", "history", 11, "restore the value before"),
    Command("restore-after", "a", "Restore the value after", "Give the field back what it held after this change.",
            "restore('after')", "history", 12, "restore the value after"),
    Command("keep-left", "1", "Keep the left one", "End it with the value at the left.", "keep('left')", "clash", 1,
            "keep left"),
    Command("keep-right", "2", "Keep the right one", "End it with the value at the right.", "keep('right')", "clash", 2,
            "keep right"),
    # number dialog
    Command("copy-number", "c", "Copy", "Copy the number the way apps take it: +15550101234.", "copy_number",
            "number", 1, "copy"),
    Command("tick", "space", "Tick", "Say that you will add the number to the account's settings.", "tick", "number", 2,
            "tick"),
    Command("commit-number", "enter", "Create Phone Number", "Make the number yours. Needs the tick.", "commit",
            "number", 3, "create"),
    Command("another-number", "r", "Another number", "Ask the service for another number.", "ask_again", "number", 3,
            "another number"),
    Command("leave-number", "escape,q", "Close", "Leave without creating the number.", "leave_dialog", "number", 4,
            "close"),
    # inbox and message
    Command("search-messages", "slash", "Search", "Words inside messages, senders and accounts.", "search", "inbox", 30,
            "search"),
    Command("copy-message-code", "c", "Copy code", "The code in the selected message.", "copy_code", "inbox", 12,
            "copy code"),
    Command("filter-messages", "f", "Choose filters", "By app, account, collection and type.", "choose_filters",
            "inbox", 40, "filters"),
    Command("message-account", "a", "Open the account", "The account this message was sent to.", "open_account",
            "inbox", 50, "account"),
    Command("copy-text", "y", "Copy the whole text", "The whole message as it came.", "copy_text", "message", 13,
            "copy text"),
    Command("next-message", "j,down", "Older message", "The next message in the list.", "next_message", "message", 40,
            "older"),
    Command("previous-message", "k,up", "Newer message", "The previous message in the list.", "previous_message",
            "message", 41, "newer"),
    # small places
    Command("toggle", "space", "Choose", "Take this one, or leave it out.", "choose", "choose", 1, "choose"),
    Command("apply", "enter", "Apply", "Use what is chosen.", "open", "choose", 2, "apply"),
    Command("take", "enter", "Choose", "Take the selected one.", "open", "choose", 2, "choose"),
    Command("clear", "x", "Clear", "Choose nothing, show everything.", "clear", "choose", 3, "clear"),
    Command("close", "escape,q", "Close", "Go back.", "close", "choose", 60, "close"),
    Command("yes", "y", "Yes", "Do it.", "answer(True)", "choose", 1, "yes"),
    Command("no", "n,escape", "No", "Leave everything as it is.", "answer(False)", "choose", 2, "no"),
    # members, sessions, workspace
    Command("search-members", "slash", "Filter as you type", "Words in any order; Esc clears them.", "search",
            "members", 30, "filter"),
    Command("new-invite", "n", "Invite", "Invite somebody to the workspace.", "invite", "members", 12, "invite"),
    Command("withdraw-invite", "w", "Withdraw invite", "Nobody can use it any more.", "withdraw", "members", 14,
            "withdraw"),
    Command("tab-members", "1", "Members", "The people of the workspace.", "tab('members')", "members", 61, "members"),
    Command("tab-guests", "2", "Guests", "People from outside.", "tab('guests')", "members", 62, "guests"),
    Command("tab-invites", "3", "Open invites", "Invites that nobody has used yet.", "tab('invites')", "members", 63,
            "invites"),
    Command("change-role", "e", "Change role", "Give this person another workspace role.", "change_role", "member", 14,
            "change role"),
    Command("remove-member", "x", "Remove from workspace", "End this person's access to everything.", "remove_member",
            "member", 16, "remove"),
    Command("transfer-seat", "O", "Transfer ownership", "Make this person the Owner of the workspace.", "transfer",
            "member", 64, "transfer ownership"),
    Command("suspend-session", "s", "Suspend session", "This trusted session gets nothing any more.", "suspend",
            "member", 13, "suspend"),
    Command("approve-session", "a", "Approve", "Trust the device that asks.", "approve", "devices", 11, "approve"),
    Command("deny-session", "d", "Deny", "Do not trust the device that asks.", "deny", "devices", 12, "deny"),
    Command("remove-device", "x", "Remove", "Remove this trusted session.", "remove_device", "devices", 13, "remove"),
    Command("answers", "right,tab", "To the answers", "Go on to the next answer.", "app.focus_next", "approval", 1,
            "answers"),
    Command("later", "escape", "Later", "Leave the request open; it waits in My trusted devices.", "later", "approval",
            9, "later"),
    Command("kit-written", "enter", "It is written down", "Go on: two groups are asked back.", "written", "kit", 1,
            "it is written down"),
    Command("kit-square", "s", "Square", "The kit as a square for a camera.", "square", "kit", 2, "square"),
    Command("kit-later", "escape,q", "Later", "The new kit can be shown again until it is confirmed.", "close", "kit",
            3, "later"),
    Command("less", "left,h", "Less", "The value before.", "screen.step(-1)", "policy", 11, "less"),
    Command("more", "right,l,enter", "More", "The value after.", "screen.step(1)", "policy", 12, "more"),
    Command("save-policy", "ctrl+s", "Save", "Sign the new policy.", "save", "policy", 10, "save"),
    # activity and leavers
    Command("another-time", "d", "Another time", "Today, 7 days, 30 days, 3 months, or all.", "span", "activity", 11,
            "time"),
    Command("between-days", "b", "Between two days", "From one day to another, both included.", "between", "activity",
            15, "days"),
    Command("filter-activity", "f", "Choose filters", "By event, person, account and app.", "choose_filters",
            "activity", 12, "filters"),
    Command("export-activity", "x", "Export", "Write all of these lines to a file, as CSV or JSON.", "export",
            "activity", 13, "export"),
    Command("verify-activity", "v", "Verify the log", "Check that nobody has changed a line of the log.", "verify",
            "activity", 14, "verify"),
    Command("other-kind", "ctrl+t", "CSV or JSON", "The other kind of file.", "other_kind", "export", 2, "CSV/JSON"),
    Command("tick-off", "space", "Changed at its site", "Tick off that the secrets were changed, or take it back.",
            "tick_off", "leaver", 9, "changed"),
    # dialogs
    Command("choose-heir", "enter", "Choose", "Choose who takes over the selected account.", "open", "dialog", 1,
            "choose"),
    Command("heir-for-all", "a", "The same for all", "One person takes over all that have nobody yet.", "screen.all",
            "dialog", 2, "the same for all"),
    Command("copy-invite", "c", "Copy", "The whole string.", "copy", "dialog", 1, "copy"),
    Command("cancel-dialog", "escape", "Cancel", "Leave everything as it is.", "close", "dialog", 9, "cancel"),
    Command("discard-waiting", "x", "Discard", "Throw this change away.", "discard", "waiting", 10, "discard"),
)  # fmt: skip

COMMANDS: Mapping[str, Command] = {command.id: command for command in _TABLE}
"""Every command by its id."""


def bindings(*areas: str, without: Iterable[str] = ()) -> list[BindingType]:
    """The bindings of whole areas, for a screen or widget to declare."""
    left_out = set(without)
    return [each.binding() for each in _TABLE if each.area in areas and each.id not in left_out]


def only(*ids: str) -> list[BindingType]:
    """The bindings of single commands."""
    return [COMMANDS[each].binding() for each in ids]


TYPED = frozenset({"question_mark", "slash", "colon", "comma", "asterisk", "space"})
"""Names of keys that are text while one types; keys with a name of one letter are, too."""

_KEY_WORDS = {
    "question_mark": "?", "slash": "/", "colon": ":", "comma": ",", "asterisk": "*", "escape": "Esc", "enter": "Enter",
    "space": "Space", "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn",
    "home": "Home", "end": "End", "tab": "Tab", "delete": "Del", "backspace": "⌫",
}  # fmt: skip


def key_words(key: str) -> str:
    """A key as people say it: `ctrl+l` → `Ctrl+L`, `question_mark` → `?`."""
    *modifiers, last = key.split("+")
    if last in _KEY_WORDS:
        said = _KEY_WORDS[last]
    elif modifiers or (last[:1] == "f" and last[1:].isdigit()):
        said = last.upper()
    else:
        said = last
    return "+".join([each.capitalize() for each in modifiers] + [said])


def unknown_ids(keymap: Mapping[str, str]) -> list[str]:
    """One sentence for each id of a key map that names no command, with the nearest that exists."""
    sentences = []
    for wrong in keymap:
        if wrong not in COMMANDS:
            near = get_close_matches(wrong, COMMANDS, n=1)
            hint = f": did you mean {near[0]!r}?" if near else "."
            sentences.append(f"The key map names {wrong!r}, which is no command{hint}")
    return sentences
