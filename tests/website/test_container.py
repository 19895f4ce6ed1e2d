"""What the website is deployed with: pins, container, proxy, host."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


@pytest.fixture
def folder(root):
    return root / "deployment_flask"


def pins(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ;")[0].split("==") for line in lines if line and not line.startswith("#"))


def test_requirements_are_pinned_as_everywhere_and_only_for_serving(folder, root):
    site, everything = pins(folder / "requirements.txt"), pins(root / "requirements.txt")
    assert {"apiflask", "flask-limiter", "gunicorn", "orjson", "prometheus-client", "numpy", "onnxruntime"} <= set(site)
    assert {name: everything[name] for name in site} == site
    assert not {"torch", "transformers", "pandas", "scikit-learn", "gradio"} & set(site)


def test_the_dockerfile_passes_hadolint(folder):
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}")
    if hadolint is None:
        pytest.skip("hadolint is packed for Linux on x86-64 only")
    done = subprocess.run([hadolint, folder / "Dockerfile"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_what_the_dockerfile_copies_is_there_and_let_through(folder, root):
    allowed = [line[1:] for line in (folder / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert len(names) == 9
    for name in names:
        assert (root / name).exists(), name
        assert name in allowed, name


def test_the_container_is_nobody_and_checks_its_own_health(folder):
    stages = (folder / "Dockerfile").read_text().split("\nFROM ")
    assert len(stages) == 3  # what stands before the first, and two of them
    assert re.search(r"^USER 10001$", stages[-1], re.MULTILINE)
    assert "/readyz" in stages[-1]


def test_compose_and_render_agree_with_the_site(folder):
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    site = compose["services"]["site"]
    assert site["read_only"] and site["tmpfs"] == "/tmp"  # noqa: S108
    assert site["environment"]["TEXTTHEMA_PROXIES"] == "1"
    assert compose["services"]["nginx"]["depends_on"]["site"]["condition"] == "service_healthy"
    (service,) = yaml.safe_load((folder / "render.yaml").read_text())["services"]
    assert service["healthCheckPath"] == "/readyz"
    assert service["dockerfilePath"].endswith("deployment_flask/Dockerfile")


@pytest.fixture
def run_configuration(folder, monkeypatch):
    """What gunicorn does with its file, in an environment that is put back afterwards."""

    def run():
        settings = runpy.run_path(str(folder / "gunicorn.conf.py"))
        settings["on_exit"](None)
        return settings

    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(sys, "path", list(sys.path))
    os.environ.pop("WEB_CONCURRENCY", None)
    return run


def test_gunicorn_starts_where_no_affinity_is_known(run_configuration, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert run_configuration()["workers"] >= 1


def test_the_runtime_reports_to_nobody(run_configuration):
    os.environ.pop("ORT_DISABLE_TELEMETRY", None)
    run_configuration()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_nginx_hides_what_is_for_hosts(folder):
    conf = (folder / "nginx.conf").read_text()
    for path in ("/metrics", "/readyz"):
        assert re.search(rf"location = {path} {{\s*return 404 ", conf), path


@pytest.mark.parametrize("status", [404, 413, 429, 503])
def test_nginx_answers_with_problems(folder, status):
    conf = (folder / "nginx.conf").read_text()
    for problem in map(json.loads, re.findall(rf"return {status} '(.+)';", conf)):
        assert problem["status"] == status
        assert {"type", "title", "detail"} <= set(problem)


def test_nginx_forwards_the_address_that_it_sees(folder):
    conf = (folder / "nginx.conf").read_text()
    assert "X-Forwarded-For $remote_addr" in conf
    assert "client_max_body_size 1m" in conf
    assert "$request_uri" not in conf and "$http_referer" not in conf


def test_nginx_keeps_no_text(folder):
    conf = (folder / "nginx.conf").read_text()
    assert "client_body_buffer_size 1m" in conf and "proxy_max_temp_file_size 0" in conf
    assert "error_log /dev/stderr crit" in conf
