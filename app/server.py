"""The reviewer as a server: `streamlit run app/server.py`, with HCCASSIST_RESULTS naming the results folder to review.

Streamlit asks nothing of who calls it by which name, and lets any page frame it. Here a request must name this machine (or the
address that a team's people sign in at): a page of elsewhere whose name was made to point here reads nothing. And the browser
is told to load nothing from elsewhere, whatever a chart or a file name makes of a page, and to show no page within another.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.starlette import App

LOOPBACK = ("127.0.0.1", "localhost")


def hosts() -> list[str]:
    """The names that a request may call this server by: the loopback's, and the one that a team's proxy is reached at."""
    try:
        address = urlsplit(str(st.secrets["auth"]["redirect_uri"])).hostname
    except (FileNotFoundError, KeyError):
        address = None
    return [*LOOPBACK, *([address] if address else [])]


def policy(names: Sequence[str]) -> str:
    """What a page may load, and from where. Streamlit's own page and the plots' library (it compiles its expressions) need
    scripts and styles that stand in the page; not every browser takes a socket to the same server for the server itself."""
    sockets = " ".join(f"ws://{name}:* wss://{name}:*" for name in names)
    return (
        f"default-src 'self'; connect-src 'self' {sockets}; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
    )


class Guarded:
    """Gives every answer the headers that keep its page to this server."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy(names),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, guarded)


NAMES = hosts()
app = App("main.py", middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=NAMES), Middleware(Guarded, names=NAMES)])
