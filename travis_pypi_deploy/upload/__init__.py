"""The legacy upload protocol: the distributions of a release are uploaded, and each gets an outcome."""

from .client import UploadClient
from .outcome import FileResult, Outcome, UploadContext
from .uploader import Uploader

__all__ = ["FileResult", "Outcome", "UploadClient", "UploadContext", "Uploader"]
