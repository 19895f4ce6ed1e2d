"""A real Chromium, and the Space for it to visit."""

import pytest

from tests.browser.space_server import serve_space


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is on this machine."""
    pytest.importorskip("selenium", reason="driving Chromium needs selenium: pip install 'textthema[dev]'")
    from textthema.scraping.browser import find_chromium

    return find_chromium() or pytest.skip("no Chromium on this machine: make chromium, or set CHROME_BIN")


@pytest.fixture
def browser(chromium_path):
    from tests.browser.chromium import open_chromium

    with open_chromium(chromium_path) as driver:
        yield driver


@pytest.fixture(scope="session")
def space_address(root, chromium_path, tmp_path_factory):
    """Where the Space answers."""
    pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")
    log = tmp_path_factory.mktemp("space") / "log"
    with serve_space(root / "deployment_hf" / "app.py", log) as address:
        yield address


@pytest.fixture(scope="session")
def exploring_address(root, bundle, classifier, texts, chromium_path, tmp_path_factory):
    """Where a Space answers that knows a few passages."""
    pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")
    from textthema.indexing import SourceText, build_index

    folder = tmp_path_factory.mktemp("exploring")
    corpus = [SourceText(text, f"Author No. {i}", f"The {i}th Book") for i, text in enumerate(texts)]
    build_index(corpus, classifier, bundle.encoder_id, folder / "index")
    with serve_space(root / "deployment_hf" / "app.py", folder / "log", folder / "index") as address:
        yield address
