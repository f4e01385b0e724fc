"""The terminal client of cerby-tui."""

__version__ = "0.1.0"
