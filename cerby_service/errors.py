"""What the service answers when it does not do what was asked.

    ServiceError
    ├── Refusal        the caller hears it as a problem document (RFC 9457) with a stable code
    │   └── Unavailable    nothing was lost and nothing was done: try again later
    └── Misconfigured  the operator hears it at start: a setting, a file or a library that cannot be worked with

No sentence of these errors ever holds content: no text of a message, no code, no name, no address.
"""

from __future__ import annotations

from cerby_wire.shapes import CODES, Problem

TITLES = {
    400: "The request cannot be read",
    401: "The request is not signed by a known session",
    403: "Not allowed",
    404: "Not here",
    409: "Things stand differently",
    410: "Too late",
    413: "Too large",
    422: "Not possible as asked",
    426: "A newer program is needed",
    429: "Too many, too soon",
    502: "Somebody we depend on said no",
    503: "Not now",
}


class ServiceError(Exception):
    """Anything that keeps the service from doing what was asked. `sentence` is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Refusal(ServiceError):
    """An answer with one of the codes of `cerby_wire.shapes.CODES`. `retry_after` is in seconds."""

    def __init__(self, code: str, sentence: str, *, rule: str = "", retry_after: int = 0, location: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.rule = rule
        self.retry_after = retry_after
        self.location = location

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return CODES[self.code]

    def problem(self, time: int) -> Problem:
        """The problem document; `time` is the service's clock in UTC milliseconds."""
        title = TITLES.get(self.status, "It did not work")
        return Problem(
            title=title,
            status=self.status,
            code=self.code,
            detail=self.sentence,
            time=time,
            retry_after=self.retry_after,
            rule=self.rule,
        )


class Unavailable(Refusal):
    """The service cannot do it now; nothing was done."""

    def __init__(self, sentence: str = "The service cannot take this now. Nothing was changed.") -> None:
        super().__init__("unavailable", sentence, retry_after=2)


class Misconfigured(ServiceError):
    """A setting, a file or a library that the service cannot work with."""
