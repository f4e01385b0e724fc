"""Devices at protocol level: each with a view of its own, its keys and nothing else, around one store of entries.

Everything is composed, judged, wrapped and opened by the real code. There is no network, no vault and no clock, so that
thousands of histories can be lived through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from cerby_service import guarding
from cerby_tui import authoring, opening
from cerby_tui.authoring import Author
from cerby_tui.authoring.account import People
from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys, new_seed
from cerby_wire import roles
from cerby_wire.entries import entry_hash, read_header, read_keys, stream_id
from cerby_wire.epochs import listing, outdated
from cerby_wire.errors import Refused, WireError
from cerby_wire.headers import AccountAdopt, Entry, WorkspaceRole
from cerby_wire.ledger import Ledger
from cerby_wire.state import AccountState, UserState, WorkspaceState

PROFILE = bytes(32)
ORDER = {UserState: 0, WorkspaceState: 1, AccountState: 2}


class Store:
    """The service: what was accepted, in order, for whoever may see it."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.accepted = 0

    @property
    def workspace(self) -> WorkspaceState:
        """The workspace as it stands."""
        state = self.ledger.workspace()
        assert state is not None
        return state

    def role(self, user: bytes) -> WorkspaceRole | None:
        """Somebody's workspace role today."""
        return self.workspace.role_at(user, self.workspace.n)

    def take(self, *entries: Entry) -> bool:
        """Take entries that are one act, all or none; False if a rule stands against one of them."""
        trial = self.ledger.copy()
        try:
            for entry in entries:
                state = trial.add(entry)
                guarding.check_today(trial.workspace(), state, read_header(entry))
        except WireError:
            return False
        if any(not _owned(trial, state) for state in trial.states.values()):
            return False
        self.ledger = trial
        self.accepted += len(entries)
        return True

    def accounts(self, user: bytes) -> Iterator[bytes]:
        """The accounts that somebody may see."""
        for stream, state in self.ledger.states.items():
            if isinstance(state, AccountState) and user in state.members:
                yield stream


def _owned(ledger: Ledger, state: object) -> bool:
    """Whether somebody owns an account who may."""
    workspace = ledger.workspace()
    if not isinstance(state, AccountState) or workspace is None:
        return True
    return any(workspace.role_at(owner, workspace.n) in roles.ACCOUNT_OWNERS for owner in state.owners())


class Human:
    """A person: their handsets, past ones too, and how the machine itself knows when each was taken out."""

    def __init__(self, store: Store) -> None:
        device = DeviceKeys(new_seed())
        self.recovery = DeviceKeys(new_seed())
        genesis, seed = authoring.user_genesis(device, self.recovery.public)
        assert store.take(genesis)
        self.id = stream_id(genesis)
        self.handsets = [Handset(self, device, seed)]

    def live(self) -> list[Handset]:
        """Handsets that were not taken out."""
        return [one for one in self.handsets if not one.removed_at]


