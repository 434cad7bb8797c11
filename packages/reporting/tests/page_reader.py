"""Reads the pages that tests look at."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


class Page(HTMLParser):
    """Reads a page strictly: every element opened is closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute"
        self._note(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that closes itself, as only SVG's do."""
        assert tag not in VOID
        self._note(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which has to be this one."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text that a person reads."""
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def _note(self, attributes: dict[str, str | None]) -> None:
        self.ids += [value for name, value in attributes.items() if name == "id" and value]
        self.references += (attributes.get("aria-labelledby") or "").split()
        fill = re.fullmatch(r"url\(#(.+)\)", attributes.get("fill") or "")
        self.references += [fill[1]] if fill else []


def loads(html: str) -> list[str]:
    """Return what would make a browser run a script or load something."""
    return re.findall(
        r"""<script|(?:src|href)=["'](?!data:,)[^"']*|@import|url\((?!#)[^)]*""", html
    )


def colours(html: str) -> tuple[set[str], set[str], set[str], set[str]]:
    """Return the custom properties that are used, and those set for light, dark and print."""
    style = html[html.index("<style>") : html.index("</style>")]
    light, dark, paper = (
        set(re.findall(r"(--[\w-]+):", root))
        for root in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    used = set(re.findall(r"var\((--[\w-]+)\)", style)) - {"--c"}
    return used, light, dark, paper
