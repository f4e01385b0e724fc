"""Somebody texts a number of the sandbox carrier: a request to its own HTTP interface."""

from __future__ import annotations

import httpx

from cerby_service.directory import SandboxAccount

SECONDS = 45.0


def send_text(base: str, account: SandboxAccount, number: str, sender: str, text: str) -> bool:
    """Text a number; True once the sandbox's webhook was taken by the service. False if not, or nobody answers."""
    url = f"{base}/2010-04-01/Accounts/{account.sid}/Messages.json"
    form = {"To": number, "From": sender, "Body": text}
    try:
        answer = httpx.post(url, data=form, auth=(account.sid, account.token), timeout=SECONDS, trust_env=False)
        return answer.status_code == 201 and answer.json()["error_code"] is None
    except (httpx.HTTPError, ValueError, KeyError):
        return False
