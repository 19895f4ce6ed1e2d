"""Everything that TextThema raises on purpose.

::

    TextThemaError                     exit code 1
    ├── InputError (ValueError)        exit code 2: what the caller gave is at fault
    │   ├── EmptyTextError             nothing to read in the text
    │   ├── NotTextError               a cell or argument that is no Unicode text
    │   ├── TextTooLongError           more characters than a single text may have
    │   ├── UnknownFormatError         a file suffix that is not CSV, JSONL or Parquet
    │   ├── UnreadableFileError        a file that is missing, binary or broken
    │   ├── MissingColumnError         a table without the column asked for
    │   ├── NotEnoughDataError         a table too small for the stage
    │   └── JournalError               a scraper's journal that is in use, broken or of another kind
    ├── MissingDependencyError         exit code 3: an extra has to be installed
    ├── BundleError                    exit code 4: the model directory is at fault
    │   ├── BundleNotFoundError        no model where one was looked for
    │   ├── BundleCorruptError         a file that differs from what the manifest says
    │   └── CatalogueError             a catalogue that is missing, broken or of another model
    ├── GateError                      exit code 5: an export that would lose quality
    ├── PassageIndexError              exit code 7: an index of passages that is missing, broken or of another model
    ├── HubError                       exit code 8: the Hugging Face Hub, or the way to it
    ├── ClusterError                   exit code 9: a Ray cluster, or the way to it; what was read is kept
    └── ScrapingError                  exit code 6: a site, or the way to it; what was collected is kept
        ├── BrowserError               Chromium can't be started, or goes away again and again
        ├── LoginWallError             the site shows nothing without signing in
        ├── ChallengeError             the site asks whether a person is there
        ├── RateLimitedError           the site asks to come back later
        ├── LayoutChangedError         a page without the items that it should hold
        ├── UnreachableError           the site does not answer
        └── PagesMissingError          the run came to its end, but without some pages

Each carries the ``value`` that failed; its message names that value and the way out.
"""

from __future__ import annotations

_LONGEST_VALUE_SHOWN = 80


class TextThemaError(Exception):
    """Base of every error that TextThema raises on purpose.

    Args:
        message: What went wrong and what to do about it.
        value: The value that failed, as it was given.
    """

    exit_code = 1

    def __init__(self, message: str, value: object = None) -> None:
        """Keep the failing value beside the message."""
        super().__init__(message)
        self.value = value


class InputError(TextThemaError, ValueError):
    """What the caller gave can't be used."""

    exit_code = 2


class EmptyTextError(InputError):
    """A text holds nothing to read."""


class NotTextError(InputError):
    """A value is no Unicode text."""


class TextTooLongError(InputError):
    """A text has more characters than a single text may have."""


class UnknownFormatError(InputError):
    """A file's suffix names no format that TextThema reads or writes."""


class UnreadableFileError(InputError):
    """A file is missing, binary or broken."""


class MissingColumnError(InputError):
    """A table lacks a column that was asked for."""


class NotEnoughDataError(InputError):
    """A table is too small for the stage that was asked for."""


class JournalError(InputError):
    """A scraper's journal is in use, broken, or belongs to another kind of run."""


class MissingDependencyError(TextThemaError):
    """A package that this command needs is not installed."""

    exit_code = 3


class BundleError(TextThemaError):
    """A model directory can't be used."""

    exit_code = 4


class BundleNotFoundError(BundleError):
    """No model directory is where one was looked for."""


class BundleCorruptError(BundleError):
    """A file of the model directory differs from what its manifest says."""


class CatalogueError(BundleError):
    """A catalogue of authors, books and their kin is missing, broken, or was made with another model."""


class GateError(TextThemaError):
    """An exported model would answer differently from the trained one."""

    exit_code = 5


class PassageIndexError(TextThemaError):
    """An index of passages is missing, broken, or was made with another model."""

    exit_code = 7


class HubError(TextThemaError):
    """The Hugging Face Hub took no upload."""

    exit_code = 8


class ClusterError(TextThemaError):
    """A Ray cluster can't be reached, or gave up; shards that were read are kept."""

    exit_code = 9


class ScrapingError(TextThemaError):
    """A site, or the way to it, ended a run; what was collected is kept."""

    exit_code = 6


class BrowserError(ScrapingError):
    """Chromium can't be started, or goes away again and again."""


class LoginWallError(ScrapingError):
    """The site shows nothing without signing in."""


class ChallengeError(ScrapingError):
    """The site asks whether a person is there."""


class RateLimitedError(ScrapingError):
    """The site asks to come back later."""


class LayoutChangedError(ScrapingError):
    """A page lacks the items that it should hold."""


class UnreachableError(ScrapingError):
    """The site does not answer."""


class PagesMissingError(ScrapingError):
    """The run came to its end without some of its pages."""


def shown(value: object) -> str:
    """Write a value as short text for a message.

    Args:
        value: Anything that failed.

    Returns:
        Its ``repr``, cut to 80 characters, safe to print on any terminal.
    """
    text = ascii(value)
    return text if len(text) <= _LONGEST_VALUE_SHOWN else text[: _LONGEST_VALUE_SHOWN - 3] + "..."
