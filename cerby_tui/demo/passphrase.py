"""The passphrase of the demo: fixed and shown on its lock screen, because a demo has nothing to hide."""

PASSPHRASE = "tide lantern sparrow quarry"  # noqa: S105  (no secret: the screen itself shows it)
HINT = f"This is a demo. Passphrase: {PASSPHRASE}"
