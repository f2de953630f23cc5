"""Files of -f as parts of a message: text as a labelled block, images and PDFs as they are.

What a file is, is decided by its first bytes, not by its name.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any, BinaryIO

from .usage_error import UsageError, cannot

FILE_BYTES_MAX = 48 * 1024 * 1024
"""In base64 this is the core's default for a request, request_bytes_max."""
STDIN = "-"
Part = dict[str, Any]

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_BRANDS = {b"avif": "image/avif", b"heic": "image/heic", b"mif1": "image/heif"}


def read_part(path: str) -> Part:
    """A content part for a file; `-` is standard input."""
    if path == STDIN:
        if sys.stdin is None:
            raise UsageError("standard input is closed")
        return make_part("standard input", read_limited(sys.stdin.buffer, "standard input"))
    try:
        with Path(path).open("rb") as file:
            data = read_limited(file, path)
    except OSError as error:
        raise cannot("read", path, error) from None
    return make_part(path, data)


def make_part(name: str, data: bytes) -> Part:
    if data.startswith(b"%PDF-"):
        file = {"filename": Path(name).name, "file_data": data_url("application/pdf", data)}
        return {"type": "file", "file": file}
    image = image_type(data)
    try:
        # A text that begins with "BM" is a text.
        if image is None or image == "image/bmp":
            return text_part(name, data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if image is None:
        raise UsageError(f"cannot use {name}: it is neither text in UTF-8, nor an image, nor a PDF")
    return {"type": "image_url", "image_url": {"url": data_url(image, data)}}


def text_part(name: str, text: str) -> Part:
    """A block between two marks, so that the model knows where the file ends."""
    label = name.replace('"', "'")
    end = "" if text.endswith("\n") else "\n"
    return {"type": "text", "text": f'<file name="{label}">\n{text}{end}</file>'}


def image_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _BRANDS:
        return _BRANDS[data[8:12]]
    return next((kind for begin, kind in _IMAGES if data.startswith(begin)), None)


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def read_limited(file: BinaryIO, name: str) -> bytes:
    data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise UsageError(f"cannot use {name}: it has more than {FILE_BYTES_MAX >> 20} MiB")
    return data
