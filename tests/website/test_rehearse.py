import pytest

from rehearse import read_stages


def test_every_step_of_the_dockerfile_is_rehearsed(root):
    dockerfile = (root / "deployment_flask" / "Dockerfile").read_text()
    build, last = read_stages(dockerfile)
    steps = [*build.steps, *last.steps]
    assert len(steps) == sum(line.startswith(("COPY ", "RUN ")) for line in dockerfile.splitlines())
    assert ("RUN", "/venv/bin/pip install --no-deps /src") in build.steps
    assert ("COPY", "--from=build /venv /venv") in last.steps
    assert last.user == "10001"
    assert last.command == ["gunicorn", "-c", "/site/gunicorn.conf.py"]
    assert last.check[:2] == ["python", "-c"]
    assert last.env["PATH"] == "/venv/bin:$PATH"
    assert last.env["PYTHONUNBUFFERED"] == "1"


def test_an_unknown_instruction_is_not_passed_over():
    with pytest.raises(ValueError, match="VOLUME"):
        read_stages("FROM thing\nVOLUME /data\n")