class Handset:
    """One device: its view, the seeds and account keys that it has opened."""

    def __init__(self, human: Human, keys: DeviceKeys, seed: UserKeys | None = None) -> None:
        self.human = human
        self.keys = keys
        self.view = Ledger()
        self.removed_at = 0
        self.seeds: dict[int, UserKeys] = {seed.generation: seed} if seed else {}
        self.account_keys: dict[tuple[bytes, int], AccountKeys] = {}

    def sync(self, store: Store) -> None:
        """Take in what is new: chains, then the workspace, then accounts; each entry is judged here again."""
        visible = set(store.accounts(self.human.id))
        streams = sorted(store.ledger.states.items(), key=lambda item: (ORDER[type(item[1])], item[0]))
        for stream, state in streams:
            if isinstance(state, AccountState) and stream not in visible:
                continue
            held = len(self.view.entries.get(stream, ()))
            for entry in store.ledger.entries[stream][held:]:
                self.view.add(entry, expected=stream)
                self._open(stream, entry)

    def _open(self, stream: bytes, entry: Entry) -> None:
        state = self.view.states[stream]
        if isinstance(state, UserState) and stream == self.human.id:
            self.seeds |= {keys.generation: keys for keys in seeds_of(self.keys, self.view.entries[stream], state)}
        elif isinstance(state, AccountState):
            self.account_keys |= account_keys_of(self.human.id, self.seeds, self.view.entries[stream])

    # --- what it writes

    def author(self, view: Ledger | None = None) -> Author:
        """This handset, as its own view has it."""
        return Author.of(self.keys, self.human.id, view or self.view)

    def seed(self) -> UserKeys | None:
        """The seed in force in its own view, if it has that."""
        state = self.view.user(self.human.id)
        return self.seeds.get(state.generation_at(state.n).generation) if state else None

    def account(self, account: bytes) -> tuple[AccountState, AccountKeys] | None:
        """An account that it can write to: its state and the key in force."""
        state = self.view.states.get(account)
        keys = self.account_keys.get((account, state.epoch)) if isinstance(state, AccountState) else None
        return (state, keys) if isinstance(state, AccountState) and keys else None

    def listable(self, people: People) -> People:
        """Those of the people who can be listed today, in the role that they can have."""
        found = {user: listing(user, role, self.view) for user, role in people.items()}
        return {user: listed.role for user, listed in found.items() if listed}

    def upkeep(self, store: Store) -> bool:
        """What a client sees to by itself, one step; True if there was anything."""
        state, workspace = self.view.user(self.human.id), self.view.workspace()
        if state is None or workspace is None or workspace.role_at(self.human.id, workspace.n) is None:
            return False
        suspended = workspace.suspended(self.human.id, workspace.n)
        seed = self.seed()
        if self.keys.id in suspended or seed is None or not state.device_active(self.keys.id, state.n):
            return False
        gone = [one for one in suspended if state.device_active(one, state.n)]
        if gone:
            return self.revoke(store, gone[0])
        if workspace.chain_at(self.human.id, workspace.n).n < state.n:
            return store.take(authoring.chain(self.author()))
        return any(self._renew(store, account) for account in list(store.accounts(self.human.id)))

    def revoke(self, store: Store, device: bytes) -> bool:
        """Take another handset of the same person out."""
        state, seed = self.view.user(self.human.id), self.seed()
        if state is None or seed is None:
            return False
        if not store.take(authoring.revoke_device(self.keys, state, seed, device)[0]):
            return False
        other = next(one for one in self.human.handsets if one.keys.id == device)
        other.removed_at = state.n + 1
        return True

    def _renew(self, store: Store, account: bytes) -> bool:
        """A new key for an account whose key is for the wrong people."""
        held = self.account(account)
        if held is None or self.human.id not in held[0].owners():
            return False
        state, keys = held
        brought = read_header(self.view.entries[account][state.epoch_at - 1])
        handed = isinstance(brought.act, AccountAdopt) and brought.author not in state.members
        if not handed and not outdated(state, self.view):
            return False
        people = self.listable({user: one.role for user, one in state.members.items()})
        return self.share(store, account, people, keys)

    def share(self, store: Store, account: bytes, people: People, keys: AccountKeys | None = None) -> bool:
        """A new list of people under a new key."""
        held = self.account(account)
        if held is None:
            return False
        return self.composed(
            store, lambda: authoring.members(self.author(), held[0], keys or held[1], self.view, people)[0]
        )

    def composed(self, store: Store, *make: Callable[[], Entry]) -> bool:
        """Send what can be composed; False if the rules are against it here or there."""
        try:
            return store.take(*(one() for one in make))
        except Refused:
            return False


