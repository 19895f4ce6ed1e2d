from hypothesis import given
from hypothesis import strategies as st

from website.highlighting import pieces


def nuance(*spans, present=True):
    return {"present": present, "spans": [{"start": start, "end": end} for start, end in spans]}


def test_overlapping_nuances_share_a_piece():
    found = pieces("abcdef", {"humor": nuance((0, 4)), "simile": nuance((2, 6))})
    assert found == [("ab", ("humor",)), ("cd", ("humor", "simile")), ("ef", ("simile",))]


def test_what_is_not_present_is_not_marked():
    assert pieces("abc", {"humor": nuance((0, 2), present=False)}) == [("abc", ())]


def test_an_empty_text_has_no_pieces():
    assert pieces("", {}) == []


edges = st.integers(-3, 15)


@given(st.text(max_size=12), st.lists(st.tuples(st.sampled_from(["humor", "simile"]), edges, edges)))
def test_the_pieces_are_the_text(text, marked):
    found = pieces(text, {kind: nuance(*[(a, b) for k, a, b in marked if k == kind]) for kind, _, _ in marked})
    assert "".join(piece.text for piece in found) == text
    assert all(piece.text for piece in found)
