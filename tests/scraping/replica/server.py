"""The replica as an HTTP server on loopback."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.scraping.replica import markup
from tests.scraping.replica.content import Site
from tests.scraping.replica.faults import HARMLESS, Answer, Fault, Schedule, answer, no_faults

ALLOW_ALL = "User-agent: *\nDisallow: /admin\n"


@dataclass
class Replica:
    """The site, served while the ``with`` block lasts.

    ``on_visit`` is called with the number of visits so far before each answer.
    """

    site: Site
    schedule: Schedule = no_faults
    robots: str = ALLOW_ALL
    slow_seconds: float = 30
    on_visit: Callable[[int], None] = lambda _: None
    visits: list[tuple[str, Fault | None]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    dismissed: int = 0

    def __enter__(self) -> Self:
        self.stopping, self._lock = Event(), Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"replica": self}))
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


class _Handler(BaseHTTPRequestHandler):
    """Answers as the replica's schedule says."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    replica: Replica

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urlsplit(self.path)
        self.replica.agents.add(self.headers.get("User-Agent"))
        if url.path == "/robots.txt":
            self.send(Answer(self.replica.robots, kind="text/plain"))
        elif url.path == "/dismissed":
            self.replica.dismissed += 1
            self.send(Answer(""))
        elif url.path == "/user/sign_in":
            self.send(Answer(markup.SIGN_IN_PAGE))
        elif url.path.startswith(("/quotes", "/list/", "/book/")):
            number = int(parse_qs(url.query).get("page", ["1"])[0])
            self.misbehave(self.replica.note(self.path), self.replica.page(url.path, number))
        else:
            self.send(Answer("", status=404))

    def misbehave(self, fault, html):
        if fault is Fault.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if fault is Fault.SLOW:
            self.replica.stopping.wait(self.replica.slow_seconds)
        self.send(answer(fault, html))

    def send(self, answer):
        body = answer.text.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, "Content-Length": len(body), **answer.headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body[: answer.end])
        if answer.end is not None:
            self.close_connection = True
