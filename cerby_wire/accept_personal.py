"""Private settings: one person writes, everything is sealed under the generation of their seed. Never authority."""

from __future__ import annotations

from msgspec.structs import replace

from cerby_wire.errors import require, require_fresh
from cerby_wire.headers import PersonalGenesis, PersonalItem
from cerby_wire.state import PersonalState, Slot
from cerby_wire.trial import Trial, check_no_body, held, known_chain, mistaken

MOST_SLOTS = 256


def judge_personal(trial: Trial) -> PersonalState:
    """Rules 5 and 6 for private settings. Raises Refused, Stale."""
    match trial.header.act:
        case PersonalGenesis() as act:
            return _genesis(trial, act)
        case PersonalItem() as act:
            return _item(trial, held(trial, PersonalState), act)
    raise mistaken(trial)


def _genesis(trial: Trial, act: PersonalGenesis) -> PersonalState:
    header = trial.header
    require(len(act.nonce) == 16, "bad_nonce", "A genesis carries 16 random bytes.")
    check_no_body(trial)
    generation = _generation(trial)
    return PersonalState(trial.stream, 0, b"", header.workspace, header.author, header.chain.n, generation)


def _item(trial: Trial, state: PersonalState, act: PersonalItem) -> PersonalState:
    header, generation = trial.header, _generation(trial)
    require(header.author == state.user, "not_allowed", "Private settings are written by their person alone.")
    _check_version(state, act)
    require_fresh(act.epoch == generation, "epoch_not_in_force", "It is sealed under another generation of the seed.")
    require(trial.entry.body != b"", "empty_body", "There is nothing in it.")
    slots = {**state.slots, act.slot: Slot(act.version, trial.hash, trial.n)}
    return replace(state, chain=header.chain.n, generation=generation, slots=slots)


def _check_version(state: PersonalState, act: PersonalItem) -> None:
    """The version continues its slot."""
    require(0 <= act.slot < MOST_SLOTS, "no_such_slot", f"There are {MOST_SLOTS} slots.")
    version, previous, _ = state.slots.get(act.slot, Slot(0, b"", 0))
    follows = act.version == version + 1 and act.previous == previous
    require_fresh(follows, "version_conflict", "The version does not follow the newest one.")


def _generation(trial: Trial) -> int:
    """The generation of the seed at the chain position that the author cites."""
    chain = trial.header.chain
    return known_chain(trial, trial.header.author, chain, 0).generation_at(chain.n).generation
