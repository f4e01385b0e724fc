"""Trusted sessions as the service lists them. Names are sealed for the person's own sessions."""

from __future__ import annotations

from typing import Literal

from cerby_wire.shapes import Shape

DEVICES = "/v1/devices"


class DeviceView(Shape, frozen=True):
    """A session that is or was. `name` is sealed, and empty for sessions of somebody else.

    `added` and `last_contact` are UTC milliseconds by the service's clock.
    """

    id: bytes
    user: bytes
    state: Literal["active", "suspended", "removed"]
    added: int
    last_contact: int
    name: bytes = b""


class DeviceList(Shape, frozen=True):
    """Every session of a person, the oldest first."""

    devices: list[DeviceView]
