"""The record of the nuances' benchmark as a page."""

from __future__ import annotations

_TITLES = ("majority", "TF-IDF + linear", "frozen encoder + linear", "TextThema")
_TARGETS = {"humor_hahackathon": 0.93, "simile_mapskb": 0.72, "metaphor_vua18_tokens": 0.62}


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What is in ``quality.json``.

    Returns:
        Markdown.
    """
    quotes, false_humour = record["quotes"], record["false_humour"]
    return "\n".join(
        [
            "# Nuances and intents",
            "",
            f"The heads add {record['bytes_added'] / 1e6:.2f} MB to the model and change neither its themes nor its "
            "embeddings.",
            "",
            "## Labelled sets",
            "",
            "Thresholds were found on each set's development rows; similes in five folds over the whole set, with a "
            "last linear head fitted in each, on layers that never saw the set. Published scores are of the papers' "
            "own models.",
            "",
            f"| set | measured | n | {' | '.join(_TITLES)} | aimed at | published |",
            "|---" * 9 + "|",
            *(_set_row(name, found) for name, found in record["sets"].items()),
            "",
            f"Of {false_humour['n']:,} figurative sentences of Fig-QA's test rows, none of them a joke, "
            f"{false_humour['share']:.1%} are taken for humour (at most 10 % was aimed at).",
            "",
            f"## {quotes['n']} quotes labelled by reading",
            "",
            "Two language models labelled each quote without knowing its tags or the other's labels; a third settled "
            "where they differed. No person did. None of the quotes, nor any near-duplicate, was trained or tuned on; "
            "the served thresholds count.",
            "",
            "| | precision | recall | F1 | aimed at |",
            "|---|---|---|---|---|",
            *_quote_rows(quotes),
            "",
            f"In {quotes['simile']['overlap']:.0%} of the quotes whose simile was found, a shown span overlaps a "
            "labelled one (85 % was aimed at).",
            "",
            "## Intents of the same quotes",
            "",
            "| | macro-F1 |",
            "|---|---|",
            *_intent_rows(quotes),
            "",
            "| intent | quotes | precision | recall | F1 | readers' κ |",
            "|---|---|---|---|---|---|",
            *(
                f"| {name} | {found['true']} | {found['precision']:.2f} | {found['recall']:.2f} | {found['f1']:.2f} "
                f"| {quotes['agreement']['kappa'][name]:.2f} |"
                for name, found in quotes["intents"]["per_label"].items()
            ),
            "",
            "![intents](intents.png)",
            "",
        ]
    )


def _set_row(name: str, found: dict) -> str:
    scores = found["scores"]
    published = ", ".join(f"{title} {value:.3f}" for title, value in found["published"].items())
    aimed = f"{_TARGETS[name]:.2f}" if name in _TARGETS else ""
    cells = [name, found["metric"], f"{found['n']:,}", *(f"{scores[t]:.3f}" for t in _TITLES), aimed, published]
    return f"| {' | '.join(cells)} |"


def _quote_rows(quotes: dict) -> list[str]:
    aims = {"humor": "precision 0.80 at recall 0.50", "metaphor": "precision 0.75", "simile": "F1 0.85"}
    rows = []
    for name, aim in aims.items():
        kappa = quotes["agreement"]["kappa"][name]
        for title, found in quotes[name].items():
            if not isinstance(found, dict):
                continue
            head = f"{name} ({quotes[name]['true']} quotes, readers' κ {kappa:.2f})" if title == "TextThema" else name
            three = " | ".join(f"{found[key]:.3f}" for key in ("precision", "recall", "f1"))
            rows.append(f"| {head}: {title} | {three} | {aim if title == 'TextThema' else ''} |")
    return rows


def _intent_rows(quotes: dict) -> list[str]:
    intents = quotes["intents"]
    titles = {"macro_f1": "TextThema (0.50 was aimed at)"} | {
        title: title for title in ("most frequent", "all of them", "tags and turns of phrase", "TF-IDF + linear")
    }
    rows = [
        f"| {title} | {intents[key]['value']:.3f} ({intents[key]['low']:.3f} to {intents[key]['high']:.3f}) |"
        for key, title in titles.items()
    ]
    return [*rows, f"| one reader against the other | {quotes['agreement']['intents_macro_f1']:.3f} |"]
