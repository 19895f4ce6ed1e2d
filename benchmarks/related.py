"""How well the authors and books of held-out quotes and descriptions are found, beside other ways.

Example:
    python benchmarks/related.py RAW build/entities build/catalogue --embeddings build/embeddings --books BOOKS

RAW, ENTITIES and BOOKS are what `textthema catalogue` was given, CATALOGUE is what it wrote. Everyone has the same
training rows, candidates and held-out rows; what can be tuned was tuned on the validation rows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from plots import plot_related
from retrieval import Bm25, cosines, few_of_each, untouched_encoder
from scipy.sparse import csr_array
from scripts import exit_code, write_result
from synopses import synopsis_places
from tqdm import tqdm

from textthema.bundle import Bundle, file_digest, find_default, replacing
from textthema.catalogue import Catalogue
from textthema.embedding_cache import EmbeddingCache
from textthema.evidence import read_evidence
from textthema.fusion import ranks
from textthema.holdings import TEST, TRAIN, VALIDATION, Holdings, gather
from textthema.inference import sigmoid

KINDS = ("author", "book")
OURS = "TextThema's catalogue"
_MOST_SUMMED = (10, 30, 100, 300, 1000)
_VALIDATION_TEXTS = 600
_MAX_LENGTH = 64
_BATCH = 32
_DRAWS = 500


@dataclass(frozen=True, eq=False)
class Bench:
    """What every contestant gets.

    Attributes:
        texts: All rows' texts, those of quotes first.
        n_quotes: How many quotes there are.
        cache: Their embeddings and logits.
        holdings: Entities, their rows and the split.
        catalogue: The catalogue as it is served.
        bundle: The model.
        work: Folder for what takes long.
        few: Quotes of an author or book that the untouched encoder embeds.
    """

    texts: list[str]
    n_quotes: int
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
        """Give the held-out quotes of which an entity of the kind is a candidate."""
        rows = self.holdings.rows(part)
        rows = rows[self.cache.have[rows] & (rows < self.n_quotes)]
        return rows[self.own(kind, rows).sum(axis=1) > 0]

    def descriptions(self) -> np.ndarray:
        """Give the held-out descriptions whose author is a candidate."""
        rows = self.holdings.rows(TEST)
        rows = rows[self.cache.have[rows] & (rows >= self.n_quotes)]
        return rows[self.own("author", rows).sum(axis=1) > 0]


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
    evidence = read_evidence(args.raw, args.entities, args.books)
    texts = evidence.texts
    parts = pd.read_parquet(args.catalogue / "rows.parquet")["part"].to_numpy().astype(str)
    holdings = gather(evidence.entities, evidence.mentions, parts, {})
    cache = EmbeddingCache.open(args.embeddings or args.catalogue / "embeddings", bundle, texts, _MAX_LENGTH)
    catalogue = Catalogue.read_folder(args.catalogue / "catalogue", bundle)
    args.work.mkdir(parents=True, exist_ok=True)
    return Bench(texts, evidence.n_quotes, cache, holdings, catalogue, bundle, args.work, args.few)


def measure(bench: Bench, args: argparse.Namespace) -> dict:
    """Measure every contestant on the test rows.

    Args:
        bench: What they get.
        args: The command line, for the record.

    Returns:
        The record for ``quality.json``.
    """
    rows = bench.holdings.rows(TRAIN)
    ours = {kind: _our_places(bench, kind) for kind in KINDS}
    index = Bm25.over([bench.texts[row] for row in rows])
    bm25, most = _bm25_places(bench, rows, index)
    untouched = _untouched_places(bench, rows)
    found = {}
    for kind in KINDS:
        first, last = bench.holdings.kinds[kind]
        rivals = {
            "BM25 over the training texts, summed": bm25[kind],
            "encoder before fine-tuning, mean of quotes": untouched[kind],
            **_simple_places(bench, kind, rows),
        }
        contestants = {title: _metrics(places) for title, places in {**ours[kind], **rivals}.items()}
        best = max(contestants[title]["recall_at_10"][0] for title in rivals)
        found[kind] = {
            "candidates": last - first,
            "texts": len(bm25[kind]),
            "bm25_quotes_summed": most[kind],
            "contestants": contestants,
            "recall_over_best_rival": round(contestants[OURS]["recall_at_10"][0] / best, 3),
        }
    return {
        "catalogue": file_digest(args.catalogue / "catalogue" / "vectors.npy"),
        "rows": file_digest(args.catalogue / "rows.parquet"),
        "training_rows": len(rows),
        "training_rows_embedded": int(bench.cache.have[rows].sum()),
        "untouched_quotes_each": bench.few,
        "draws": _DRAWS,
        "kinds": found,
        "descriptions": _descriptions(bench, index, most),
    }


def _descriptions(bench: Bench, bm25: Bm25, most: dict[str, int]) -> dict | None:
    if not len(bench.descriptions()):
        return None
    return {
        "trained": int((bench.holdings.rows(TRAIN) >= bench.n_quotes).sum()),
        "sought": {
            sought: {
                "texts": len(next(iter(places.values()))),
                "contestants": {title: _metrics(of) for title, of in places.items()},
            }
            for sought, places in synopsis_places(bench, bm25, most, OURS).items()
        },
    }


def _our_places(bench: Bench, kind: str) -> dict[str, np.ndarray]:
    test = bench.held_out(kind, TEST)
    return {
        OURS: _served_places(bench, kind, test, with_words=True),
        f"{OURS}, vectors only": _served_places(bench, kind, test, with_words=False),
    }


def _simple_places(bench: Bench, kind: str, rows: np.ndarray) -> dict[str, np.ndarray]:
    test = bench.held_out(kind, TEST)
    own, embedded = bench.own(kind, test), rows[bench.cache.have[rows]]
    known, asked = (sigmoid(bench.cache.logits[some].astype(np.float32)) for some in (embedded, test))
    popularity = np.broadcast_to(bench.own(kind, rows).sum(axis=0).astype(np.float32), own.shape)
    return {
        "overlap of theme profiles": ranks(cosines(asked, known, bench.own(kind, embedded)), own),
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


def _bm25_places(bench: Bench, rows: np.ndarray, bm25: Bm25) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Give each kind's places, and how many quotes added up did best on validation rows."""
    places, most = {}, {}
    for kind in KINDS:
        of = kind, bench.own(kind, rows)
        tried = _summed_places(bm25, bench, of, bench.held_out(kind, VALIDATION)[:_VALIDATION_TEXTS], _MOST_SUMMED)
        most[kind] = max(tried, key=lambda number, tried=tried: np.mean(tried[number] <= 10))
        places[kind] = _summed_places(bm25, bench, of, bench.held_out(kind, TEST), [most[kind]])[most[kind]]
    return places, most


