"""Scraped text made readable again: entities, mojibake, quotation marks, lost line breaks."""

from __future__ import annotations

import re

import ftfy

from textthema.text import plain

_FIX = ftfy.TextFixerConfig(unescape_html=True, uncurl_quotes=False, explain=False)
_TAG = re.compile(r"</?(?:b|br|i|em|p|span|strong|a|div|u)\b[^<>]{0,200}>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
# A word in lower case that runs into a capitalised one ("cryingThe") has lost a line break between them. Names such as
# McDonald or YouTube begin with a capital and stay whole.
_LOST_BREAK = re.compile(r"(?<![\w'])([a-z]{2,}[,.;:!?]?)(?=[A-Z](?:[a-z]|['’]| ))")
_ATTRIBUTION = re.compile(r"\s*[―—]\s*[A-Z][\w .,'’-]{1,60}$")


def readable(text: str) -> str:
    """Undo what scraping did to a text.

    Args:
        text: A quote as it was scraped.

    Returns:
        The text without markup, entities, mojibake, enclosing quotation marks and trailing attribution, with straight
        quotation marks and its line breaks; what a lost line break glued together is parted again.
    """
    text = plain(ftfy.fix_text(_TAG.sub(_break_or_nothing, text), _FIX))
    text = "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    text = _ATTRIBUTION.sub("", _BLANK_LINES.sub("\n\n", text)).strip()
    return _without_enclosing_marks(_LOST_BREAK.sub(r"\1\n", text)).strip()


def _break_or_nothing(match: re.Match[str]) -> str:
    return "\n" if match[0].lower().startswith(("<br", "<p", "</p", "<div")) else ""


def _without_enclosing_marks(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text
