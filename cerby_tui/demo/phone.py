"""The other side of the demo: texts a number through the sandbox carrier's own HTTP interface."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from cerby_tui.errors import OfflineError, RefusedError

CODE_TEXTS = (
    "{code} is your {app} verification code.",
    "Your {app} login code: {code}. Never share it with anyone.",
    "{app}: use {code} to confirm that it is you. It expires in 10 minutes.",
)
ALERT_TEXT = "{app}: a payment of $2,419.50 to HARBOR OFFICE SUPPLY was approved on 11/24. Not you? Call 800-555-0199."
SECONDS = 15.0


class Phone:
    """Speaks to the sandbox carrier that `cerby-service run` mounts, with the credentials of its data directory."""

    def __init__(self, data: Path) -> None:
        self._credentials = data / "sandbox.json"

    async def text_code(self, origin: str, to: str, app: str) -> None:
        """The app texts a fresh code. OfflineError, RefusedError."""
        code = f"{secrets.randbelow(900_000) + 100_000}"
        await self.text(origin, to, _sender(app), secrets.choice(CODE_TEXTS).format(code=code, app=app))

    async def text_alert(self, origin: str, to: str, app: str) -> None:
        """The app texts something that holds digits and no code. OfflineError, RefusedError."""
        await self.text(origin, to, _sender(app), ALERT_TEXT.format(app=app))

    async def text(self, origin: str, to: str, sender: str, text: str) -> None:
        """Somebody texts one of our numbers; returns once the service has taken the message."""
        await asyncio.to_thread(self._post, origin, {"To": to, "From": sender, "Body": text})

    def _post(self, origin: str, form: dict[str, str]) -> None:
        account = json.loads(self._credentials.read_bytes())
        address = urlsplit(origin)
        key = b64encode(f"{account['sid']}:{account['token']}".encode()).decode()
        headers = {"Authorization": f"Basic {key}", "Content-Type": "application/x-www-form-urlencoded"}
        path = f"/sandbox/2010-04-01/Accounts/{account['sid']}/Messages.json"
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=SECONDS)
        try:
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            body = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise OfflineError("The sandbox carrier does not answer: the service is stopped.") from error
        finally:
            connection.close()
        if answer.status != 201 or body.get("error_code"):
            said = body.get("error_message") or body.get("message") or f"status {answer.status}"
            raise RefusedError("sandbox", f"The text did not arrive: {said}.")


def _sender(app: str) -> str:
    """A short code, the same for the same app."""
    return str(20_000 + sum(app.encode()) * 7_919 % 70_000)