def _summed_places(
    bm25: Bm25, bench: Bench, of: tuple[str, csr_array], rows: np.ndarray, mosts: Sequence[int]
) -> dict[int, np.ndarray]:
    kind, belongs = of
    places, own, start = {most: [] for most in mosts}, bench.own(kind, rows), 0
    for found in bm25.summed([bench.texts[row] for row in rows], belongs, mosts):
        stop = start + len(found[mosts[0]])
        for most, scores in found.items():
            places[most].append(ranks(scores, own[start:stop]))
        start = stop
    return {most: np.concatenate(parts) for most, parts in places.items()}


def _untouched_places(bench: Bench, rows: np.ndarray) -> dict[str, np.ndarray]:
    few = {kind: rows[few_of_each(bench.own(kind, rows), bench.few)] for kind in KINDS}
    chosen = np.unique(np.concatenate(list(few.values())))
    tests = {kind: bench.held_out(kind, TEST) for kind in KINDS}
    test = np.unique(np.concatenate(list(tests.values())))
    file = bench.work / f"untouched_{bench.few}_{len(chosen)}_{len(test)}.npz"
    if not file.exists():
        encoder = untouched_encoder(bench.work, bench.bundle.tokenizer_path, _MAX_LENGTH)
        every = np.concatenate([chosen, test])
        encoded = encoder.encode([bench.texts[row] for row in every], _BATCH, progress=True).embeddings
        with replacing(file) as temporary:
            np.savez(temporary, rows=every, embeddings=encoded)
    with np.load(file, allow_pickle=False) as arrays:
        place = {row: i for i, row in enumerate(arrays["rows"].tolist())}
        embeddings = arrays["embeddings"]
    found = {}
    for kind, asked in tests.items():
        queries, known = (embeddings[[place[row] for row in some]] for some in (asked, chosen))
        found[kind] = ranks(cosines(queries, known, bench.own(kind, chosen)), bench.own(kind, asked))
    return found


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
        f" without a near-duplicate; {record['training_rows']:,} training texts, of which"
        f" {record['training_rows_embedded']:,} were embedded. 95 % intervals in brackets.",
    ]
    for kind, found in record["kinds"].items():
        lines += [
            "",
            f"## {kind.capitalize()}s: {found['candidates']:,} candidates, {found['texts']:,} test quotes",
            *_table(found["contestants"]),
            "",
            f"Recall@10 is {found['recall_over_best_rival']:.2f} times that of the best of the other four. BM25 adds up"
            f" the {found['bm25_quotes_summed']} best texts, which is what did best on validation quotes.",
        ]
    if record["descriptions"]:
        lines += _on_descriptions(record["descriptions"])
    lines += [
        "",
        "![recall](quality.png)",
        "",
        "The encoder before fine-tuning is quantized as ours is; it averages a few quotes of each author and book, at"
        f" least {record['untouched_quotes_each']} where there are so many. All encoders read the first 64 tokens of a"
        " quote. The theme model has learnt readers' tags of many of these quotes, the held-out ones among them, but"
        " never whose they are; the catalogue"
        " has seen the training quotes only, and its weights were tuned on the validation quotes.",
    ]
    return "\n".join(lines) + "\n"


