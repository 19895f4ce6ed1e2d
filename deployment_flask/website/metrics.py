"""What the site counts, for Prometheus; never a text, an address or a name."""

from __future__ import annotations

import os
from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

disable_created_metrics()

REQUESTS = Counter("textthema_requests", "Answered requests", ["route", "status"])
SECONDS = Histogram(
    "textthema_request_seconds",
    "Time from a request's first look to its answer",
    ["route"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
REFUSED = Counter("textthema_refused", "Requests that got no place", ["why"])
TEXTS = Counter("textthema_texts", "Texts that were read")
IN_PLACE = Gauge("textthema_in_place", "Requests that use the model or wait for it", multiprocess_mode="liveall")
WORKER_ENDS = Counter("textthema_worker_ends", "Workers that ended, by whatever cause")


def count_requests(app: Flask) -> None:
    """Count and time each request of an app.

    Args:
        app: The app.
    """

    @app.before_request
    def start() -> None:
        g.started = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        REQUESTS.labels(route, response.status_code).inc()
        if "started" in g:
            SECONDS.labels(route).observe(perf_counter() - g.started)
        return response


def exposition() -> Response:
    """Write what was counted, in all workers together.

    Returns:
        Prometheus' text format.
    """
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
