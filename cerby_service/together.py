"""Several entries that are one act: a person leaves and their accounts go to others, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from cerby_service import guarding
from cerby_service.auth import Caller
from cerby_service.database import Database, Writing
from cerby_service.keeping import Keeper
from cerby_wire.errors import Refused
from cerby_wire.shapes import Pushed, PushEntry

TAKEN = ("accepted", "already")
RULE = "together"
SENTENCE = "Another part of the same act was not taken."


class _Undone(Exception):
    """What was stored so far goes back; these are the answers."""

    def __init__(self, results: list[Pushed]) -> None:
        super().__init__()
        self.results = results


class Together:
    """Takes entries in one transaction that stands or falls as a whole."""

    def __init__(self, database: Database, keeper: Keeper) -> None:
        self._database = database
        self._keeper = keeper

    async def push(self, caller: Caller, entries: Sequence[PushEntry]) -> list[Pushed]:
        """One answer for each entry; none was taken unless all were."""
        try:
            return await self._database.write(lambda writing: self._take(writing, caller, entries))
        except _Undone as undone:
            return undone.results

    def _take(self, writing: Writing, caller: Caller, entries: Sequence[PushEntry]) -> list[Pushed]:
        """Take all of it. Raises _Undone."""
        results: list[Pushed] = []
        for one in entries:
            result = self._keeper.push(writing, caller.workspace, caller.user, one, alone=False)
            results.append(result)
            if result.status not in TAKEN:
                raise _Undone(_answers(results, len(entries)))
        self._check_nobody_alone(writing, caller, entries, results)
        return results

    def _check_nobody_alone(
        self, writing: Writing, caller: Caller, entries: Sequence[PushEntry], results: list[Pushed]
    ) -> None:
        """Whoever may not own accounts any more is the only Owner of none. Raises _Undone."""
        for place, one in enumerate(entries):
            leaving = guarding.lowered(one.entry) if results[place].status == "accepted" else b""
            try:
                if leaving:
                    guarding.check_not_alone(writing, caller.workspace, leaving)
            except Refused as error:
                results[place] = Pushed("refused", results[place].n, results[place].head, error.rule, error.sentence)
                raise _Undone(_answers(results, len(entries))) from None


def _answers(results: list[Pushed], count: int) -> list[Pushed]:
    """The answers, in which what was not to blame has to be sent anew."""
    undone = Pushed("stale", 0, b"", RULE, SENTENCE)
    said = [result if result.status not in TAKEN else undone for result in results]
    return said + [undone] * (count - len(said))
