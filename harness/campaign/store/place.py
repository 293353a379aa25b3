"""A store of whole objects by name, through fsspec. No torch."""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backbones.base.errors import UsageError, UserError, error_line
from backbones.base.plain_text import clean

# Object stores, where an object is replaced whole; elsewhere it is written beside its place and renamed.
WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"}


@dataclass(frozen=True)
class Store:
    """url: as any machine opens it. file_system: of fsspec. root: in it. All methods raise a `UserError` of
    one line where the store cannot be used."""

    url: str
    file_system: Any
    root: str

    def within(self, folder: str) -> Store:
        """A folder of it, as a store."""
        return Store(f"{self.url}/{folder}", self.file_system, self._path(folder))

    def check(self) -> None:
        """Whether it can be written, read and cleared, by an object that is gone afterwards."""
        name, sent = f"probe-{uuid.uuid4().hex}", uuid.uuid4().bytes
        self.write(name, sent)
        found = self.read(name)
        self.remove([name])
        if found != sent:
            raise UserError(f"{self.url} does not give back what was written: choose another store")

    def write(self, name: str, sent: bytes) -> None:
        self._place(name, lambda path: self.file_system.pipe_file(path, sent))

    def put(self, name: str, path: Path) -> None:
        self._place(name, lambda there: self.file_system.put_file(str(path), there))

    def read(self, name: str) -> bytes | None:
        """None where there is no such object."""
        with self._told(f"read {name}"), suppress(FileNotFoundError):
            return bytes(self.file_system.cat_file(self._path(name)))
        return None

    def get(self, name: str, path: Path) -> bool:
        """Into a file; whether there is such an object."""
        with self._told(f"read {name}"), suppress(FileNotFoundError):
            self.file_system.get_file(self._path(name), str(path))
            return True
        return False

    def names(self, folder: str) -> list[str]:
        """The last parts of the names of all objects in it."""
        with self._told(f"list {folder}"), suppress(FileNotFoundError):
            found = self.file_system.ls(self._path(folder), detail=False)
            last = (str(path).rpartition("/")[2] for path in found)
            return sorted(name for name in last if name and not name.startswith("."))
        return []

    def remove(self, names: list[str]) -> None:
        """Those that are there."""
        for name in names:
            with self._told(f"remove {name}"), suppress(FileNotFoundError):
                self.file_system.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _place(self, name: str, send: Callable[[str], object]) -> None:
        path = self._path(name)
        with self._told(f"write {name}"):
            if WHOLE & set(_protocols(self.file_system)):
                send(path)
                return
            folder = path.rpartition("/")[0]
            temporary = f"{folder}/.{uuid.uuid4().hex}"
            self.file_system.makedirs(folder, exist_ok=True)
            try:
                send(temporary)
                self.file_system.mv(temporary, path)
            except BaseException:
                with suppress(Exception):
                    self.file_system.rm_file(temporary)
                raise

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Every file system has errors of its own; what they have in common is a message."""
        try:
            yield
        except UserError:
            raise
        except FileNotFoundError as error:
            raise UserError(
                f"{self.url} is not there ({_said(error)}): create it, or correct --store"
            ) from None
        except PermissionError as error:
            raise UserError(
                f"no permission to {what} in {self.url} ({_said(error)}): give this machine credentials that "
                "may read, write, list and delete there"
            ) from None
        except Exception as error:
            raise UserError(
                f"cannot {what} in {self.url} ({_said(error)}): see whether this machine can reach it"
            ) from error


def opened(url: str) -> Store:
    """Nothing is asked of it yet. A `UsageError` for a URL that is none, or that has a password in it."""
    if (parts := _parts(url)).password:
        raise UsageError(
            f"--store {parts.scheme}://…: passwords do not belong on a command line; the package of the "
            "protocol reads them from the environment or from a file"
        )
    if "::" in url or parts.scheme == "memory":
        raise UsageError(f"--store {url}: expected one place that all machines reach, as s3://BUCKET/FOLDER")
    if not (parts.netloc or parts.path.strip()):
        raise UsageError(f"--store '{url}' names no place: expected a URL as s3://BUCKET/FOLDER, or a folder")
    if parts.scheme in ("file", "local") and parts.netloc:
        raise UsageError(f"--store {url}: a folder of this machine has three slashes, as file:///DISK/FOLDER")
    return at(url)


def at(url: str) -> Store:
    """The same for any file system, as the memory of this process; a `UsageError` where there is none."""
    if importlib.util.find_spec("fsspec") is None:
        raise UsageError(f'--store {url} needs the package fsspec: pip install "mbd-harness[store]"')
    from fsspec.core import url_to_fs

    try:
        found, root = url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        full = found.unstrip_protocol(root)
    except ImportError as error:
        how = ': pip install "mbd-harness[store]"' * url.startswith("s3")
        raise UsageError(f"--store {url}: {_said(error)}{how}") from None
    except Exception as error:
        raise UsageError(f"--store {url}: {_said(error)}; expected a URL as s3://BUCKET/FOLDER") from None
    return Store(str(full).rstrip("/"), found, str(root).rstrip("/"))


def _parts(url: str) -> Any:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise UsageError(f"--store {url}: {error}; expected a URL as s3://BUCKET/FOLDER") from None


def _protocols(file_system: Any) -> tuple[str, ...]:
    found = file_system.protocol
    return (found,) if isinstance(found, str) else tuple(found)


def _said(error: BaseException) -> str:
    return clean(error_line(error)).rstrip(".")
