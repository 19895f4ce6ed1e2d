"""How gunicorn serves the website: ``gunicorn -c deployment_flask/gunicorn.conf.py``.

``PORT``, ``HOST`` and ``WEB_CONCURRENCY`` (workers) are what hosts usually set; the site's own settings begin with
``TEXTTHEMA_`` and stand in ``website/settings.py``.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In a checkout its own library wins over an installed one.
_SOURCES = [path for path in (HERE, HERE.parent) if path == HERE or (path / "textthema" / "__init__.py").is_file()]
sys.path[:0] = map(str, _SOURCES)

# The counts of all workers meet in files; workers that are started later find the folder here.
_COUNTS = Path(tempfile.mkdtemp(prefix="textthema-counts-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_COUNTS)
# Who has read a text waits for Python's lock at every step while others are refused: by default up to 5 ms each time.
sys.setswitchinterval(0.0005)
# Each worker reads one text at a time, on one processor.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# onnxruntime tells its makers that it is used, unless it is told not to; this site asks no other host.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

wsgi_app = "website:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
_PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
workers = int(os.environ.get("WEB_CONCURRENCY") or _PROCESSORS)
worker_class = "gthread"
# One reads, four wait for their turn (TEXTTHEMA_WAITING); the others hand out pages and refusals.
threads = 12
# Each worker verifies and loads the model itself, so that one that ends takes nothing of another's along.
preload_app = False
timeout = 60
graceful_timeout = 30
keepalive = 5
backlog = 512
limit_request_line = 2048
limit_request_fields = 50
# gunicorn's own advice
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 # nosec B108
worker_tmp_dir = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
control_socket_disable = True
accesslog = "-"
# Neither query nor referrer: nothing that somebody typed.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'


def pre_request(worker, req):  # noqa: ANN001, ANN201
    """Give up the connection of who comes while there is a line: by the next one, an idle worker may take it.

    Kept connections stay with the worker that accepted them, and a client that asks anew at once after each refusal
    would keep a full worker busy beside an idle one.
    """
    worker.log.debug("%s %s", req.method, req.path)
    if worker.wsgi.extensions["reader"].admission.busy:
        req.force_close()


def child_exit(server, worker):  # noqa: ANN001, ANN201, ARG001
    """Count a worker that ended, and forget what it had in hand."""
    from prometheus_client import multiprocess  # noqa: PLC0415

    from website.metrics import WORKER_ENDS  # noqa: PLC0415

    multiprocess.mark_process_dead(worker.pid)
    WORKER_ENDS.inc()


def on_exit(server):  # noqa: ANN001, ANN201, ARG001
    """Remove the counts."""
    shutil.rmtree(_COUNTS, ignore_errors=True)
