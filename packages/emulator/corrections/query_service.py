"""The corrections of a service that speaks AWS's query protocol: forms in, XML out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from emulator.corrections.serving import RefusedError
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.corrections.serving import Answer, Serve


@dataclass(frozen=True, slots=True)
class QueryCall:
    """One request; `given` is its form."""

    serve: Serve
    path: str
    headers: dict[str, str]
    given: dict[str, str]

    async def stored(self, **other: str) -> ET.Element:
        """What storage answers, to this call or to another one; raises `RefusedError`."""
        form = {"Version": self.given.get("Version", ""), **other} if other else self.given
        answer = await self.serve("POST", self.path, self.headers, urlencode(form).encode(), {})
        if answer[0] != 200:
            raise RefusedError(answer)
        return ET.fromstring(answer[2])  # noqa: S314 - written by the storage process itself


class QueryService:
    """Serves `operations` itself, each by its action, and leaves every other to `serve`."""

    def __init__(
        self,
        serve: Serve,
        namespace: str,
        operation: Callable[[str], Callable[[QueryCall], Awaitable[ET.Element]] | None],
    ) -> None:
        self._serve = serve
        self._namespace = namespace
        self._operation = operation
        ET.register_namespace("", namespace)

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        """Answer a request; what the operations refuse are answers too."""
        given = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        operation = self._operation(given.get("Action", ""))
        if operation is None:
            return await self._serve(method, path, headers, body, query)
        try:
            answer = await operation(QueryCall(self._serve, path, headers, given))
        except RefusedError as refused:
            return refused.answer
        except AwsError as error:
            return self._refusal(error)
        except KeyError as error:
            return self._refusal(AwsError("ValidationError", f"The request names no {error}"))
        return 200, {"Content-Type": "text/xml"}, ET.tostring(answer, encoding="utf-8")

    def _refusal(self, error: AwsError) -> Answer:
        told = f"<Type>Sender</Type><Code>{error.code}</Code>"
        told = f"<Error>{told}<Message>{escape(error.message)}</Message></Error>"
        text = f'<ErrorResponse xmlns="{self._namespace}">{told}</ErrorResponse>'
        return error.status, {"Content-Type": "text/xml"}, text.encode()


def element(name: str, namespace: str) -> ET.Element:
    """A new element."""
    return ET.Element(f"{{{namespace}}}{name}")
