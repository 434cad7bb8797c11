"""Answers are read the same however they are cut, and as the standard library reads them."""

import contextlib
import io
from http.client import HTTPResponse
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from load.send.http11 import Answer, HttpError, Parser, line

names = st.sampled_from(["X-Amz-Executed-Version", "x-amzn-requestid", "Date", "Server", "X-A"])
values = st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20
).filter(str.strip)
fields = st.lists(st.tuples(names, values), max_size=4)
bodies = st.binary(max_size=80)


def chunked(body: bytes, cuts: list[int], extension: bytes, trailer: bytes) -> bytes:
    """Return a body in chunks."""
    pieces, at = [], 0
    for cut in [*sorted(c % (len(body) + 1) for c in cuts), len(body)]:
        if cut > at:
            pieces.append(b"%X%b\r\n%b\r\n" % (cut - at, extension, body[at:cut]))
            at = cut
    return b"".join(pieces) + b"0\r\n" + trailer + b"\r\n"


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bool]:
    """Draw a whole answer's bytes, and whether the end of the connection ends it."""
    status = draw(st.sampled_from([200, 202, 204, 304, 403, 429, 500]))
    version = draw(st.sampled_from(["1.1", "1.1", "1.0"]))
    phrase = draw(st.sampled_from([" OK", " Too Many Requests", " "]))
    lines = [f"{name}: {value}" for name, value in draw(fields)]
    body = draw(bodies)
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    lines += draw(st.sampled_from([[], ["Connection: close"], ["connection: Keep-Alive"]]))
    if status in (204, 304):
        body, framing = b"", "none"
    elif framing == "length":
        lines.insert(
            0, draw(st.sampled_from(["Content-Length: ", "CONTENT-LENGTH:"])) + str(len(body))
        )
    elif framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        cuts = draw(st.lists(st.integers(0, 200), max_size=4))
        extension = draw(st.sampled_from([b"", b";name=value"]))
        body = chunked(body, cuts, extension, draw(st.sampled_from([b"", b"X-T: 1\r\n"])))
    interim = draw(st.sampled_from(["", "HTTP/1.1 100 Continue\r\n\r\n"]))
    head = interim + "\r\n".join([f"HTTP/{version} {status}{phrase}", *lines]) + "\r\n\r\n"
    return head.encode() + body, framing == "close"


class Wire:
    """As much of a socket as the standard library's client reads from."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def makefile(self, _mode: str) -> io.BytesIO:
        """Return what came."""
        return self._file


def by_the_library(data: bytes) -> tuple[int, bytes, bool, str | None]:
    """Return status, body, whether the connection is kept, and a header, as http.client reads."""
    reply = HTTPResponse(cast("Any", Wire(data)), method="POST")
    reply.begin()
    kept, header = not reply.will_close, reply.headers.get("x-amzn-requestid")
    return reply.status, reply.read(), kept, header


def fed(pieces: list[bytes]) -> Answer | None:
    """Return what a parser makes of an answer in pieces; only the last may complete it."""
    parser = Parser()
    found = None
    for piece in pieces:
        assert found is None
        found = parser.feed(piece)
    return found if found is not None else parser.end()


@given(answers())
@example((b"HTTP/1.1 204 No Content\r\n\r\n", False))
def test_an_answer_is_read_as_the_standard_library_reads_it(sent: tuple[bytes, bool]) -> None:
    """Status, body, header and the connection's fate, for every kind of framing."""
    data, _ = sent
    status, body, kept, header = by_the_library(data)
    found = fed([data])
    assert found is not None
    assert (found.status, found.body, found.keeps) == (status, body, kept)
    seen = found.header(line("X-Amzn-RequestId"))
    assert seen == (header.strip() if header is not None else None)


@settings(max_examples=60)
@given(answers())
def test_an_answer_cut_anywhere_is_the_same_answer(sent: tuple[bytes, bool]) -> None:
    """Cut in two at every byte, or into single bytes, it is whole at its last byte only."""
    data, _ = sent
    whole = fed([data])
    assert fed([data[at : at + 1] for at in range(len(data))]) == whole
    for at in range(1, len(data)):
        assert fed([data[:at], data[at:]]) == whole


@given(answers(), st.integers(0))
def test_an_answer_that_breaks_off_is_an_error(sent: tuple[bytes, bool], cut: int) -> None:
    """Whatever part of it came, unless only the end of the connection could have ended it."""
    data, until_closed = sent
    part = data[: cut % len(data)]
    parser = Parser()
    assert parser.feed(part) is None or until_closed
    if until_closed and b"\r\n\r\n" in part.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n"):
        assert part.endswith(parser.end().body)
    else:
        with pytest.raises(HttpError, match="closed"):
            parser.end()


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n12",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n12\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 20_000,
    ],
)
def test_what_is_no_answer_is_an_error(data: bytes) -> None:
    """Nothing is guessed: a wrong guess would hand one event's answer to another."""
    with pytest.raises(HttpError):
        Parser().feed(data)


@given(st.binary(max_size=200), answers())
def test_no_bytes_break_the_parser(noise: bytes, sent: tuple[bytes, bool]) -> None:
    """Anything at all ends as an answer, a wait for more, or an HttpError."""
    for data in (noise, sent[0][: len(noise)] + noise):
        with contextlib.suppress(HttpError):
            Parser().feed(data)
