"""What the pages of the documentation say: their commands, their links and the files that they name."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from support.places import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = ("", "sh", "bash")  # info strings of code blocks that hold commands


@dataclass(frozen=True)
class Command:
    """A command line of a code block. line: in the page, counted from 1."""

    page: str
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text, comments=True)

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


@cache
def parsed(page: Path) -> list[Token]:
    """The page's blocks, parsed once for all tests."""
    return MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))


def tokens(page: Path) -> list[Token]:
    """Blocks of the page, and what is inside its lines, in reading order."""
    return [token for block in parsed(page) for token in (block, *(block.children or []))]


def commands() -> list[Command]:
    """Each command of the code blocks of all pages, once."""
    found: dict[str, Command] = {}
    for page in PAGES:
        for block in tokens(page):
            if block.type == "fence" and block.info.strip() in SHELL:
                for line, text in _lines(block):
                    found.setdefault(text, Command(str(page.relative_to(ROOT)), line, text))
    return list(found.values())


@dataclass(frozen=True)
class Block:
    """A code block that holds no commands. language: as it says after the three ticks."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> list[Block]:
    """The code blocks of all pages that are not commands."""
    return [
        Block(str(page.relative_to(ROOT)), (token.map or [0])[0] + 1, token.info.strip(), token.content)
        for page in PAGES
        for token in tokens(page)
        if token.type == "code_block" or (token.type == "fence" and token.info.strip() not in SHELL)
    ]


def _lines(block: Token) -> list[tuple[int, str]]:
    """(number in the page, command without its comment); a line that ends in a backslash goes on."""
    found: list[tuple[int, str]] = []
    first = (block.map or [0])[0] + 2
    going_on = False
    for number, line in enumerate(block.content.splitlines(), start=first):
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if going_on and found:
            found[-1] = (found[-1][0], f"{found[-1][1].removesuffix(chr(92)).strip()} {text}")
        elif text:
            found.append((number, text))
        going_on = text.endswith("\\")
    return found


def inline_code() -> list[tuple[str, str]]:
    """(page, text) of each piece of code inside a line, once."""
    found = {
        (str(page.relative_to(ROOT)), token.content): None
        for page in PAGES
        for token in tokens(page)
        if token.type == "code_inline"
    }
    return list(found)


def links() -> list[tuple[Path, str]]:
    """(page, target) of each link and picture."""
    kinds = {"link_open": "href", "image": "src"}
    return [
        (page, str(token.attrs[kinds[token.type]]))
        for page in PAGES
        for token in tokens(page)
        if token.type in kinds
    ]


def anchors(page: Path) -> set[str]:
    """Of its headings, as hosts of Markdown make them."""
    headings = [after.content for block, after in pairwise(parsed(page)) if block.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}
