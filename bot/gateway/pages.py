"""Serves the widget's files, and in the demo the page that shows it."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from bot.settings import PROJECT, Environment, Settings

_WIDGET = PROJECT / "bot" / "widget"


def add_pages(app: FastAPI, settings: Settings) -> None:
    """`/widget/…`, and `/` where this is a demo."""
    page = _WIDGET / "index.html"
    if _WIDGET.is_dir():
        app.mount("/widget", StaticFiles(directory=_WIDGET), name="widget")
    if settings.env is Environment.DEMO and page.is_file():

        @app.get("/", include_in_schema=False)
        async def demo_page() -> FileResponse:
            return FileResponse(page)
