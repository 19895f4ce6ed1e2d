from textthema.near_duplicates import connected_groups, near_duplicate_groups

LONG = "the ferryman counted his coins twice and then he counted the passengers who had paid him nothing at all"


def test_texts_that_differ_in_a_word_share_a_group_and_others_do_not():
    texts = [
        LONG,
        LONG.replace("twice", "thrice").upper() + "!",
        "the lighthouse keeper wrote to nobody for years",
        "yes",
    ]
    groups = near_duplicate_groups(texts, progress=False)
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def test_rows_connected_through_others_are_one_group():
    assert connected_groups([(0, 1), (1, 4)], 5).tolist() == [0, 0, 1, 2, 0]


def test_without_pairs_each_row_is_alone():
    assert len(set(connected_groups([], 3))) == 3
