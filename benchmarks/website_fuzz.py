"""Ten thousand requests of every form to a running website: no answer may be a 5xx, none may fail to come.

Example:
    python benchmarks/website_fuzz.py --requests 10000 --out benchmarks/results

schemathesis makes requests from the OpenAPI document, good ones and bad ones, and checks each answer against it;
hypothesis makes texts and bodies for the page and the API.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scripts import exit_code, write_result
from serving import ROOT, machine, processors

from tests.website.server import Website, serve_website

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection,unsupported_method"
)
# Beside the statuses that schemathesis expects where a request breaks the document: 413, for a text that is too long.
CONFIGURATION = """\
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 413, 415, 422]
"""
_TIMEOUT_SECONDS = 30
_TOTAL_SECONDS = 4 * 3600
_COUNT = re.compile(r'^textthema_requests_total\{route="([^"]*)",status="(\d+)"\} (\S+)', re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code: 1 if a request found a fault.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="default: %(default)s")
    parser.add_argument("--requests", type=int, default=10_000, help="at least (default: %(default)s)")
    args = parser.parse_args(arguments)
    faults: list[str] = []

    def work() -> None:
        record = measure(args.requests)
        faults.extend(record["faults"])
        write_result(args.out, "website_fuzz", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work) or int(bool(faults))


def measure(requests: int) -> dict:
    """Ask a website with the embedded model.

    Args:
        requests: How many, at least.

    Returns:
        The record for ``website_fuzz.json``.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with serve_website(log, workers=processors()) as website:
            before = _counts(website)
            faults = (
                [] if _schemathesis(website, Path(folder), requests // 12) else ["schemathesis: see its output above"]
            )
            faults += _hypothesis(website, requests // 4)
            # Whoever waited for the model to be loaded has asked, too.
            while (counts := _counts(website) - before).total() < requests:
                faults += _hypothesis(website, requests // 20)
        # A worker that dies is started again: only the log tells.
        faults += [line for line in log.read_text(errors="replace").splitlines() if "was sent SIG" in line]
    statuses = Counter()
    for (_, status), count in counts.items():
        statuses[status] += count
    faults += [f"{count} answers with {status}" for status, count in statuses.items() if status[0] == "5"]
    return {
        "machine": machine(),
        "requests": counts.total(),
        "statuses": dict(sorted(statuses.items())),
        "routes": {f"{route} {status}": count for (route, status), count in sorted(counts.items())},
        "faults": faults,
    }


def _schemathesis(website: Website, folder: Path, examples: int) -> bool:
    (folder / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{website.address}/api/openapi.json"),
        *("--checks", CHECKS, "--max-examples", str(max(1, examples)), "--request-timeout", str(_TIMEOUT_SECONDS)),
        *("--seed", "1", "--no-color"),
    ]
    return subprocess.run(command, cwd=folder, check=False, timeout=_TOTAL_SECONDS).returncode == 0


def _hypothesis(website: Website, examples: int) -> list[str]:
    """Send texts and bytes; give what went wrong, each thing once."""
    how = settings(
        max_examples=max(1, examples), deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,), derandomize=False,
    )  # fmt: skip
    faults: set[str] = set()
    with httpx.Client(base_url=website.address, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:

        def ask(path: str, allowed: tuple[int, ...], **body: object) -> None:
            try:
                status = client.post(path, **body).status_code
            except httpx.HTTPError as error:
                faults.add(f"{path}: {type(error).__name__}")
                return
            if status not in allowed:
                faults.add(f"{path}: {status}")

        @how
        @given(text=st.text())
        def texts(text: str) -> None:
            ask("/api/v1/analyze", (200, 422), json={"text": text})
            ask("/", (200, 422), data={"text": text})

        @how
        @given(body=st.binary(), path=st.sampled_from(["/", "/api/v1/analyze", "/api/v1/classify"]))
        def bodies(body: bytes, path: str) -> None:
            ask(path, (200, 400, 422), content=body, headers={"Content-Type": "application/json"})

        texts()
        bodies()
    return sorted(faults)


def _counts(website: Website) -> Counter[tuple[str, str]]:
    found = _COUNT.findall(website.get("/metrics").text)
    return Counter({(route, status): int(float(count)) for route, status, count in found if route != "/metrics"})


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    statuses = ", ".join(f"{count:,} × {status}" for status, count in record["statuses"].items())
    faults = "\n".join(f"> - {fault}" for fault in record["faults"]) or "> No fault was found."
    return f"# Requests at random\n\n> {record['requests']:,} requests: {statuses}.\n>\n{faults}\n"


if __name__ == "__main__":
    sys.exit(main())
