"""A file becomes a Distribution: its kind, its name and version, its metadata, its contents and its hash."""

from .reading import Distribution, FileType, digest, file_type, read, stamp
from .sdists import Sdist
from .wheels import Wheel

__all__ = ["Distribution", "FileType", "Sdist", "Wheel", "digest", "file_type", "read", "stamp"]
