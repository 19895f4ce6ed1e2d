"""How well the authors and books of held-out quotes are found, beside four other ways.

Example:
    python benchmarks/related.py RAW build/entities build/catalogue --embeddings build/embeddings

RAW and ENTITIES are what `textthema catalogue` was given, CATALOGUE is what it wrote. Everyone has the same training
rows, candidates and held-out rows; what can be tuned was tuned on the validation rows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from plots import plot_related
from retrieval import Bm25, cosines, few_of_each, untouched_encoder
from scipy.sparse import csr_array
from scripts import exit_code
from tqdm import tqdm

from textthema.bundle import Bundle, find_default, replacing
from textthema.catalogue import Catalogue
from textthema.collection import QUOTES
from textthema.embedding_cache import EmbeddingCache
from textthema.fusion import ranks
from textthema.holdings import TEST, TRAIN, VALIDATION, Holdings, gather, read_entities
from textthema.inference import sigmoid
from textthema.manifest import file_hash
from textthema.raw import read_raw
from textthema.text import plain

KINDS = ("author", "book")
OURS = "TextThema's catalogue"
_MOST_SUMMED = (10, 30, 100, 300, None)
_VALIDATION_TEXTS = 1000
_MAX_LENGTH = 64
_BATCH = 32
_DRAWS = 500


@dataclass(frozen=True, eq=False)
class Bench:
    """What every contestant gets.

    Attributes:
        texts: All rows' texts.
        cache: Their embeddings and logits.
        holdings: Entities, their rows and the split.
        catalogue: The catalogue as it is served.
        bundle: The model.
        work: Folder for what takes long.
        few: Quotes of an author or book that the untouched encoder embeds.
    """

    texts: list[str]
    cache: EmbeddingCache
    holdings: Holdings
    catalogue: Catalogue
    bundle: Bundle
    work: Path
    few: int

    def own(self, kind: str, rows: np.ndarray) -> csr_array:
        """Say which row is which entity's, among those of a kind."""
        first, last = self.holdings.kinds[kind]
        return self.holdings.belongs[rows][:, first:last]

    def held_out(self, kind: str, part: str) -> np.ndarray:
        """Give the held-out rows of which an entity of the kind is a candidate."""
        rows = self.holdings.rows(part)
        rows = rows[self.cache.have[rows]]
        return rows[self.own(kind, rows).sum(axis=1) > 0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        bench = read_bench(args)
        record = measure(bench, args)
        write_results(args.out, record)
        print(as_markdown(record))

    return exit_code(work)


def read_bench(args: argparse.Namespace) -> Bench:
    """Read what the catalogue was made from.

    Args:
        args: The command line.

    Returns:
        The bench.
    """
    bundle = Bundle.read(args.model or find_default())
    raw = read_raw(args.raw, QUOTES)
    texts = [plain(text or "") or "." for text in raw["text"]]
    parts = pd.read_parquet(args.catalogue / "rows.parquet")["part"].to_numpy().astype(str)
    holdings = gather(*read_entities(args.entities), parts, {})
    cache = EmbeddingCache.open(args.embeddings or args.catalogue / "embeddings", bundle, texts, _MAX_LENGTH)
    catalogue = Catalogue.read_folder(args.catalogue / "catalogue", bundle)
    args.work.mkdir(parents=True, exist_ok=True)
    return Bench(texts, cache, holdings, catalogue, bundle, args.work, args.few)


def measure(bench: Bench, args: argparse.Namespace) -> dict:
    """Measure every contestant on the test rows.

    Args:
        bench: What they get.
        args: The command line, for the record.

    Returns:
        The record for ``quality.json``.
    """
    rows = bench.holdings.rows(TRAIN)
    bm25 = Bm25.over([bench.texts[row] for row in rows])
    places = {kind: _all_places(bench, kind, bm25, rows) for kind in KINDS}
    found = {}
    for kind, (most, by_title) in places.items():
        n_texts = len(next(iter(by_title.values())))
        first, last = bench.holdings.kinds[kind]
        contestants = {title: _metrics(found_places) for title, found_places in by_title.items()}
        rivals = [title for title in contestants if not title.startswith(OURS)]
        best = max(contestants[title]["recall_at_10"][0] for title in rivals)
        found[kind] = {
            "candidates": last - first,
            "texts": n_texts,
            "bm25_quotes_summed": most,
            "contestants": contestants,
            "recall_over_best_rival": contestants[OURS]["recall_at_10"][0] / best,
        }
    return {
        "catalogue": file_hash(args.catalogue / "catalogue" / "vectors.npy"),
        "rows": file_hash(args.catalogue / "rows.parquet"),
        "training_rows": len(rows),
        "training_rows_embedded": int(bench.cache.have[rows].sum()),
        "untouched_quotes_each": bench.few,
        "draws": _DRAWS,
        "kinds": found,
    }


def _all_places(bench: Bench, kind: str, bm25: Bm25, rows: np.ndarray) -> tuple[int | None, dict[str, np.ndarray]]:
    """Give, by contestant, the place of each test text's own entity."""
    test, belongs = bench.held_out(kind, TEST), bench.own(kind, rows)
    own = bench.own(kind, test)
    tuning = bench.held_out(kind, VALIDATION)[:_VALIDATION_TEXTS]
    summed = {most: _bm25_places(bm25, bench, tuning, kind, belongs, most) for most in _MOST_SUMMED}
    most = max(summed, key=lambda most: np.mean(summed[most] <= 10))
    embedded = rows[bench.cache.have[rows]]
    probabilities = sigmoid(bench.cache.logits[embedded].astype(np.float32))
    asked = sigmoid(bench.cache.logits[test].astype(np.float32))
    popularity = np.broadcast_to(belongs.sum(axis=0).astype(np.float32), own.shape)
    return most, {
        OURS: _served_places(bench, kind, test, with_words=True),
        f"{OURS}, vectors only": _served_places(bench, kind, test, with_words=False),
        "BM25 over the training quotes, summed": _bm25_places(bm25, bench, test, kind, belongs, most),
        "encoder before fine-tuning, mean of quotes": _untouched_places(bench, kind, test),
        "overlap of theme profiles": ranks(cosines(asked, probabilities, bench.own(kind, embedded)), own),
        "popularity": ranks(popularity, own),
    }


def _served_places(bench: Bench, kind: str, rows: np.ndarray, *, with_words: bool) -> np.ndarray:
    first, last = bench.catalogue.kinds[kind]
    own, places = bench.own(kind, rows), []
    no_themes = np.zeros(len(bench.bundle.labels), np.float32)
    for i, row in enumerate(tqdm(rows, desc=kind, unit="text", disable=None)):
        text = bench.texts[row] if with_words else None
        scores = bench.catalogue.look_up(bench.cache.embeddings[row], no_themes, text).scores[first:last]
        places.append(ranks(scores[None, :], own[[i]])[0])
    return np.array(places)


def _bm25_places(
    bm25: Bm25, bench: Bench, rows: np.ndarray, kind: str, belongs: csr_array, most: int | None
) -> np.ndarray:
    own, places, start = bench.own(kind, rows), [], 0
    for scores in bm25.summed([bench.texts[row] for row in rows], belongs, most):
        places.append(ranks(scores, own[start : start + len(scores)]))
        start += len(scores)
    return np.concatenate(places)


def _untouched_places(bench: Bench, kind: str, test: np.ndarray) -> np.ndarray:
    train = bench.holdings.rows(TRAIN)
    train = train[bench.cache.have[train]]
    chosen = train[few_of_each(bench.own(kind, train), bench.few)]
    file = bench.work / f"untouched_{kind}_{bench.few}.npz"
    if not file.exists():
        encoder = untouched_encoder(bench.work, bench.bundle.tokenizer_path, _MAX_LENGTH)
        encoded = [
            encoder.encode([bench.texts[row] for row in rows], _BATCH, progress=True).embeddings
            for rows in (chosen, test)
        ]
        with replacing(file) as temporary:
            np.savez(temporary, chosen=encoded[0], test=encoded[1])
    with np.load(file, allow_pickle=False) as arrays:
        return ranks(cosines(arrays["test"], arrays["chosen"], bench.own(kind, chosen)), bench.own(kind, test))


def _metrics(places: np.ndarray) -> dict[str, list[float]]:
    """Give each metric with the ends of its 95 % interval, from draws of test texts with replacement."""
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(places), (_DRAWS, len(places)))
    found = {}
    for name, values in (("recall_at_10", (places <= 10).astype(float)), ("mrr", 1 / places)):
        low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
        found[name] = [round(float(value), 4) for value in (values.mean(), low, high)]
    return found


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    lines = [
        "# Related authors and books",
        "",
        "Whose is a quote that the catalogue has not seen? Held-out quotes of known authors, drawn at random from those"
        f" without a near-duplicate; {record['training_rows']:,} training quotes, of which"
        f" {record['training_rows_embedded']:,} were embedded (at most 100 of an author). 95 % intervals in brackets.",
    ]
    for kind, found in record["kinds"].items():
        most = found["bm25_quotes_summed"] or "all"
        lines += [
            "",
            f"## {kind.capitalize()}s: {found['candidates']:,} candidates, {found['texts']:,} test quotes",
            "",
            "| | recall@10 | MRR |",
            "|---|---|---|",
            *(
                f"| {title} | {_spread(metrics['recall_at_10'])} | {_spread(metrics['mrr'])} |"
                for title, metrics in found["contestants"].items()
            ),
            "",
            f"Recall@10 is {found['recall_over_best_rival']:.2f} times that of the best of the other four. BM25 adds up"
            f" the {most} best quotes, which is what did best on validation quotes.",
        ]
    lines += [
        "",
        "![recall](quality.png)",
        "",
        f"The encoder before fine-tuning is quantized as ours is; it averages at most {record['untouched_quotes_each']}"
        " quotes of each author or book. All encoders read the first 64 tokens of a quote. The theme model has learnt"
        " readers' tags of many of these quotes, the held-out ones among them, but never whose they are; the catalogue"
        " has seen the training quotes only, and its weights were tuned on the validation quotes.",
    ]
    return "\n".join(lines) + "\n"