def _table(contestants: dict[str, dict]) -> list[str]:
    return [
        "",
        "| | recall@10 | MRR |",
        "|---|---|---|",
        *(
            f"| {title} | {_spread(metrics['recall_at_10'])} | {_spread(metrics['mrr'])} |"
            for title, metrics in contestants.items()
        ),
    ]


def _on_descriptions(found: dict) -> list[str]:
    lines = [
        "",
        "## A book's description",
        "",
        f"Descriptions of {found['trained']:,} books are evidence beside the quotes. These are others, pasted in:",
    ]
    for sought, of in found["sought"].items():
        lines += ["", f"### {sought}: {of['texts']:,} descriptions", *_table(of["contestants"])]
    return lines


def write_results(out: Path, record: dict) -> None:
    """Write JSON, Markdown and the plot.

    Args:
        out: The folder.
        record: What `measure` gave.
    """
    out.mkdir(parents=True, exist_ok=True)
    plot_related(out / "quality.png", {kind: found["contestants"] for kind, found in record["kinds"].items()})
    write_result(out, "quality", record, as_markdown(record))


def _spread(metric: Sequence[float]) -> str:
    value, low, high = metric
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how well authors and books of held-out quotes are found.")
    parser.add_argument("raw", type=Path, help="the quotes that textthema catalogue was given")
    parser.add_argument("entities", type=Path, help="the entities that it was given")
    parser.add_argument("catalogue", type=Path, help="the folder that it wrote")
    parser.add_argument("--books", type=Path, help="the described books that it was given, if it was")
    parser.add_argument("--model", type=Path, help="model directory (default: the one that comes with TextThema)")
    parser.add_argument("--embeddings", type=Path, help="folder with the embeddings (default: CATALOGUE/embeddings)")
    parser.add_argument("--work", type=Path, default=Path("build/related"), help="folder for what takes long")
    parser.add_argument("--few", type=int, default=3, help="quotes of each that the untouched encoder embeds")
    out = Path(__file__).parent / "results" / "related"
    parser.add_argument("--out", type=Path, default=out, help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
