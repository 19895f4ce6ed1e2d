import pytest

from textthema.normalising import readable


@pytest.mark.parametrize(
    ("scraped", "wanted"),
    [
        ("“The kettle sang.”", "The kettle sang."),
        ('"One," he said. "Two."', '"One," he said. "Two."'),
        ("Bread &amp; salt", "Bread & salt"),
        ("The rain<br/>came in", "The rain\ncame in"),
        ("an <i>old</i> door", "an old door"),
        ("I was cryingThe rain was not", "I was crying\nThe rain was not"),
        ("McAllister rode to the MacDonald farm on YouTube", "McAllister rode to the MacDonald farm on YouTube"),
        ("Boats need water. ― Osric Vale", "Boats need water."),
        ("the cafÃ© closed", "the café closed"),
        ("  two   spaces \n\n\n and lines ", "two spaces\n\nand lines"),
    ],
)
def test_what_scraping_did_is_undone(scraped, wanted):
    assert readable(scraped) == wanted
