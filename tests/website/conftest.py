import pytest

pytest.importorskip("apiflask", reason="the website needs: pip install 'textthema[web]'")

from tests.website.stand_in import StandIn
from website import create_app
from website.settings import Settings


@pytest.fixture
def stand_in():
    return StandIn()


@pytest.fixture
def app(stand_in):
    return create_app(Settings(rate_limit=""), model=stand_in)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture(scope="session")
def real_app():
    """The website with the model that comes with TextThema."""
    return create_app(Settings(rate_limit=""))
