"""Where to go from a text: its hashtags, and authors, books, characters and franchises as cards. HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_HEADS = {"authors": "Authors", "books": "Books", "characters": "Characters", "franchises": "Worlds and series"}
_MOST_PASSAGE_CHARACTERS = 320

# One listener for all that is ever shown in the element. Where the browser forbids the clipboard (a page without
# HTTPS), the hashtags are selected instead, to be copied by hand.
COPY_ON_CLICK = """
element.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const list = button.parentElement.querySelector("ul"), said = button.parentElement.querySelector(".said");
  try {
    await navigator.clipboard.writeText([...list.children].map((item) => item.textContent).join(" "));
    said.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(list);
    said.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => { said.textContent = ""; }, 4000);
});
"""


def hashtags_html(hashtags: Sequence[str]) -> str:
    """Write hashtags as a list with a button that copies them.

    Args:
        hashtags: Such as ``["#LifeLessons"]``.

    Returns:
        HTML, empty for none.
    """
    if not hashtags:
        return ""
    items = " ".join(f"<li>{escape(hashtag)}</li>" for hashtag in hashtags)
    return (
        f'<div class="hashtags"><h2 id="hashtags-head">Hashtags</h2><ul aria-labelledby="hashtags-head">{items}</ul>'
        '<button type="button" class="copy">Copy hashtags</button><span class="said" role="status"></span></div>'
    )


def related_html(related: dict[str, list[dict]] | None) -> str:
    """Write related authors, books, characters and franchises as cards, each with its why.

    Args:
        related: Kind → items as `Analysis.as_dict` has them, or None where the model has no catalogue.

    Returns:
        HTML, empty for none.
    """
    shelves = [_shelf(kind, items) for kind, items in (related or {}).items() if items]
    if not shelves:
        return ""
    return (
        '<section class="explore" aria-labelledby="explore-head"><h2 id="explore-head">Explore further</h2>'
        f'<div class="shelves">{"".join(shelves)}</div></section>'
    )


def _shelf(kind: str, items: list[dict]) -> str:
    cards = "".join(map(_card, items))
    head = f"{kind}-head"
    return (
        f'<div class="shelf"><h3 id="{head}">{_HEADS[kind]}</h3>'
        f'<ol class="cards" aria-labelledby="{head}">{cards}</ol></div>'
    )


def _card(item: dict) -> str:
    origin = [f"by {item['by']}" if item.get("by") else "", item.get("franchise", "")]
    lines = [
        f'<span class="name">{escape(item["name"])}</span>',
        _line("origin", " · ".join(filter(None, origin))),
        _line("why", _shared(item["shares"])),
        _quoted(item.get("passage")),
    ]
    return f'<li class="card">{"".join(lines)}</li>'


def _line(name: str, content: str) -> str:
    return f'<span class="{name}">{escape(content)}</span>' if content else ""


def _shared(shares: Sequence[str]) -> str:
    return f"shares {', '.join(theme.replace('-', ' ') for theme in shares)}" if shares else ""


def _quoted(passage: dict | None) -> str:
    if not passage:
        return ""
    text = passage["text"]
    if len(text) > _MOST_PASSAGE_CHARACTERS:
        text = text[:_MOST_PASSAGE_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return f"<blockquote>{escape(text)}</blockquote>"
