"""The recovery kit: reading what was typed from it, what it opens, and the text that is printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cerby_tui.errors import UsageError
from cerby_tui.keys import DeviceKeys, UserKeys
from cerby_tui.opening import open_previous_seed, open_seed
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry
from cerby_wire.recovering import kit_link, read_link
from cerby_wire.state import UserState
from cerby_wire.texts import Mistyped, parse_recovery_code, recovery_code

ASKED_BACK = 2


class Kit(Struct, frozen=True):
    """What a person prints or writes down: eight groups of the recovery code, the service, the user id."""

    groups: tuple[str, ...]
    origin: str
    user: str

    def __repr__(self) -> str:
        return "Kit(…)"

    @property
    def link(self) -> str:
        """What the square on the kit says: enough to come back with."""
        return kit_link(self.origin, "".join(self.groups))


def kit_of(secret: bytes, origin: str, user: bytes) -> Kit:
    """The kit of a recovery secret."""
    return Kit(tuple(recovery_code(secret).split("-")), origin, user.hex())


def read_code(text: str) -> DeviceKeys:
    """The recovery device of a typed code, or of what the square says. Raises UsageError, naming a mistyped group."""
    _origin, code = read_link(text)
    if not code.strip():
        raise UsageError("The code of the recovery kit is missing.")
    try:
        return DeviceKeys.from_recovery(parse_recovery_code(code))
    except Mistyped as mistyped:
        where = f"Look at group {mistyped.group} again." if mistyped.group else "Compare all eight groups."
        raise UsageError(mistyped.sentence, safe="Nothing was used up.", next_step=where) from None


def seeds_of(person: UserState, entry: Callable[[int], Entry | None], kit: DeviceKeys) -> dict[int, UserKeys]:
    """Every generation of the user seed that the present recovery device opens; `entry` gives an entry of the chain.

    Raises Refused if one is not what the chain promises.
    """
    found: dict[int, UserKeys] = {}
    later: UserKeys | None = None
    for since in reversed(person.seeds):
        bringing = entry(since.n)
        if bringing is None:
            raise Refused("no_wrap", "The entry that brings the seed is missing.")
        if later is None:
            later = open_seed(bringing, kit, since.seed)
        found[later.generation] = later
        if since.n > 1:
            later = open_previous_seed(bringing, person.stream, later, person.generation_at(since.n - 1))
    return found


def asked_back(groups: Sequence[str]) -> tuple[int, int]:
    """The numbers (from 1) of the two groups that are asked back; the same ones however often it is asked."""
    half = len(groups) // ASKED_BACK
    first = ord(groups[-1][-1]) % half
    return first + 1, first + 1 + half


def confirmed(groups: Sequence[str], answers: dict[int, str]) -> bool:
    """Whether the groups that were asked back are right."""
    return all(answers.get(one, "").strip().upper() == groups[one - 1] for one in asked_back(groups))


def user_groups(user: str) -> str:
    """A user id (hexadecimal) in groups, as the kit shows it and people compare it."""
    return " ".join(user[at : at + 4].upper() for at in range(0, len(user), 4))


def kit_text(kit: Kit, name: str = "") -> str:
    """The kit as text to print."""
    half = len(kit.groups) // 2
    rows = ["-".join(kit.groups[:half]) + "-", "-".join(kit.groups[half:])]
    lines = ["cerby recovery kit" + (f" of {name}" if name else ""), ""]
    lines += ["Recovery key", *(f"    {row}" for row in rows), ""]
    lines += ["Service", f"    {kit.origin}", "", "User id", f"    {user_groups(kit.user)}", ""]
    lines += ["To come back on a new device:  cerby-tui recover", "Used once; a new kit is made in the same moment."]
    return "\n".join(lines) + "\n"
