"""Packed files: refused, unless all that they hold is known to be small, flat and what it says it is."""

import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from core.formats.errors import Code, InputError, clip

MOST_MEMBERS: Final = 20
MOST_BYTES: Final = 200_000_000  # unpacked, all together
MOST_RATIO: Final = 100  # unpacked to packed
_RATIO_FROM: Final = 1_000_000  # bytes; below it no ratio can do harm
_BLOCK: Final = 1 << 20
_SECRET: Final = 0x1  # flag of a member that needs a password
_SIGNATURES: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
ZIP: Final = b"PK\x03\x04"


def packed_as(first: bytes) -> str | None:
    """How a file is packed, by its first bytes; None for one that is not, and for a ZIP, which may be a workbook."""
    return next((name for sign, name in _SIGNATURES.items() if first.startswith(sign)), None)


def refused(file: str, reason: str) -> InputError:
    """The error for a packed file."""
    return InputError(Code.ARCHIVE_REFUSED, file, 0, f"the archive is not unpacked: {reason}", hint="drop the files")


def check(path: Path, file: str, *, members: int = MOST_MEMBERS, nested: bool = False) -> InputError | None:
    """Why a ZIP is not to be unpacked, found by unpacking it into nothing; None when it may be.

    Args: `members` it may have at most; `nested` False refuses archives within it.
    """
    try:
        with ZipFile(path) as archive:
            return _check(archive, file, members, nested=nested)
    except (BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as wrong:
        return refused(file, f"it is damaged ({clip(type(wrong).__name__)})")


def _check(archive: ZipFile, file: str, most: int, *, nested: bool) -> InputError | None:
    listed = archive.infolist()
    if len(listed) > most:
        return refused(file, f"{len(listed):,} files in it, at most {most}")
    left = MOST_BYTES
    for member in listed:
        reason = _bad_name(member) or ("it needs a password" if member.flag_bits & _SECRET else None)
        if reason is None:
            size, reason = _unpacked(archive, member, left, nested=nested)
            left -= size
        if reason is not None:
            return refused(file, reason)
    return None


def _bad_name(member: ZipInfo) -> str | None:
    parts = PurePosixPath(member.filename.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in member.filename:
        return f"'{clip(member.filename)}' leads out of it"
    return None


def _unpacked(archive: ZipFile, member: ZipInfo, left: int, *, nested: bool) -> tuple[int, str | None]:
    """How many bytes a member really has, read block by block; it may say anything of itself."""
    size = 0
    with archive.open(member) as stream:
        while block := stream.read(_BLOCK):
            if not size and not nested and (block.startswith(ZIP) or packed_as(block)):
                return size, f"'{clip(member.filename)}' is an archive itself"
            size += len(block)
            if size > left:
                return size, f"more than {MOST_BYTES:,} bytes unpacked"
            if size > _RATIO_FROM and size > MOST_RATIO * max(1, member.compress_size):
                return size, f"'{clip(member.filename)}' is more than {MOST_RATIO} times its packed size"
    return size, None


def unpack(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a ZIP that was checked."""
    with ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, archive.read(member)
