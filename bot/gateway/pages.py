"""Serves the chat widget's files, and in the demo the wallet page that embeds it."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from bot.settings import PROJECT, Environment, Settings

_WIDGET = PROJECT / "bot" / "widget"
_DEMO_PAGE = PROJECT / "bot" / "demo_page"


def add_pages(app: FastAPI, settings: Settings) -> None:
    """`/widget/…`, and where this is a demo `/` with its files below `/demo/page`."""
    app.mount("/widget", GZipMiddleware(StaticFiles(directory=_WIDGET)), name="widget")
    if settings.env is Environment.DEMO:
        app.mount("/demo/page", StaticFiles(directory=_DEMO_PAGE), name="demo page")

        @app.get("/", include_in_schema=False)
        async def demo_page() -> FileResponse:
            return FileResponse(_DEMO_PAGE / "index.html")
