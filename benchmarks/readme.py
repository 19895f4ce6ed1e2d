"""Put the result tables into the README, so that no figure there is typed by hand.

Example:
    python benchmarks/readme.py
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from textthema.bundle import replacing

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"(<!-- begin (?P<file>\S+)(?P<sections> sections)? -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)
_HEADING = re.compile(r"#{2,} (.*)")
_TABLES_APART, _APART = re.compile(r"\n{3,}"), "\n\n"


def filled(readme: str, root: Path) -> str:
    """Replace each marked block with the tables and quoted lines of the file that it names; the rest stays there.

    Args:
        readme: Markdown with ``<!-- begin path/to/file.md -->`` … ``<!-- end -->`` blocks; with ``sections`` behind the
            path, the file's sections come whole but for pictures, their headings as bold lines.
        root: Folder that the paths start from.

    Returns:
        The Markdown with the files' present tables.
    """

    def block(match: re.Match[str]) -> str:
        lines = (root / match["file"]).read_text(encoding="utf-8").splitlines()
        rows = _sections(lines) if match["sections"] else [line for line in lines if line[:1] in ("", "|", ">")]
        return f"{match[1]}{_TABLES_APART.sub(_APART, chr(10).join(rows)).strip()}{chr(10)}<!-- end -->"

    return _BLOCK.sub(block, readme)


def _sections(lines: list[str]) -> list[str]:
    first = next((place for place, line in enumerate(lines) if _HEADING.match(line)), len(lines))
    return [_HEADING.sub(r"**\1**", line) for line in lines[first:] if not line.startswith("![")]


def main() -> int:
    """Rewrite the README."""
    path = ROOT / "README.md"
    text = filled(path.read_text(encoding="utf-8"), ROOT)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
