"""A text as HTML in which its nuances are marked: by the shape of a line and a label, never by colour alone."""

from __future__ import annotations

from html import escape

from textthema.nuances import Nuances, Span

_NAMES = {"simile": "Simile", "metaphor": "Possible image"}
_HINTS = {
    "simile": "Simile: something is likened to this",
    "metaphor": "Cue: these words may carry a metaphor",
}
STYLE = """<style>
.nuanced { line-height: 2; white-space: pre-wrap; overflow-wrap: anywhere; }
.nuanced mark, .nuance-legend mark { color: inherit; background: none; padding: 0 .1em; text-underline-offset: .25em;
  text-decoration-line: underline; text-decoration-thickness: 2px; }
mark.simile { text-decoration-style: double; text-decoration-color: #0072b2; }
mark.metaphor { text-decoration-style: wavy; text-decoration-color: #b3541e; }
.nuance-legend { font-size: .9em; }
</style>"""


def highlight(text: str, nuances: Nuances) -> str:
    """Mark similes and cues of metaphors in a text, with a legend and each nuance's score below.

    Args:
        text: The text as its reader gave it.
        nuances: What was found in it.

    Returns:
        HTML; everything that comes from the text is escaped.
    """
    marks = [(span, kind) for kind in _NAMES for span in getattr(nuances, kind).spans if getattr(nuances, kind).present]
    return f'{STYLE}<div class="nuanced">{_marked(text, marks)}</div>{_legend(nuances)}'


def _marked(text: str, marks: list[tuple[Span, str]]) -> str:
    parts: list[str] = []
    at = 0
    for span, kind in sorted(marks, key=lambda mark: mark[0].start):
        if span.start < at:
            continue
        hint = _HINTS[kind]
        parts += [
            escape(text[at : span.start]),
            f'<mark class="{kind}" title="{hint}" aria-label="{hint}: {escape(span.text, quote=True)}">',
            escape(text[span.start : span.end]),
            "</mark>",
        ]
        at = span.end
    return "".join([*parts, escape(text[at:])])


def _legend(nuances: Nuances) -> str:
    lines = [f"Humour {'found' if nuances.humor.present else 'not found'} ({nuances.humor.score:.0%})"]
    for kind, name in _NAMES.items():
        nuance = getattr(nuances, kind)
        shown = f'<mark class="{kind}">{name}</mark>' if nuance.present else name
        lines.append(f"{shown} {'found' if nuance.present else 'not found'} ({nuance.score:.0%})")
    return f'<p class="nuance-legend">{" · ".join(lines)}</p>'
