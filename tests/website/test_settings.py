import pytest

from textthema.errors import InputError
from website.settings import Settings


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_environment({}) == Settings()


def test_the_environment_is_read():
    environment = {
        "TEXTTHEMA_MODEL": "my_model",
        "TEXTTHEMA_RATE_LIMIT": "",
        "TEXTTHEMA_LIMITER_STORAGE": "redis://counts",
        "TEXTTHEMA_PROXIES": "1",
        "TEXTTHEMA_RUNNING": "2",
        "TEXTTHEMA_WAITING": "0",
    }
    assert Settings.from_environment(environment) == Settings("my_model", "", "redis://counts", 1, 2, 0)


@pytest.mark.parametrize(
    ("name", "value"), [("TEXTTHEMA_PROXIES", "-1"), ("TEXTTHEMA_RUNNING", "0"), ("TEXTTHEMA_WAITING", "many")]
)
def test_a_number_that_can_not_be_is_named(name, value):
    with pytest.raises(InputError, match=name) as raised:
        Settings.from_environment({name: value})
    assert raised.value.value == value
