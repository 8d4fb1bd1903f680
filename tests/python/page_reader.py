"""What stands on a report page, for the tests of it."""

from html.parser import HTMLParser


class PageReader(HTMLParser):
    """Tiles, tables, links and text of a page."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.tiles: dict[tuple[str, str], str] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[str] = []
        self.sections: list[str] = []
        self.scripts: dict[str, str] = {}
        self.text = ""
        self._table: list[list[str]] | None = None
        self._script: str | None = None
        self._is_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        given = dict(attrs)
        if "data-figure" in given:
            self.tiles[given["data-figure"], given.get("data-currency", "")] = given["data-value"]
        if tag == "table":
            self._table = self.tables[given["data-table"]] = []
        elif tag == "tr":
            self._table.append([])
        elif tag in ("td", "th"):
            self._is_cell = True
            self._table[-1].append("")
        elif tag == "a":
            self.links.append(given["href"])
        elif tag == "section":
            self.sections.append(given["id"])
        elif tag in ("script", "style"):
            self._script = given.get("id", tag)

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag in ("td", "th"):
            self._is_cell = False
        elif tag in ("script", "style"):
            self._script = None

    def handle_data(self, data: str) -> None:
        """Keep text where it belongs."""
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        else:
            self.text += data
            if self._is_cell:
                self._table[-1][-1] += data

    def rows(self, table: str) -> list[list[str]]:
        """Rows of a table as text, without its header."""
        return self.tables[table][1:]
