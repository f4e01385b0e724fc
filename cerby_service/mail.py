"""Verification codes by SMTP."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

import aiosmtplib

from cerby_service.errors import Refusal
from cerby_service.logs import fields
from cerby_service.settings import Smtp

TIMEOUT = 20.0
logger = logging.getLogger(__name__)

BODY = """\
Your code is {code}

Type it where you are setting up your trusted session. It is good for {minutes} minutes and works once.
If you did not ask for it, somebody typed your address by mistake; there is nothing that you need to do.
"""


class Mailer:
    """Sends over a real SMTP connection, opened for each message."""

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp

    async def send_code(self, address: str, code: str, minutes: int) -> None:
        """Send a verification code. Raises Refusal `mail_failed`; neither address nor code is ever logged."""
        message = EmailMessage()
        message["Subject"] = "Your verification code"
        message["From"] = self._smtp.sender
        message["To"] = address
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="cerby.invalid")
        message.set_content(BODY.format(code=code, minutes=minutes))
        try:
            await self._send(message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            logger.warning("mail failed", extra=fields(kind=type(error).__name__, server=self._smtp.host))
            raise Refusal("mail_failed", "The e-mail with the code could not be sent. Try again in a moment.") from None

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
