import numpy as np
from scipy.sparse import csr_array

from textthema.catalogue import NO_THEME
from textthema.cataloguing import typical_themes


def test_themes_are_typical_where_others_have_them_less():
    probabilities = np.full((40, 3), 0.2, np.float32)
    probabilities[:10, 2] = 0.9
    probabilities[:10, 1] = 0.4
    belongs = csr_array(np.repeat([[1, 0], [0, 1], [0, 1], [0, 1]], 10, axis=0))
    themes = typical_themes(probabilities, belongs)
    assert themes.dtype == np.uint8
    assert themes[0].tolist() == [2, 1, NO_THEME]
    assert set(themes[1]) == {NO_THEME}


def test_a_single_text_says_little_of_its_entity():
    probabilities = np.full((40, 2), 0.3, np.float32)
    probabilities[0, 0] = 0.4
    belongs = csr_array(np.eye(40, 1, dtype=np.float32))
    assert set(typical_themes(probabilities, belongs)[0]) == {NO_THEME}
