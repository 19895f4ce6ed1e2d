from textthema.checkpoints import Progress, epoch_figures, read_progress


def test_a_run_without_checkpoint_is_at_its_beginning(tmp_path):
    assert read_progress(tmp_path) == Progress("frozen", 0, 0, [], "")


def test_figures_have_names():
    assert epoch_figures("unfrozen", 1, [0.5, 0.6, 0.7]) == {
        "stage": "unfrozen",
        "epoch": 1,
        "train_loss": 0.5,
        "valid_loss": 0.6,
        "lrap": 0.7,
    }