def write_results(out: Path, record: dict) -> None:
    """Write JSON, Markdown and the plot.

    Args:
        out: The folder.
        record: What `measure` gave.
    """
    out.mkdir(parents=True, exist_ok=True)
    plot_related(out / "quality.png", {kind: found["contestants"] for kind, found in record["kinds"].items()})
    for name, content in (
        ("quality.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n"),
        ("quality.md", as_markdown(record)),
    ):
        with replacing(out / name) as temporary:
            temporary.write_text(content, encoding="utf-8")


def _spread(metric: Sequence[float]) -> str:
    value, low, high = metric
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how well authors and books of held-out quotes are found.")
    parser.add_argument("raw", type=Path, help="the quotes that textthema catalogue was given")
    parser.add_argument("entities", type=Path, help="the entities that it was given")
    parser.add_argument("catalogue", type=Path, help="the folder that it wrote")
    parser.add_argument("--model", type=Path, help="model directory (default: the one that comes with TextThema)")
    parser.add_argument("--embeddings", type=Path, help="folder with the embeddings (default: CATALOGUE/embeddings)")
    parser.add_argument("--work", type=Path, default=Path("build/related"), help="folder for what takes long")
    parser.add_argument("--few", type=int, default=5, help="quotes of each that the untouched encoder embeds")
    out = Path(__file__).parent / "results" / "related"
    parser.add_argument("--out", type=Path, default=out, help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
