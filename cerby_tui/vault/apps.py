"""The app catalogue as the views ask for it; the data is read when the first card needs it."""

from __future__ import annotations

from cerby_tui.values import Support
from cerby_wire import catalogue


class CatalogueApps:
    """Names and phone support of apps by slug."""

    def name(self, slug: str) -> str:
        """The name of an app; empty for one outside the catalogue."""
        app = catalogue.load().get(slug) if slug else None
        return app.name if app else ""

    def support(self, slug: str) -> Support:
        """Which kind of number the app takes; `unknown` for one outside the catalogue."""
        app = catalogue.load().get(slug) if slug else None
        return app.phone if app else "unknown"
