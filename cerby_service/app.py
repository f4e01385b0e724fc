"""The service as an ASGI application: its whole route table on one screen."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from cerby_service.about import AboutPages
from cerby_service.parts import Parts
from cerby_service.workspaces import founding_device
from cerby_wire import shapes


def create_app(parts: Parts) -> Starlette:
    """Make the application. The parts are open already; nothing here depends on a lifespan."""
    http, streams, offers, numbers = parts.http, parts.streams, parts.offers, parts.numbers
    about = AboutPages(parts)
    offer, number = shapes.NUMBER_OFFERS + "/{offer}", shapes.NUMBERS + "/{number}"
    verify = http.first_contact(shapes.StartVerification, lambda asked: asked.device, parts.verifications.start)
    found = http.first_contact(shapes.Found, founding_device, parts.workspaces.found)
    routes: list[Route | Mount] = [
        Route("/healthz", about.healthz, methods=["GET"]),
        Route("/readyz", about.readyz, methods=["GET"]),
        Route("/metrics", about.metrics, methods=["GET"]),
        Route(shapes.ABOUT, http.open(about.about), methods=["GET"]),
        Route(shapes.VERIFICATIONS, verify, methods=["POST"]),
        Route(shapes.WORKSPACES, found, methods=["POST"]),
        Route(shapes.HEADS, http.signed(streams.heads), methods=["GET"]),
        Route(shapes.PULL, http.signed_with(shapes.Pull, streams.pull), methods=["POST"]),
        Route(shapes.PUSH, http.signed_with(shapes.Push, streams.push), methods=["POST"]),
        Route(shapes.FEED, parts.feed, methods=["GET"]),
        Route(shapes.NUMBER_OFFERS, http.signed_with(shapes.AskOffer, offers.ask), methods=["POST"]),
        Route(offer, http.signed(offers.close), methods=["DELETE"]),
        Route(shapes.NUMBERS, http.signed_with(shapes.CommitNumber, numbers.commit), methods=["POST"]),
        Route(number, http.signed(numbers.show), methods=["GET"]),
        Route(number, http.signed(numbers.release), methods=["DELETE"]),
        Route(number + "/keep", http.signed(numbers.keep), methods=["POST"]),
        Route("/v1/carriers/{carrier}/sms", parts.inbound.webhook, methods=["POST"]),
    ]
    for part in (parts.invites, parts.joins, parts.profiles, parts.recoveries, parts.handing, parts.activity):
        routes += part.routes(http)
    for one in (parts.approvals, parts.devices, parts.removal):
        routes += one.routes(http)
    if parts.sandbox is not None:
        routes.append(Mount("/sandbox", parts.sandbox.app()))
    return Starlette(routes=routes, exception_handlers={404: http.not_found, 405: http.not_found, 500: http.broken})
