"""Chromium, driven by Selenium: asked for an address, it brings the page, its status and its headers."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from selenium import webdriver
from selenium.common.exceptions import JavascriptException, TimeoutException, WebDriverException
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.webdriver import WebDriver
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed
from urllib3.exceptions import HTTPError

from textthema.errors import BrowserError
from textthema.scraping.addresses import is_address
from textthema.scraping.outcomes import CHALLENGE_STATUS, Loaded
from textthema.scraping.popups import dismiss_popups, open_hidden_parts

AGENT = "TextThema"
USER_AGENT = f"Mozilla/5.0 (compatible; {AGENT}; +https://github.com/textthema/textthema)"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-features=BackForwardCache",  # nobody goes back, and pages kept for it take memory
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--blink-settings=imagesEnabled=false",
    f"--user-agent={USER_AGENT}",
)
_COMMAND_SECONDS_MORE = 30  # a command that waits for the page ends by itself; this is for a driver that hangs
_SECONDS_TO_END = 10
_LOOK_EVERY_SECONDS = 0.05
_TAIL = 50_000  # characters in which a page ends
_PAGES_A_TAB = 100
_OURS = "made-by-textthema-scraper"
_MARK = "TEXTTHEMA_SCRAPER_PROFILE"
_TRIES = 3
# The driver's own sign that the address, not the browser, is at fault.
_NETWORK_ERROR = re.compile(r"net::ERR_\w+")
_NO_PAGE = ("chrome-error://", "data:", "about:")


def find_chromium() -> str | None:
    """Look for Chromium: what CHROME_BIN names, or else the first on the path.

    Returns:
        Its path, or None, where Selenium Manager looks further.
    """
    return os.environ.get("CHROME_BIN") or next(filter(None, map(shutil.which, _PROGRAMS)), None)


def processes_on(profile: Path) -> list[psutil.Process]:
    """Find the browser that runs on a profile and its driver, whoever started them and whether they still have both.

    Args:
        profile: The profile's folder.

    Returns:
        The processes.
    """
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.environ().get(_MARK) == str(profile):
                found.append(process)
    return found


@dataclass(frozen=True)
class BrowserSettings:
    """How the browser is run.

    Args:
        profile: Folder for its profile, one run's at a time, and how a killed run's browser is found again.
        headed: Show its window.
        grid: Address of a Selenium Grid or another remote WebDriver; empty for a browser on this machine.
        timeout: Seconds that a page may take.
    """

    profile: Path
    headed: bool = False
    grid: str = ""
    timeout: float = 60


class Browser:
    """A Chromium that is started when it is first needed, and again when it has gone away.

    Args:
        settings: How it is run.
    """

    def __init__(self, settings: BrowserSettings) -> None:
        self._settings = settings
        self._driver: WebDriver | None = None
        self._pages_in_tab = 0

    def __enter__(self) -> Self:
        """Clear away what a killed run left."""
        self._refuse_what_is_not_ours()
        self._clear_away()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the browser."""
        self.close()

    def load(self, url: str, *, open_parts: bool = False) -> Loaded:
        """Fetch a page.

        Args:
            url: Its address.
            open_parts: Open what the page shows only in part, such as a long description.

        Returns:
            The page as it stands after pop-ups were closed, or the fault that kept it away.

        Raises:
            BrowserError: If Chromium can't be started, or goes away each time that it is asked for this page.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._load(self._started(), url, open_parts=open_parts)
            except TimeoutException:
                self.close()  # a page that is still loading would hold up the next one
                return Loaded(url, url, fault=f"it took more than {self._settings.timeout:g} s")
            except (WebDriverException, HTTPError, OSError) as error:
                fault = _NETWORK_ERROR.search(str(error))
                if fault:
                    return Loaded(url, url, fault=fault[0])
                never_started = self._driver is None
                self.close()
                if attempt == _TRIES:
                    raise self._gone(url, error, never_started=never_started) from error

    def close(self) -> None:
        """End the browser, whatever state it is in."""
        driver, self._driver = self._driver, None
        # A driver whose browser was killed can't be asked to quit; what is left of it is swept away below.
        with suppress(WebDriverException, HTTPError, OSError):
            if driver:
                driver.quit()
        self._clear_away()

    def _gone(self, url: str, error: Exception, *, never_started: bool) -> BrowserError:
        message = (str(error).splitlines() or [type(error).__name__])[0]
        if not never_started:
            return BrowserError(f"Chromium went away {_TRIES} times while it loaded {url}: {message}", value=url)
        if self._settings.grid:
            return BrowserError(
                f"no browser can be had from {self._settings.grid}: {message}. Is it up?", value=self._settings.grid
            )
        return BrowserError(
            f"Chromium can't be started: {message}. On Debian or Ubuntu, type: sudo apt install chromium "
            "chromium-driver; or name a Chrome in CHROME_BIN",
            value=os.environ.get("CHROME_BIN"),
        )

    def _started(self) -> WebDriver:
        if self._driver is None:
            self._make_profile()
            self._driver, self._pages_in_tab = _start(self._settings), 0
            self._driver.set_page_load_timeout(self._settings.timeout)
            self._driver.set_script_timeout(self._settings.timeout)
        return self._driver

    def _load(self, driver: WebDriver, url: str, *, open_parts: bool) -> Loaded:
        self._pages_in_tab += 1
        if self._pages_in_tab > _PAGES_A_TAB:
            _open_fresh_tab(driver)
            self._pages_in_tab = 1
        driver.get(url)
        answer, popups = _answer(driver), 0
        # A page whose scripts trip ours up is judged as it stands.
        with suppress(JavascriptException):
            popups = dismiss_popups(driver)
            if popups:
                answer = _answer(driver) or answer  # what stood in the way of the whole page may have loaded it anew
            if open_parts:
                popups += open_hidden_parts(driver)
        final_url, html = driver.current_url, driver.page_source
        if answer is None or final_url.startswith(_NO_PAGE):
            return Loaded(url, final_url, popups=popups, fault="no answer came")
        return Loaded(url, final_url, answer.status, answer.headers, html, popups, answer.fault)

    def _refuse_what_is_not_ours(self) -> None:
        profile = self._settings.profile
        if profile.exists() and not (profile / _OURS).exists() and not self._settings.grid:
            raise BrowserError(
                f"{profile} is there already and is not this scraper's; move it away", value=str(profile)
            )

    def _make_profile(self) -> None:
        if not self._settings.grid:
            self._settings.profile.mkdir(exist_ok=True)
            (self._settings.profile / _OURS).touch()

    def _clear_away(self) -> None:
        if self._settings.grid:
            return
        found = processes_on(self._settings.profile)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=_SECONDS_TO_END)
        # Children of a killed browser write into the profile until they notice.
        Retrying(
            retry=retry_if_result(lambda is_gone: not is_gone),
            wait=wait_fixed(_LOOK_EVERY_SECONDS),
            stop=stop_after_delay(_SECONDS_TO_END),
            retry_error_callback=lambda _: self._make_profile(),  # left for the next run, marked as ours
        )(self._remove_profile)

    def _remove_profile(self) -> bool:
        shutil.rmtree(self._settings.profile, ignore_errors=True)
        return not self._settings.profile.exists()


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    fault: str


def _start(settings: BrowserSettings) -> WebDriver:
    options = webdriver.ChromeOptions()
    options.page_load_strategy = "eager"
    options.unhandled_prompt_behavior = "dismiss"
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    for flag in _FLAGS:
        options.add_argument(flag)
    if not settings.headed:
        options.add_argument("--headless=new")
    seconds = int(settings.timeout) + _COMMAND_SECONDS_MORE
    if settings.grid:
        config = ClientConfig(remote_server_addr=settings.grid, timeout=seconds)
        return webdriver.Remote(settings.grid, options=options, client_config=config)
    options.add_argument(f"--user-data-dir={settings.profile}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses to run as root
    if program := find_chromium():
        options.binary_location = program
    service = webdriver.ChromeService(
        shutil.which("chromedriver"),
        env={**os.environ, _MARK: str(settings.profile)},  # the browser inherits it
        popen_kw={"start_new_session": True},  # Ctrl-C in the terminal reaches the scraper alone
    )
    with _default_timeout(seconds):  # the only way to tell it to the local driver's connection
        return webdriver.Chrome(options=options, service=service)


@contextmanager
def _default_timeout(seconds: int) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _open_fresh_tab(driver: WebDriver) -> None:
    """Give the pages so far back to the system: a tab's memory grows with each page that it has shown."""
    used = driver.current_window_handle
    driver.switch_to.new_window("tab")
    fresh = driver.current_window_handle
    driver.switch_to.window(used)
    driver.close()
    driver.switch_to.window(fresh)


