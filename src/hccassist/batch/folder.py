"""Where a run writes: a folder of this machine, or one at an fsspec URL. Every file appears whole or not at all."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from hccassist.batch.find import is_url
from hccassist.batch.worker import filesystem_of
from hccassist.reading.kept import FOLDER as KEPT


class FolderError(Exception):
    """The folder cannot be used: one line that names it and the cure."""


def _write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


class Folder:
    """A results folder. ``local`` is its path, None for one at a URL."""

    def __init__(self, location: str) -> None:
        self.location = location.rstrip("/") or location
        self.local: Path | None = None if is_url(location) else Path(location)
        self._fs: Any = None
        self._root = ""
        try:
            if self.local is not None:
                self.local.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=self.local):
                    pass
            else:
                self._fs, self._root = filesystem_of(self.location)
                self._fs.makedirs(self._root, exist_ok=True)
                self.write(".writable", b"")
                self.remove(".writable")
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise FolderError(f"{location}: cannot be written ({why}); choose another --out folder") from None
        except ImportError:
            raise FolderError(
                f"{location}: needs a package that is not installed; pip install 'hccassist[s3]' or fsspec's own for it"
            ) from None
        except Exception as error:  # every store has errors of its own
            raise FolderError(
                f"{location}: cannot be written ({type(error).__name__}); check address, network and access rights"
            ) from None

    def write(self, name: str, data: bytes) -> None:
        """Writes a file; folders in its name are made, that of the kept texts for its owner only."""
        if self.local is None:
            self._fs.pipe_file(f"{self._root}/{name}", data)
            return
        path = self.local / name
        try:
            _write_whole(path, data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if path.parent.name == KEPT else 0o777)
            _write_whole(path, data)

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where there is none."""
        try:
            if self.local is not None:
                return (self.local / name).read_bytes()
            data: bytes = self._fs.cat_file(f"{self._root}/{name}")
            return data
        except FileNotFoundError:
            return None

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.local / name).exists() if self.local is not None else bool(self._fs.exists(f"{self._root}/{name}"))

    def names(self, folder: str) -> list[str]:
        """The files in a folder of this one, in name order; of a URL only."""
        with suppress(FileNotFoundError):
            return [
                f"{folder}/{path.rsplit('/', 1)[1]}" for path in sorted(self._fs.ls(f"{self._root}/{folder}", detail=False))
            ]
        return []

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""
        with suppress(FileNotFoundError):
            if self.local is not None:
                (self.local / name).unlink()
            else:
                self._fs.rm_file(f"{self._root}/{name}")

    def put(self, name: str, path: Path) -> None:
        """Moves a file of this machine here; it must lie in this folder's file system where that is this machine's."""
        if self.local is not None:
            (self.local / name).parent.mkdir(parents=True, exist_ok=True)
            path.replace(self.local / name)
        else:
            self._fs.put_file(str(path), f"{self._root}/{name}")

    def lines(self, name: str) -> IO[bytes]:
        """A file opened to read its lines."""
        if self.local is not None:
            return (self.local / name).open("rb")
        file: IO[bytes] = self._fs.open(f"{self._root}/{name}", "rb")
        return file
