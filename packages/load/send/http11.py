"""Answers in HTTP/1.1, read as they come: bytes in, whole answers out. Pure, no socket.

Framing: RFC 9112, section 6.3 (https://www.rfc-editor.org/rfc/rfc9112#section-6.3).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_END: Final = b"\r\n\r\n"
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)(?: |\r|$)")
_LONGEST_HEAD: Final = 65_536
_UNTIL_CLOSED: Final = -1
_CHUNKED: Final = -2
_ONE: Final = ord("1")


class HttpError(Exception):
    """What came is no HTTP/1.1, or broke off."""


class Answer(NamedTuple):
    """A whole answer; `keeps` says whether its connection may be used again."""

    status: int
    head: bytes
    lower: bytes
    body: bytes
    keeps: bool

    def header(self, name: bytes) -> str | None:
        """Return the first header of that name, which is given as `line(NAME)`."""
        at = self.lower.find(name)
        return None if at < 0 else _value(self.head, at + len(name)).decode("latin-1")


def line(name: str) -> bytes:
    """Return how a header's line begins in a head in lower case."""
    return f"\r\n{name.lower()}:".encode()


_CONNECTION: Final = line("Connection")
_CONTENT_LENGTH: Final = line("Content-Length")
_TRANSFER_ENCODING: Final = line("Transfer-Encoding")


def _value(head: bytes, begin: int) -> bytes:
    end = head.find(b"\r\n", begin)
    return head[begin : end if end >= 0 else len(head)].strip()


class Parser:
    """Takes one answer in pieces of any size."""

    __slots__ = ("_at", "_body", "_data", "_head", "_keeps", "_length", "_lower", "_status")

    def __init__(self) -> None:
        self._data = b""
        self._status = 0
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> Answer | None:
        """Return the answer once it is whole. Raises HttpError."""
        self._data = data = self._data + data if self._data else data
        if not self._status and not self._read_head():
            return None
        if self._length >= 0:
            missing = self._at + self._length - len(self._data)
            if missing == 0:
                return self._answer(self._data[self._at :])
            if missing < 0:
                raise HttpError("more than one answer came")
            return None
        if self._length == _CHUNKED:
            return self._read_chunks()
        return None

    def end(self) -> Answer:
        """Return the answer that the end of the connection completes. Raises HttpError."""
        if self._status and self._length == _UNTIL_CLOSED:
            return self._answer(self._data[self._at :])
        if self._data:
            raise HttpError("the connection closed in the middle of an answer")
        raise HttpError("the connection closed without an answer")

    def _answer(self, body: bytes) -> Answer:
        return Answer(self._status, self._head, self._lower, body, self._keeps)

    def _read_head(self) -> bool:
        """Read the head once it is whole; interim answers (1xx) are passed over."""
        while True:
            end = self._data.find(_END)
            if end < 0:
                if len(self._data) > _LONGEST_HEAD:
                    raise HttpError("the head of the answer does not end")
                return False
            head = self._data[:end]
            found = _STATUS_LINE.match(head)
            if found is None:
                raise HttpError("the answer is no HTTP/1.1")
            status = int(found[1])
            if status >= 200:
                break
            self._data = self._data[end + 4 :]
        self._status, self._head, self._lower = status, head, head.lower()
        self._at = end + 4
        self._length = self._framing()
        self._keeps = self._length != _UNTIL_CLOSED and self._is_kept()
        return True

    def _is_kept(self) -> bool:
        at = self._lower.find(_CONNECTION)
        said = _value(self._lower, at + len(_CONNECTION)) if at >= 0 else b""
        return b"close" not in said if self._lower[7] == _ONE else b"keep-alive" in said

    def _framing(self) -> int:
        """Return the body's length, or how else its end is known."""
        lower = self._lower
        if self._status in (204, 304):
            return 0
        if _TRANSFER_ENCODING in lower:
            coding = _value(lower, lower.find(_TRANSFER_ENCODING) + len(_TRANSFER_ENCODING))
            return _CHUNKED if coding == b"chunked" else _UNTIL_CLOSED
        at = lower.find(_CONTENT_LENGTH)
        if at < 0:
            return _UNTIL_CLOSED
        given = _value(lower, at + len(_CONTENT_LENGTH))
        if not given.isdigit() or len(given) > 15 or lower.find(_CONTENT_LENGTH, at + 1) >= 0:
            raise HttpError("the answer's Content-Length is no length")
        return int(given)

    def _read_chunks(self) -> Answer | None:
        data = self._data
        while True:
            line_end = data.find(b"\r\n", self._at)
            if line_end < 0:
                return None
            size = _chunk_size(data[self._at : line_end])
            begin, end = line_end + 2, line_end + 2 + size
            if size == 0:
                return self._read_trailer(line_end)
            if len(data) < end + 2:
                return None
            if data[end : end + 2] != b"\r\n":
                raise HttpError("a chunk of the answer is longer than its size")
            self._body.append(data[begin:end])
            self._at = end + 2

    def _read_trailer(self, line_end: int) -> Answer | None:
        # The last chunk's line end and an empty line: with trailer fields in between, or at once.
        end = self._data.find(_END, line_end)
        if end < 0:
            return None
        if end + 4 < len(self._data):
            raise HttpError("more than one answer came")
        return self._answer(b"".join(self._body))


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
        raise HttpError("a chunk of the answer has no size")
    return int(digits, 16)
