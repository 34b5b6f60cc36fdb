"""The web page and what belongs to it, from the files that are installed with the venue."""

from __future__ import annotations

from importlib import resources

from aiohttp import web

from exchange.gateway.pages import HEADERS, Page, pages


class Dashboard:
    """Its files are read once."""

    def __init__(self) -> None:
        directory = resources.files("exchange.gateway").joinpath("dashboard")
        self._pages = pages({entry.name: entry.read_bytes() for entry in directory.iterdir() if entry.is_file()})

    async def show(self, http: web.Request) -> web.Response:
        page: Page | None = self._pages.get(http.path)
        if page is None:
            return web.Response(status=404, text="nothing here; the page is at /, the API at /api/v2 and /ws/api/v2")
        return web.Response(body=page.body, content_type=page.content_type, charset="utf-8", headers=HEADERS)
