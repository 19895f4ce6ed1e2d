"""Pack the library into ``textthema.zip``, which the Space carries beside its app.

The Space's requirements are installed before its own files are there, so the library can't be one of them; Python
imports it from the zip instead. Packing the same sources twice gives the same file.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent / "textthema"
TARGET = HERE / "textthema.zip"
PACKED_SUFFIXES = {".py", ".typed", ".toml", ".json", ".onnx"}
LEFT_OUT = ("model", "scraping")  # the app has its model beside it, and collects nothing
_FIRST_DAY_OF_ZIP = (1980, 1, 1, 0, 0, 0)


def library_files(sources: Path = SOURCES) -> dict[str, bytes]:
    """Read what belongs into the zip.

    Args:
        sources: The package's folder.

    Returns:
        Name inside the zip → content, names sorted; caches, a model inside the package and the scraper are left out.
    """
    left_out = {sources / name for name in LEFT_OUT}
    paths = [path for path in sources.rglob("*") if path.suffix in PACKED_SUFFIXES and not left_out & {*path.parents}]
    names = {path.relative_to(sources.parent).as_posix(): path for path in paths if path.is_file()}
    return {name: names[name].read_bytes() for name in sorted(names)}


def pack(target: Path = TARGET, sources: Path = SOURCES) -> Path:
    """Write the zip, whole or not at all.

    Args:
        target: Where it goes.
        sources: The package's folder.

    Returns:
        The target.
    """
    unfinished = target.with_name(f".{target.name}.unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in library_files(sources).items():
            entry = zipfile.ZipInfo(name, date_time=_FIRST_DAY_OF_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    unfinished.replace(target)
    return target


if __name__ == "__main__":
    packed = pack()
    print(f"{packed.name}: {packed.stat().st_size:,} bytes")
