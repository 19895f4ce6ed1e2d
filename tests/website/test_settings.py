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


@pytest.mark.parametrize("value", ["120 a minute", "many", "0 per eon", " ", "120 per minute; none"])
def test_a_limit_that_can_not_be_read_is_no_missing_limit(value):
    with pytest.raises(InputError, match="TEXTTHEMA_RATE_LIMIT") as raised:
        Settings.from_environment({"TEXTTHEMA_RATE_LIMIT": value})
    assert raised.value.value == value


def test_several_limits_are_a_limit_too():
    assert (
        Settings.from_environment({"TEXTTHEMA_RATE_LIMIT": "60/minute; 1000/day"}).rate_limit == "60/minute; 1000/day"
    )


@pytest.mark.parametrize(
    ("name", "value"), [("TEXTTHEMA_PROXIES", "-1"), ("TEXTTHEMA_RUNNING", "0"), ("TEXTTHEMA_WAITING", "many")]
)
def test_a_number_that_can_not_be_is_named(name, value):
    with pytest.raises(InputError, match=name) as raised:
        Settings.from_environment({name: value})
    assert raised.value.value == value
