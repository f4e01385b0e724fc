"""Letters by SMTP: verification codes, word of an invite or of a used recovery key. None holds an invite's secret."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

import aiosmtplib

from cerby_service.errors import Refusal
from cerby_service.logs import fields
from cerby_service.settings import Smtp

TIMEOUT = 20.0
LONGEST_NAME = 80
logger = logging.getLogger(__name__)

BODY = """\
Your code is {code}

Type it where you are setting up your trusted session. It is good for {minutes} minutes and works once.
If you did not ask for it, somebody typed your address by mistake; there is nothing that you need to do.
"""


INVITATION = """\
{name} invited you to a workspace for shared accounts.

Ask {name} for the invite, one line that begins with cerby-invite-.
It is good for this address alone, until {until} (UTC). Then run:

    cerby-tui join

You will be asked for a code that is sent to this address. The invite is not in this letter on purpose: whoever
reads your mail could use it.
"""


RECOVERED = """\
Your recovery key was used at {at} (UTC): a new trusted session was added to your account, and the recovery key is
spent. The new session has shown its person a new one.

If that was you, there is nothing that you need to do. If it was not, somebody else has your recovery kit: remove that
session on one of your trusted devices at once, or ask an administrator of your workspace to suspend it.
"""


class Mailer:
    """Sends over a real SMTP connection, opened for each message."""

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp

    async def send_code(self, address: str, code: str, minutes: int) -> None:
        """Send a verification code. Raises Refusal `mail_failed`; neither address nor code is ever logged."""
        text = BODY.format(code=code, minutes=minutes)
        if not await self._sent(address, "Your verification code", text):
            raise Refusal("mail_failed", "The e-mail with the code could not be sent. Try again in a moment.")

    async def send_invitation(self, address: str, name: str, until: int) -> bool:
        """Tell somebody that `name` has invited them, until a time (UTC ms); False if it could not be sent."""
        shown = "".join(symbol for symbol in name if symbol.isprintable())[:LONGEST_NAME] or "Somebody"
        day = datetime.fromtimestamp(until / 1000, UTC)
        text = INVITATION.format(name=shown, until=f"{day:%d %B %Y, %H:%M}")
        return await self._sent(address, "You were invited to a workspace", text)

    async def send_recovered(self, address: str, at: int) -> bool:
        """Tell somebody that their recovery key was used at a time (UTC ms); False if it could not be sent."""
        moment = datetime.fromtimestamp(at / 1000, UTC)
        text = RECOVERED.format(at=f"{moment:%d %B %Y, %H:%M}")
        return await self._sent(address, "Your recovery key was used", text)

    async def _sent(self, address: str, subject: str, text: str) -> bool:
        """Send a letter; why it failed is logged, but never to whom it was or what it said."""
        message = EmailMessage()
        message["Subject"] = subject
        message["From"] = self._smtp.sender
        message["To"] = address
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="cerby.invalid")
        message.set_content(text)
        try:
            await self._send(message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            logger.warning("mail failed", extra=fields(kind=type(error).__name__, server=self._smtp.host))
            return False
        return True

    async def _send(self, message: EmailMessage) -> None:
        smtp = self._smtp
        security = smtp.effective_security
        await aiosmtplib.send(
            message,
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.username or None,
            password=_password(smtp),
            use_tls=security == "tls",
            start_tls=security == "starttls",
            timeout=TIMEOUT,
        )


def _password(smtp: Smtp) -> str | None:
    return Path(smtp.password_file).read_text().strip() if smtp.password_file else None
