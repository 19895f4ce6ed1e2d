"""A text in which its similes and images are marked, what it is for, and its humour. HTML, styled by style.css.

Each mark has a line of a shape of its own and a label: none is told by colour alone.
"""

from __future__ import annotations

from html import escape

_MARKED = {
    "simile": ("Simile", "Simile: something is likened to this"),
    "metaphor": ("Possible image", "Cue: these words may carry a metaphor"),
}


def nuances_html(text: str, found: dict) -> str:
    """Write a text with its nuances marked, a legend, and its intents.

    Args:
        text: The text as its reader gave it.
        found: The analysis as plain values, as `Analysis.as_dict` gives them.

    Returns:
        HTML, empty where the model has no heads for it; everything that comes from the text is escaped.
    """
    nuances = found.get("nuances")
    if nuances is None:
        return ""
    marks = [(span, kind) for kind in _MARKED if nuances[kind]["present"] for span in nuances[kind]["spans"]]
    intents = ", ".join(
        f"{escape(name.replace('_', ' '))} ({found['intents'][name]:.0%})" for name in found["intents_present"]
    )
    return (
        '<section class="nuances" aria-labelledby="nuances-head"><h2 id="nuances-head">How it speaks, and what for</h2>'
        f'<p class="nuanced">{_marked(text, marks)}</p>{_legend(nuances)}'
        f'<p class="intents"><b>Intents</b> {intents or "none stands out"}</p></section>'
    )


def _marked(text: str, marks: list[tuple[dict, str]]) -> str:
    parts: list[str] = []
    at = 0
    for span, kind in sorted(marks, key=lambda mark: mark[0]["start"]):
        if span["start"] < at:
            continue
        hint = _MARKED[kind][1]
        parts += [
            escape(text[at : span["start"]]),
            f'<mark class="{kind}" title="{hint}" aria-label="{hint}: {escape(span["text"])}">',
            escape(text[span["start"] : span["end"]]),
            "</mark>",
        ]
        at = span["end"]
    return "".join([*parts, escape(text[at:])])


def _legend(nuances: dict) -> str:
    items = [f"Humour {_said(nuances['humor'])}"]
    for kind, (name, _) in _MARKED.items():
        shown = f'<mark class="{kind}">{name}</mark>' if nuances[kind]["present"] else name
        items.append(f"{shown} {_said(nuances[kind])}")
    return f'<ul class="nuance-legend">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def _said(nuance: dict) -> str:
    return f"{'found' if nuance['present'] else 'not found'} ({nuance['score']:.0%})"