def seeds_of(device: DeviceKeys, entries: list[Entry], state: UserState) -> list[UserKeys]:
    """Every seed that a device can open in a chain, with the real keys: its wraps, and what they lead back to."""
    found: dict[int, UserKeys] = {}
    for n, entry in enumerate(entries, 1):
        if any(wrapped.reader == device.id for wrapped in read_keys(entry).wraps):
            keys = opening.open_seed(entry, device, state.generation_at(n))
            found[keys.generation] = keys
    for since in reversed(state.seeds[1:]):
        later, earlier = found.get(since.seed.generation), state.generation_at(since.n - 1)
        if later and earlier.generation not in found:
            found[earlier.generation] = opening.open_previous_seed(entries[since.n - 1], state.stream, later, earlier)
    return list(found.values())


def account_keys_of(
    user: bytes, seeds: dict[int, UserKeys], entries: list[Entry]
) -> dict[tuple[bytes, int], AccountKeys]:
    """Every account key that somebody with these seeds can open in a stream, and what they lead back to."""
    account, found, bringing = stream_id(entries[0]), dict[int, AccountKeys](), dict[int, Entry]()
    for entry in entries:
        if epoch := opening.epoch_of(entry):
            bringing[epoch.epoch] = entry
            generation = opening.wrapped_at(entry, user)
            if generation is not None and generation in seeds:
                found[epoch.epoch] = opening.open_account_key(entry, user, seeds[generation])
    for epoch in sorted(bringing, reverse=True):
        earlier = opening.epoch_of(bringing[epoch - 1]) if epoch > 1 else None
        if epoch in found and earlier and epoch - 1 not in found:
            keys = opening.open_previous_key(bringing[epoch], account, found[epoch], earlier)
            found |= {epoch - 1: keys} if keys else {}
    return {(account, epoch): keys for epoch, keys in found.items()}


class Town:
    """A workspace of three people with two handsets each, all in step."""

    def __init__(self) -> None:
        self.store = Store()
        self.humans = [Human(self.store) for _ in range(3)]
        founder = self.humans[0].handsets[0]
        founder.view.add(self.store.ledger.entries[self.humans[0].id][0])
        assert self.store.take(authoring.workspace_genesis(founder.author(), PROFILE))
        for human in self.humans[1:]:
            self.join(human, "admin")
        for human in self.humans:
            self.sync_all()
            self.add_handset(human)
        self.settle()

    def handsets(self) -> list[Handset]:
        """Every handset that was not taken out, of everybody."""
        return [one for human in self.humans for one in human.live()]

    def join(self, human: Human, role: WorkspaceRole) -> bool:
        """Somebody comes in, or back, by an invite of the founder."""
        founder, key = self.humans[0].live()[0], authoring.invite_key(new_seed()[:16])
        founder.sync(self.store)
        invite = authoring.invite(founder.author(), key, role, PROFILE)
        author = Author.of(human.live()[0].keys, human.id, self.store.ledger)
        trial = self.store.ledger.copy()
        if not _adds(trial, invite):
            return False
        author = Author.of(author.device, human.id, trial)
        return self.store.take(invite, authoring.join(author, key, entry_hash(invite), role, PROFILE))

    def add_handset(self, human: Human) -> bool:
        """One more handset, by the first that can."""
        first = human.live()[0]
        state, seed, device = first.view.user(human.id), first.seed(), DeviceKeys(new_seed())
        if state is None or seed is None:
            return False
        if not self.store.take(authoring.add_device(first.keys, state, seed, device.public)):
            return False
        human.handsets.append(Handset(human, device))
        return True

    def sync_all(self) -> None:
        """Everybody takes in everything."""
        for handset in self.handsets():
            handset.sync(self.store)

    def settle(self) -> None:
        """Everybody syncs and sees to things until there is nothing left to do."""
        for turn in count():
            assert turn < 60, "upkeep never ends"
            self.sync_all()
            did = False
            for handset in self.handsets():
                handset.sync(self.store)
                did |= handset.upkeep(self.store)
            if not did:
                return


def _adds(ledger: Ledger, entry: Entry) -> bool:
    try:
        ledger.add(entry)
    except WireError:
        return False
    return True
