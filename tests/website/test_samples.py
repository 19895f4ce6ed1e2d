from textthema.classifier import ThemeClassifier
from website.samples import SAMPLES, sample_of


def test_there_is_a_sample_of_each_kind():
    assert [sample.kind for sample in SAMPLES] == ["poetic", "quote", "dialogue", "literature", "descriptive"]
    assert sample_of("dialogue").name == "a dialogue"
    assert sample_of("novel") is None
    assert sample_of(None) is None


def test_every_sample_has_a_theme(classifier: ThemeClassifier):
    assert all(prediction.themes for prediction in classifier(sample.text for sample in SAMPLES))
