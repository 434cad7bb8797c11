"""Logs Insights: of its language storage knows a part; the rest is refused by name."""

from __future__ import annotations

import re

from emulator.corrections.json_service import invalid

_FIELDS = frozenset({"@timestamp", "@message", "@logStream", "@log", "@ptr"})
_STAGE = re.compile(r"""(?:'(?:\\.|[^'])*'|"(?:\\.|[^"])*"|/(?:\\.|[^/])*/|[^|])+""")
_FORMS = {
    "fields": re.compile(r"@\w+(\s*,\s*@\w+)*"),
    "filter": re.compile(
        r"@\w+\s*=\s*'(\\'|[^'])*'"
        r"|@\w+\s+like\s+/(\\.|[^/])*/i?"
        r"|toMillis\(@timestamp\)\s*(<=|>=|<|>|!=|=)\s*-?\d+"
    ),
    "sort": re.compile(r"@\w+(\s+(asc|desc))?", re.IGNORECASE),
    "limit": re.compile(r"\d+"),
}
"""What storage understands of each command; it would leave out anything else without a word."""


def check_query(query: str) -> None:
    """Refuse a query of which storage would leave something out; raises `AwsError`."""
    for stage in map(str.strip, _STAGE.findall(query)):
        if not stage:
            continue
        command, _, rest = stage.partition(" ")
        form = _FORMS.get(command.lower())
        if form is None:
            raise invalid(f"The Logs Insights command {command} is not emulated")
        if not form.fullmatch(rest.strip()):
            raise invalid(f"This form of the Logs Insights command is not emulated: {stage}")
        unknown = set(re.findall(r"@\w+", re.sub(r"'(\\'|[^'])*'|/(\\.|[^/])*/", "", rest)))
        if unknown - _FIELDS:
            named = ", ".join(sorted(unknown - _FIELDS))
            raise invalid(f"Fields that Logs Insights discovers are not emulated: {named}")
