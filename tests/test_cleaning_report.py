import pandas as pd

from textthema.cleaning import Cleaned
from textthema.cleaning_report import report_figures, write_report


def test_figures_count_rows_themes_and_pairs(tmp_path):
    table = pd.DataFrame({"author": ["A", "A", None], "themes": [["love", "sea"], ["love"], ["sea", "love"]]})
    result = Cleaned(
        table=table,
        labels=["love", "sea"],
        dropped={"no text": 2},
        rows_in=5,
        identity={"bo-ek"},
        votes={"love": 3, "sea": 2, "art": 1},
    )
    figures = report_figures(result)
    assert figures["themes"] == [{"theme": "love", "rows": 3, "votes": 3}, {"theme": "sea", "rows": 2, "votes": 2}]
    assert figures["together"] == [{"pair": ["love", "sea"], "rows": 2}]
    assert figures["next_candidates"] == [{"label": "art", "votes": 1}]
    assert (figures["authors"], figures["labels_a_row"], figures["identity_tags"]) == (1, 1.667, 1)
    write_report(result, tmp_path, "genre")
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| − no text | 2 |" in page
    assert "1.667 genres a row" in page
