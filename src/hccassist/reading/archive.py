"""ZIP: the charts in it, one after the other, as one chart."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath

from hccassist.reading.errors import ReadError
from hccassist.reading.limits import Limits
from hccassist.reading.merging import merged
from hccassist.reading.sniff import SUFFIXES
from hccassist.schema import Chart

_CHUNK = 1 << 20


def read_zip(data: bytes, name: str, sha256: str, limits: Limits, read: Callable[[bytes, str, Limits], Chart]) -> Chart:
    """The chart of an archive's members, by name. ``read`` reads one member. Raises ``ReadError`` where a member
    cannot be read, is itself an archive, has a path that leads out of it, or where the archive unpacks to more than ``limits``
    allow."""
    charts: list[Chart] = []
    room = limits.max_unpacked_bytes
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(".." in PurePosixPath(m.filename).parts for m in archive.infolist()):
            raise ReadError("unsafe", f"{name}: a path in the archive leads out of it; pack its files again")
        members = sorted((m for m in archive.infolist() if _is_chart(m)), key=lambda m: m.filename)
        if not members:
            raise ReadError("empty", f"{name}: no chart in the archive; put PDF or text files in it")
        if len(members) > limits.max_archive_members:
            raise ReadError("too_many_pages", f"{name}: {len(members):,} files in the archive; split it")
        if sum(member.file_size for member in members) > room:
            raise ReadError("too_large", f"{name}: unpacks to too much; split the archive")
        for member in members:
            if PurePosixPath(member.filename).suffix.lower() == ".zip":
                raise ReadError("unsupported", f"{name}: an archive within the archive; unpack it first")
            content = unpack(archive, member, room, name)
            room -= len(content)
            charts.append(read(content, f"{name}/{PurePosixPath(member.filename).name}", limits))
    return merged(charts, name, sha256)


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: int, name: str) -> bytes:
    """A member's content; raises ``ReadError`` once it grows beyond ``room`` bytes, whatever its header says."""
    if member.flag_bits & 0x1:
        raise ReadError("encrypted", f"{name}: the archive asks for a password; save a copy without one")
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > room:
                    raise ReadError("too_large", f"{name}: unpacks to too much; split the archive")
                parts.append(chunk)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
        raise ReadError("broken", f"{name}: a broken or cut off archive; export it again") from None
    except Exception as error:  # zlib.error and its kin have no common base
        if isinstance(error, ReadError):
            raise
        raise ReadError("broken", f"{name}: a broken or cut off archive; export it again") from None
    return b"".join(parts)


def _is_chart(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not member.is_dir() and not hidden and path.suffix.lower() in SUFFIXES