def _answer(driver: WebDriver) -> _Answer | None:
    """Find the page's own response among all that the browser logged since it was last asked."""
    page = driver.current_window_handle  # also the name of the page's main frame
    response, fault = None, ""
    for event in _network_events(driver):
        params = event["params"]
        if event["method"] == "Network.responseReceived":
            # Chromium logs its own first page, too.
            is_page = (params["type"], params.get("frameId")) == ("Document", page) and is_address(
                params["response"]["url"]
            )
            # A challenge counts, even where its script has already led on to the page.
            if is_page and not (response and response["response"]["status"] == CHALLENGE_STATUS):
                response, fault = params, ""
        elif event["method"] == "Network.loadingFailed" and response and params["requestId"] == response["requestId"]:
            fault = f"the page was cut short ({params['errorText']})"
    if response is None:
        return None
    headers = {name.lower(): value for name, value in response["response"]["headers"].items()}
    fault = fault or ("" if _is_whole(driver, response) else "the page was cut short")
    return _Answer(response["response"]["status"], headers, fault)


def _network_events(driver: WebDriver) -> Iterator[dict]:
    for entry in driver.execute("getLog", {"type": "performance"})["value"]:
        yield json.loads(entry["message"])["message"]


def _is_whole(driver: WebDriver, response: dict) -> bool:
    """Look whether HTML came to its end: a browser completes what a server or proxy broke off in the middle."""
    if response["response"]["mimeType"] != "text/html":
        return True
    command = {"cmd": "Network.getResponseBody", "params": {"requestId": response["requestId"]}}
    try:
        body = driver.execute("executeCdpCommand", command)["value"]["body"]
    except WebDriverException as error:
        if "No data found" in str(error) or "No resource" in str(error):
            return True
        raise
    return "<html" not in body.lower() or "</html" in body[-_TAIL:].lower()
