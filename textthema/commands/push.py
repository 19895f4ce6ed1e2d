"""``textthema push``: a model directory or the Space's folder to the Hugging Face Hub."""

from __future__ import annotations

import argparse
from pathlib import Path

from textthema.errors import BundleNotFoundError, HubError, InputError, MissingDependencyError, shown

HELP = "upload a model directory, or the Space's folder, to the Hugging Face Hub"
KINDS = ("model", "space")
_APP = "app.py"
_FRONT_MATTER = "---\n"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help="model or space")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="model directory, or what make space put together")
    parser.add_argument("repository", metavar="OWNER/NAME", help="its name on the Hub; created if it isn't there")
    parser.add_argument("--private", action="store_true", help="show a new repository to nobody else")
    parser.epilog = """The repository then holds what FOLDER holds and nothing else, hidden files left out. Every file
of a model is compared with its manifest first. The token is the one of `hf auth login`, or HF_TOKEN.

examples:
  textthema push model deployment_hf/model me/textthema
  make space OUT=build/space && textthema push space build/space me/textthema
"""


def run(args: argparse.Namespace) -> int:
    """Check a folder and upload it.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.bundle import Bundle

    if args.kind == "space":
        _check_space(args.folder)
    for model in [args.folder] if args.kind == "model" else _models_of(args.folder):
        Bundle.read(model)
    print(_upload(args.folder, args.repository, args.kind, private=args.private))
    return 0


def _check_space(folder: Path) -> None:
    for name in ("README.md", _APP, "requirements.txt"):
        if not (folder / name).is_file():
            raise BundleNotFoundError(f"{folder} has no {name}; put it together with make space OUT=DIR", value=name)
    card = folder / "README.md"
    try:
        begins_well = card.read_text(encoding="utf-8").startswith(_FRONT_MATTER)
    except UnicodeDecodeError as error:
        raise InputError(f"{card} is no UTF-8 text; save it as UTF-8", value=card) from error
    if not begins_well:
        raise InputError(f"{card} does not begin with the front matter that tells the Hub what to run", value=folder)


def _models_of(space: Path) -> list[Path]:
    """List what holds a graph, and the model that the app can't do without."""
    return sorted({space / "model", *(graph.parent for graph in space.glob("*/onnx"))})


def _upload(folder: Path, repository: str, kind: str, *, private: bool) -> str:
    """Upload and give the commit's address."""
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HFValidationError, HTTPError, LocalTokenNotFoundError
    except ImportError as error:
        raise MissingDependencyError("uploading needs: pip install 'textthema[hub]'") from error
    api = HfApi()
    try:
        api.create_repo(
            repository,
            repo_type=kind,
            private=private or None,
            space_sdk="gradio" if kind == "space" else None,
            exist_ok=True,
        )
        commit = api.upload_folder(
            folder_path=folder,
            repo_id=repository,
            repo_type=kind,
            commit_message=f"Upload {kind}",
            ignore_patterns=[".*", "*/.*", "*__pycache__/*"],
            delete_patterns="*",
        )
    except HFValidationError as error:
        raise InputError(f"{shown(repository)} is no name of a repository: {error}", value=repository) from error
    except (HTTPError, LocalTokenNotFoundError) as error:
        raise HubError(
            f"the Hub did not take {shown(repository)}: {error}; see that you are signed in (hf auth login)",
            value=repository,
        ) from error
    return commit.commit_url
