"""The stream of a function's output: lines and frames, cut into log events."""

from __future__ import annotations

from emulator.lambda_.runtime.output import OutputParser
from hypothesis import given
from hypothesis import strategies as st

FRAME_TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))


@given(
    records=st.lists(
        st.tuples(st.booleans(), FRAME_TEXTS | FRAME_TEXTS.map("{}\n".format)), max_size=8
    ),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=30),
)
def test_output_is_parsed_alike_however_it_arrives(
    records: list[tuple[bool, str]], cuts: list[int]
) -> None:
    """Frames and lines come out the same whether the pipe delivers them whole or in pieces."""
    raw = b"".join(_frame(text) if framed else _plain(text) for framed, text in records)
    whole, pieces = OutputParser(), OutputParser()
    expected = [line.message for line in (*whole.feed(raw), *whole.finish())]
    seen, position, turn = [], 0, 0
    while position < len(raw):
        size = cuts[turn % len(cuts)]
        seen += [line.message for line in pieces.feed(raw[position : position + size])]
        position, turn = position + size, turn + 1
    seen += [line.message for line in pieces.finish()]
    assert seen == expected
    assert expected == [message for framed, text in records for message in _messages(framed, text)]


def _frame(text: str) -> bytes:
    raw = text.encode()
    return b"\xa5\x5a\x00\x03" + len(raw).to_bytes(4, "big") + bytes(8) + raw


def _plain(text: str) -> bytes:
    return text.encode() + b"\n"


def _messages(framed: bool, text: str) -> list[str]:
    if framed:
        return [text.removesuffix("\n")]
    return [line for line in text.split("\n") if line]
