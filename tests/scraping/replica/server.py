"""The replica as an HTTP server on loopback, and the ways in which it misbehaves."""

from __future__ import annotations

import random
import socket
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.scraping.replica import markup
from tests.scraping.replica.content import Site

ALLOW_ALL = "User-agent: *\nDisallow: /admin\n"


class Fault(StrEnum):
    """What can be wrong with an answer."""

    POPUP_LATER = "pop-up after some milliseconds"
    POPUP_ON_SCROLL = "pop-up on scroll"
    INTERSTITIAL = "whole page in the way, which can be closed"
    LOGIN_WALL = "sent to the sign-in page"
    RATE_LIMITED = "429 with Retry-After"
    UNAVAILABLE = "503"
    CHALLENGE = "empty 202"
    FIREWALL = "202 with a challenge"
    RESET = "connection reset"
    SLOW = "slower than anybody waits"
    CUT_SHORT = "connection closed in the middle of the page"
    BROKEN_OFF = "page ends in its middle, as if it were whole"
    RENAMED = "other class names"
    GONE = "404"


HARMLESS = (None, Fault.POPUP_LATER, Fault.POPUP_ON_SCROLL)
STOPPING = (Fault.LOGIN_WALL, Fault.CHALLENGE, Fault.FIREWALL)
Schedule = Callable[[str, int], Fault | None]


def no_faults(path: str, visit: int) -> None:
    """Behave."""


def at_random(seed: int, faults: Iterable[Fault], share: float = 0.5, most: int = 2) -> Schedule:
    """Misbehave by seed; each page is given whole after so many visits at the most."""
    faults = [*faults]

    def schedule(path: str, visit: int) -> Fault | None:
        draw = random.Random(f"{seed} {path} {visit}")
        return draw.choice(faults) if visit <= most and draw.random() < share else None

    return schedule


def first(*faults: Fault | None) -> Schedule:
    """Misbehave in this way on the first visits of each page."""
    return lambda path, visit: faults[visit - 1] if visit <= len(faults) else None


@dataclass
class Replica:
    """The site, served while the ``with`` block lasts.

    ``on_visit`` is called with the number of visits so far before each answer.
    """

    site: Site
    schedule: Schedule = no_faults
    robots: str = ALLOW_ALL
    retry_after: str = "1"
    slow_seconds: float = 30
    popup_ms: int = 0
    on_visit: Callable[[int], None] = lambda _: None
    visits: list[tuple[str, Fault | None]] = field(default_factory=list)
    dismissed: int = 0

    def __enter__(self) -> Self:
        self.stopping, self._lock = Event(), Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.errors = []
        self._server.handle_error = self._note_error
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=30)
        assert not self.errors

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _note_error(self, *_) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):  # clients go away: that is what is tested
            self.errors.append(error)

    def note(self, path: str) -> Fault | None:
        with self._lock:
            visit = 1 + sum(known == path for known, _ in self.visits)
            fault = self.schedule(path, visit)
            self.visits.append((path, fault))
            number = len(self.visits)
        self.on_visit(number)
        return fault

    def served_whole(self, path: str) -> int:
        """How often a page was given with all its items."""
        return sum(known == path and fault in HARMLESS for known, fault in self.visits)

    def page(self, path: str, number: int) -> str | None:
        """The HTML at a path, or None."""
        if path.startswith("/list/show/"):
            return markup.list_page(self.site, path, number) if number <= len(self.site.book_pages()) else None
        if path.startswith("/book/show/"):
            book = next((book for book in self.site.books if book.path == path), None)
            return book and (markup.old_book_page(book) if book.old else markup.present_book_page(book))
        if self.site.series(path) is None or number > len(self.site.pages(path)):
            return None
        return markup.quotes_page(self.site, path, number)


def _handler(replica: Replica) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, *_):
            pass

        def do_GET(self):
            url = urlsplit(self.path)
            if url.path == "/robots.txt":
                return self.send(replica.robots, kind="text/plain")
            if url.path == "/dismissed":
                replica.dismissed += 1
                return self.send("")
            if url.path == "/user/sign_in":
                return self.send(markup.SIGN_IN_PAGE)
            if not url.path.startswith(("/quotes", "/list/", "/book/")):
                return self.send("", status=404)
            number = int(parse_qs(url.query).get("page", ["1"])[0])
            return self.misbehave(replica.note(self.path), replica.page(url.path, number))

        def misbehave(self, fault, html):
            if html is None or fault is Fault.GONE:
                return self.send(markup.page("Page not found", "<h1>Page not found</h1>"), status=404)
            match fault:
                case None:
                    self.send(html)
                case Fault.POPUP_LATER:
                    self.send(html.replace("</body>", markup.POPUP_LATER.replace("MILLISECONDS", str(replica.popup_ms)) + "</body>"))
                case Fault.POPUP_ON_SCROLL:
                    self.send(html.replace("</body>", markup.POPUP_ON_SCROLL + "</body>"))
                case Fault.INTERSTITIAL:
                    self.send(markup.INTERSTITIAL_PAGE)
                case Fault.LOGIN_WALL:
                    self.send("", status=302, headers={"Location": "/user/sign_in?returnurl=x"})
                case Fault.RATE_LIMITED:
                    self.send("slow down", status=429, headers={"Retry-After": replica.retry_after})
                case Fault.UNAVAILABLE:
                    self.send("over capacity", status=503)
                case Fault.CHALLENGE:
                    self.send("", status=202)
                case Fault.FIREWALL:
                    self.send(markup.CHALLENGE_PAGE, status=202, headers={"x-amzn-waf-action": "challenge"})
                case Fault.RESET:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()
                case Fault.SLOW:
                    replica.stopping.wait(replica.slow_seconds)
                    self.send(html)
                case Fault.CUT_SHORT:
                    self.send(html, end=len(html) // 2)
                case Fault.BROKEN_OFF:
                    self.send(html[: len(html) // 2])
                case Fault.RENAMED:
                    for name in ("quoteText", "bookTitle", "BookPageTitleSection"):
                        html = html.replace(name, f"x{name[::-1]}")
                    self.send(html)

        def send(self, text, status=200, kind="text/html; charset=utf-8", headers=None, end=None):
            body = text.encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": len(body), **(headers or {})}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body[:end])
            if end is not None:
                self.close_connection = True

    return Handler
