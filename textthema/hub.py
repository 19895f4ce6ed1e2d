"""Models on the Hugging Face Hub with huggingface_hub's own options: revisions, tokens, caches, pull requests.

``ThemeClassifier.from_pretrained`` loads a model from the Hub, too; who wants these options, or to save and upload,
takes the class here. It needs ``pip install 'textthema[hub]'``.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Unpack

from textthema.bundle import CARD, MANIFEST, Bundle
from textthema.classifier import DownloadOptions, ThemeClassifier, download, is_hub_id, locate
from textthema.errors import InputError, MissingDependencyError

try:
    from huggingface_hub import ModelHubMixin
except ImportError as error:
    raise MissingDependencyError("the Hub needs: pip install 'textthema[hub]'", value="huggingface_hub") from error


class HubThemeClassifier(ModelHubMixin, ThemeClassifier):
    """A classifier that can be saved and uploaded: ``save_pretrained``, ``push_to_hub``.

    Args:
        bundle: A model directory that was read.
        threads: Threads of one forward pass; by default all processors this process may use.

    Raises:
        BundleCorruptError: The model and its labels don't belong together.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        super().__init__(bundle, threads)
        self.bundle = bundle

    @classmethod
    def from_pretrained(  # type: ignore[override]  # the mixin's takes no model by default, ThemeClassifier's does
        cls,
        path_or_id: str | Path | None = None,
        *,
        collection: str = "quotes",
        threads: int | None = None,
        **of_download: Unpack[DownloadOptions],
    ) -> HubThemeClassifier:
        """Load a model whose files are as its manifest says.

        Args:
            path_or_id: A model directory, or the id of one on the Hub; by default the model that comes with TextThema.
            collection: Whose model that is: ``"quotes"`` or ``"books"``.
            threads: Threads of one forward pass; by default all processors this process may use.
            of_download: Which revision of a model on the Hub, and how it is brought.

        Returns:
            A classifier, ready for texts.

        Raises:
            BundleError: There is no such model, or a file of it was damaged or changed.
        """
        if is_hub_id(path_or_id):
            return super().from_pretrained(path_or_id, threads=threads, **of_download)
        return cls(Bundle.read(locate(path_or_id, collection)), threads)

    @classmethod
    def _from_pretrained(  # type: ignore[override]  # only from_pretrained calls it, with all that it takes
        cls, *, model_id: str, threads: int | None, **of_download: Unpack[DownloadOptions]
    ) -> HubThemeClassifier:
        return cls(Bundle.read(download(model_id, **of_download)), threads)

    def save_pretrained(self, save_directory: str | Path, **options: Any) -> str | None:  # noqa: ANN401 - the mixin's
        """Copy the model's files, those that the manifest names, and its card.

        Args:
            save_directory: Gets them.
            options: The mixin's, such as ``push_to_hub``.

        Returns:
            The commit's address if it was uploaded, too.

        Raises:
            InputError: That is where the model is read from.
        """
        root = self.bundle.root
        if Path(save_directory).resolve() == root.resolve():
            # The mixin begins by removing config.json.
            raise InputError(f"{root} is where the model is read from; save it elsewhere", value=str(root))
        return super().save_pretrained(save_directory, **options)

    def _save_pretrained(self, save_directory: Path) -> None:
        for name in (*self.bundle.manifest["files"], MANIFEST, CARD):
            if (self.bundle.root / name).is_file():
                (save_directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.bundle.root / name, save_directory / name)
        # Before anything is uploaded, what was copied has to be whole.
        Bundle.read(save_directory)
