"""``textthema catalogue``: what a text is compared with: authors, books, franchises, characters and tags."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from textthema.bundle import Bundle
    from textthema.catalogue import Arrays
    from textthema.evidence import Evidence
    from textthema.holdings import Holdings

HELP = "raw quotes and their entities → the catalogue of authors, books, franchises, characters and tags"
_EXAMPLES = """examples:
  textthema catalogue build/quotes.parquet build/entities build/catalogue
  textthema catalogue quotes.csv build/entities build/catalogue --embeddings build/embeddings --hold-out 0.05
  textthema catalogue quotes.csv build/entities build/catalogue --into my_model
  textthema catalogue quotes.csv build/entities build/catalogue --books book_details.csv

The embeddings are kept in a folder of their own: an interrupted run goes on where it was. Texts held out are in
OUT/rows.parquet; the catalogue has seen the training rows only. --into puts it into a model, which is sealed again.
With --books the descriptions that textthema entities was given count for their books and authors, too; a twentieth
of them is held out for test, and as many for validation.
"""
# Longer texts are known by their beginnings, and cost twice the time.
_MAX_LENGTH = 64
_BATCH = 32
# There are few descriptions: the share of quotes would hold out too few to measure on.
_DESCRIPTIONS_HELD_OUT = 0.05


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("raw", metavar="RAW", type=Path, help="scraper's CSV, or Parquet with its columns")
    parser.add_argument("entities", metavar="ENTITIES", type=Path, help="folder that textthema entities wrote")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for catalogue/, rows.parquet and the report")
    parser.add_argument("--model", type=Path, help="model directory (default: the one that comes with TextThema)")
    parser.add_argument(
        "--into",
        metavar="MODEL",
        type=Path,
        help="put the catalogue into this model directory, made with the same encoder",
    )
    parser.add_argument(
        "--books", metavar="BOOKS", type=Path, help="CSV or Parquet with title, author and description: evidence, too"
    )
    parser.add_argument("--embeddings", type=Path, help="folder that keeps the embeddings (default: OUT/embeddings)")
    parser.add_argument(
        "--hold-out",
        metavar="SHARE",
        type=float,
        default=0.03,
        help="of the known authors' rows: for test, and as many again for validation (default: %(default)s)",
    )
    parser.add_argument(
        "--without",
        metavar="FILE",
        type=Path,
        help="Parquet with the columns id and author, such as a split's test.parquet: nothing is learnt from these"
        " texts, nor from others of their authors",
    )
    parser.add_argument(
        "--author-rows", metavar="N", type=int, default=50, help="embed at most N of an author (default: %(default)s)"
    )
    parser.add_argument("--dim", type=int, default=160, help="numbers of a vector (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the texts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other rows held out")


def run(args: argparse.Namespace) -> int:
    """Embed, learn, tune, write and say how it went."""
    from textthema.blurr_compat import require_packages

    require_packages("a catalogue", ("pandas", "pyarrow", "torch", "scipy", "datasketch", "ftfy"))

    from textthema.cataloguing import Wording, make_catalogue
    from textthema.collection import QUOTES
    from textthema.embedding_cache import EmbeddingCache
    from textthema.evidence import read_evidence
    from textthema.holdings import gather, long_tail_tags
    from textthema.labels import read_rules
    from textthema.prototypes import Training
    from textthema.staging import make_folder

    bundle = _bundle(args.model, args.into)
    evidence = read_evidence(args.raw, args.entities, args.books)
    make_folder(args.out)
    table, texts = evidence.table, evidence.texts
    cache = EmbeddingCache.open(args.embeddings or args.out / "embeddings", bundle, texts, _MAX_LENGTH)
    parts = _parts(args, evidence, texts, cache.groups(texts))
    tags = long_tail_tags(table, parts, bundle.labels, evidence.entities, read_rules(QUOTES.name))
    holdings = gather(evidence.entities, evidence.mentions, parts, tags)
    wanted = holdings.worth_embedding(table["author"].tolist(), args.author_rows, cache.have, args.seed)
    cache.fill(bundle, texts, wanted, _MAX_LENGTH, _BATCH)
    training = Training(dim=args.dim, epochs=args.epochs, seed=args.seed)
    arrays, report = make_catalogue(texts, cache, holdings, training, Wording())
    _write(args, bundle.encoder_id, holdings, arrays, report)
    return 0


def _bundle(model: Path | None, into: Path | None) -> Bundle:
    """Read the model that embeds; that which gets the catalogue has to have the same encoder."""
    from textthema.bundle import Bundle, find_default
    from textthema.errors import CatalogueError

    bundle = Bundle.read(model or find_default())
    if into is not None and Bundle.read(into).encoder_id != bundle.encoder_id:
        raise CatalogueError(
            f"{into} has another encoder than {bundle.root}: its texts can't be compared with this catalogue; give the "
            "same model with --model",
            value=str(into),
        )
    return bundle


def _parts(args: argparse.Namespace, evidence: Evidence, texts: list[str], groups: np.ndarray) -> np.ndarray:
    """Deal out quotes and descriptions apart, each with a share of its own."""
    import numpy as np

    from textthema.holdings import deal_out

    table, known = evidence.table, evidence.of_known_author
    usable, alone = _usable(table) & ~_left_out(table, args.without), _alone(table, groups)
    spans = (slice(0, evidence.n_quotes), args.hold_out), (slice(evidence.n_quotes, None), _DESCRIPTIONS_HELD_OUT)
    return np.concatenate(
        [deal_out(texts[span], usable[span], alone[span], known[span], share, args.seed) for span, share in spans]
    )


def _usable(raw: pd.DataFrame) -> np.ndarray:
    from textthema.collection import QUOTES

    return ((raw["tags"].map(len) <= QUOTES.most_tags) & raw["text"].notna()).to_numpy()


def _left_out(raw: pd.DataFrame, path: Path | None) -> np.ndarray:
    import numpy as np
    import pandas as pd

    from textthema.cleaning import text_id
    from textthema.labels import slug

    if path is None:
        return np.zeros(len(raw), dtype=bool)
    others = pd.read_parquet(path, columns=["id", "author"])
    authors = {slug(author) for author in others["author"].dropna()}
    theirs = raw["author"].map(lambda author: slug(author or "") in authors)
    return (theirs | raw["text"].map(lambda text: text_id(text or "")).isin(others["id"])).to_numpy(dtype=bool)


def _alone(raw: pd.DataFrame, groups: np.ndarray) -> np.ndarray:
    import pandas as pd

    named_alike = raw["group"].notna() & raw["group"].duplicated(keep=False)
    return ~(pd.Series(groups).duplicated(keep=False).to_numpy() | named_alike.to_numpy())


def _write(
    args: argparse.Namespace, encoder: str, holdings: Holdings, arrays: Arrays, report: dict[str, dict[str, float]]
) -> None:
    import pandas as pd

    from textthema.bundle import put_folder
    from textthema.catalogue import FOLDER, write_catalogue
    from textthema.manifest import append_line
    from textthema.staging import make_folder, write_parquet

    make_folder(args.out / FOLDER)
    write_catalogue(args.out / FOLDER, encoder, holdings.entities, arrays, holdings.kinds)
    write_parquet(pd.DataFrame({"row": range(len(holdings.parts)), "part": holdings.parts}), args.out / "rows.parquet")
    settings = {name: getattr(args, name) for name in ("hold_out", "author_rows", "dim", "epochs", "seed")}
    settings["without"] = args.without and args.without.name
    counts = {
        "rows": pd.Series(holdings.parts).value_counts().to_dict(),
        "entities": {kind: last - first for kind, (first, last) in holdings.kinds.items()},
        "validation": report,
        "bytes": sum(file.stat().st_size for file in (args.out / FOLDER).iterdir()),
    }
    (args.out / "manifest.jsonl").unlink(missing_ok=True)
    inputs = {"raw": args.raw, "entities": args.entities / "entities.jsonl"}
    inputs |= {"books": args.books} if args.books else {}
    append_line(args.out / "manifest.jsonl", "catalogue", inputs, settings, counts)
    for kind, found in report.items():
        print(
            f"{kind:<10} {counts['entities'][kind]:>7,} entities; {found['texts']:>5,} validation texts:"
            f" recall@10 {found['recall_at_10']:.3f}, MRR {found['mrr']:.3f}"
        )
    print(f"{args.out / FOLDER}: {counts['bytes'] / 1e6:.1f} MB")
    if args.into is not None:
        put_folder(args.into, FOLDER, args.out / FOLDER)
        print(f"{args.into}: sealed with this catalogue")
