import csv
import json

import entity_audit
import pytest

from textthema.entities.records import Entity, to_jsonl


@pytest.fixture
def folders(tmp_path):
    entities = [Entity("author:bo-ek", "author", "Bo Ek")]
    for number in range(30):
        links = {"author": "author:bo-ek", "franchise": f"franchise:f{number}"}
        entities.append(Entity(f"character:c{number}", "character", f"C {number}", **links))
        entities.append(Entity(f"franchise:f{number}", "franchise", f"F {number}", author="author:bo-ek"))
    (tmp_path / "entities.jsonl").write_text(to_jsonl(entities), encoding="utf-8")
    return tmp_path, tmp_path / "audit"


def draw(folders, seed=3, size=20):
    entities, out = folders
    return entity_audit.main(
        ["draw", "--entities", str(entities), "--out", str(out), "--size", str(size), "--seed", str(seed)]
    )


def rows_of(out):
    with (out / "judgements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def judge(out, wrong):
    rows = rows_of(out)
    for number, row in enumerate(rows):
        row["verdict"], row["why"] = ("wrong", "a place") if number < wrong else ("right", "")
    with (out / "judgements.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, entity_audit.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def test_a_seed_draws_one_sample_with_links(folders):
    assert draw(folders) == 0
    rows = rows_of(folders[1])
    assert len(rows) == len({row["id"] for row in rows}) == 40
    number = rows[0]["id"].removeprefix("character:c")
    assert rows[0] == {"id": f"character:c{number}", "name": f"C {number}", "link": f"F {number} ← Bo Ek",
                       "verdict": "", "why": ""}  # fmt: skip
    (folders[1] / "judgements.csv").unlink()
    draw(folders)
    assert rows_of(folders[1]) == rows


def test_judgements_are_never_drawn_over(folders, capsys):
    draw(folders)
    assert draw(folders) == 2
    assert "already" in capsys.readouterr().err


def test_too_few_candidates_are_refused(folders):
    assert draw(folders, size=31) == 2


def test_an_open_verdict_is_refused(folders, capsys):
    draw(folders)
    assert entity_audit.main(["count", "--out", str(folders[1])]) == 2
    assert "line 2" in capsys.readouterr().err


def test_precision_with_interval_and_what_was_wrong(folders):
    draw(folders)
    judge(folders[1], wrong=1)
    assert entity_audit.main(["count", "--out", str(folders[1])]) == 0
    audit = json.loads((folders[1] / "audit.json").read_text())
    character = audit["kinds"]["character"]
    assert (character["judged"], character["right"], character["precision"]) == (20, 19, 0.95)
    # Wilson's interval by hand, z = 1.95996
    assert (character["low"], character["high"]) == pytest.approx((0.7639, 0.9911), abs=2e-4)
    page = (folders[1] / "audit.md").read_text(encoding="utf-8")
    assert "language model" in page
    assert "wrong, a place" in page


def test_below_nine_tenths_the_audit_fails(folders):
    draw(folders)
    judge(folders[1], wrong=3)
    assert entity_audit.main(["count", "--out", str(folders[1])]) == 5
    assert (folders[1] / "audit.json").exists()
