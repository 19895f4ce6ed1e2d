"""As much of the Hugging Face Hub as an upload and a download ask, on this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

TOKEN = "hf_stub"  # noqa: S105
SECONDS = 60
_COMMIT = "0" * 40


@dataclass
class Hub:
    """What was uploaded.

    Attributes:
        held: Paths that the repository holds before.
        address: Where it answers.
        created: Bodies of the requests to create a repository.
        files: Path → content, of the last commit; of a large file the hash that it is stored under.
        deleted: Paths that the last commit deleted.
        stored: Hash → content of large files.
    """

    held: list[str] = field(default_factory=list)
    address: str = ""
    created: list[dict] = field(default_factory=list)
    files: dict[str, bytes | str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)

    def answer(self, path: str, body: bytes) -> object:
        """Answer one request of a client that is signed in."""
        routes = {
            "/api/repos/create": self._create,
            "/api/validate-yaml": lambda _: {"errors": [], "warnings": []},
            "/preupload/": lambda body: {"files": [self._mode(file["path"]) for file in json.loads(body)["files"]]},
            "/info/lfs/objects/batch": lambda body: {"transfer": "basic", "objects": self._places(json.loads(body))},
            "/storage/": lambda body: self.stored.update({path.rsplit("/", 1)[-1]: body}),
            "/tree/": lambda _: [{"type": "file", "path": name, "size": 1, "oid": _COMMIT} for name in self._names()],
            "/commit/": self._commit,
        }
        about = {"id": "me/thing", "sha": _COMMIT, "siblings": [{"rfilename": name} for name in self._names()]}
        return next((route(body) for part, route in routes.items() if part in path), about)

    def content(self, path: str) -> bytes:
        """Give an uploaded file as a download gets it."""
        said = self.files[path]
        return said if isinstance(said, bytes) else self.stored[said]

    def _names(self) -> list[str]:
        return sorted({*self.held} - {*self.deleted} | {*self.files})

    def _create(self, body: bytes) -> dict:
        self.created.append(json.loads(body))
        return {"url": f"{self.address}/me/thing"}

    def _commit(self, body: bytes) -> dict:
        for line in body.splitlines():
            self._take(**json.loads(line))
        return {"commitUrl": f"{self.address}/me/thing/commit/{_COMMIT}", "commitOid": _COMMIT, "success": True}

    def _mode(self, path: str) -> dict:
        return {"path": path, "uploadMode": "lfs" if path.endswith(".onnx") else "regular", "shouldIgnore": False}

    def _places(self, asked: dict) -> list[dict]:
        address = f"{self.address}/storage/"
        return [{**each, "actions": {"upload": {"href": address + each["oid"]}}} for each in asked["objects"]]

    def _take(self, key: str, value: dict) -> None:
        if key == "file":
            self.files[value["path"]] = base64.b64decode(value["content"])
        elif key == "lfsFile":
            self.files[value["path"]] = value["oid"]
        elif key == "deletedFile":
            self.deleted.append(value["path"])


@contextmanager
def serve_hub(hub: Hub) -> Iterator[Hub]:
    """Let a hub answer on a free port.

    Args:
        hub: The hub.

    Yields:
        The same, with its address.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            allowed = self.command == "PUT" or self.headers.get("Authorization") == f"Bearer {TOKEN}"
            path = urlsplit(self.path).path
            if allowed and "/resolve/" in path:
                content = hub.content(path.partition("/resolve/")[2].partition("/")[2])
            else:
                said = hub.answer(path, body) if allowed else {"error": "Who are you?"}
                content = json.dumps(said).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", _COMMIT)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_HEAD = do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join(SECONDS)
        server.server_close()
