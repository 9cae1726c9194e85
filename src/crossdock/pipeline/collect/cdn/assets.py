"""The built files, and those of earlier releases that a cached page still asks for."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from crossdock.base.errors import CrossdockError

_JAVASCRIPT = "text/javascript; charset=utf-8"


class AssetsMissing(CrossdockError):
    """The browser half was not built."""

    code: ClassVar[str] = "web_assets_missing"


class PluginFile(msgspec.Struct, frozen=True, rename="camel"):
    """What the build says of one plugin.

    Attributes:
        file: `<folder>.<hash>.js`.
        integrity: For a page that wants to check what it was given.
    """

    file: str
    bytes: int
    gzip_bytes: int
    integrity: str

    @property
    def hash(self) -> str:
        """The part of the name that tells one content from another."""
        return self.file.split(".")[-2]


class Served(msgspec.Struct, frozen=True):
    """A body in both encodings."""

    plain: bytes
    zipped: bytes
    content_type: str = _JAVASCRIPT


class Assets:
    """What can be served of the build, and what was served by earlier ones.

    Args:
        built_dir: What the build wrote.
        kept_dir: Where every chunk and plugin that this installation ever served is kept: their
            names carry a hash of their content, and a page cached since the last upgrade asks for
            the old ones. It is made if it does not exist.

    Raises:
        AssetsMissing: There is no build.
    """

    def __init__(self, built_dir: Path, kept_dir: Path) -> None:
        try:
            self.plugins: Mapping[str, PluginFile] = msgspec.json.decode(
                (built_dir / "plugins" / "manifest.json").read_bytes(), type=dict[str, PluginFile]
            )
            self.analytics = (built_dir / "analytics-next" / "analytics.min.js").read_text("utf-8")
        except OSError as error:
            raise AssetsMissing(
                f'The browser half is not built: "{error.filename}" cannot be read.',
                do="Run make web, or install the wheel, which has it inside.",
            ) from error
        self._chunks: dict[str, Served] = {}
        self._plugins_by_hash: dict[str, Served] = {}
        _keep(built_dir, kept_dir)
        # What is kept first, so that what was built takes its place.
        for root in (kept_dir, built_dir):
            self._chunks.update(_read(root / "analytics-next"))
            for name, served in _read(root / "plugins"):
                self._plugins_by_hash[name.split(".")[-2]] = served

    def chunk(self, name: str) -> Served | None:
        """Return the chunk of Analytics.js of that name, or None."""
        return self._chunks.get(name)

    def plugin(self, content_hash: str) -> Served | None:
        """Return the plugin with that hash, or None."""
        return self._plugins_by_hash.get(content_hash)


def _hashed(folder: Path) -> Iterator[Path]:
    """Yield the files whose names carry a hash of their content, and the licence beside them."""
    yield from sorted(path for path in folder.glob("*.*.js") if path.name != "analytics.min.js")
    yield from folder.glob("LICENSE.MD")


def _read(folder: Path) -> Iterator[tuple[str, Served]]:
    for path in _hashed(folder):
        plain = path.read_bytes()
        zipped = path.with_name(f"{path.name}.gz")
        yield (
            path.name,
            Served(
                plain,
                zipped.read_bytes() if zipped.exists() else gzip.compress(plain, mtime=0),
                _JAVASCRIPT if path.suffix == ".js" else "text/plain; charset=utf-8",
            ),
        )


def _keep(built_dir: Path, kept_dir: Path) -> None:
    for part in ("analytics-next", "plugins"):
        folder = kept_dir / part
        folder.mkdir(parents=True, exist_ok=True)
        for path in _hashed(built_dir / part):
            kept = folder / path.name
            if path.suffix == ".js" and not kept.exists():
                # Whole or not at all: two processes may start at once.
                partial = kept.with_suffix(".partial")
                partial.write_bytes(path.read_bytes())
                partial.replace(kept)
