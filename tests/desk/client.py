"""An agent's browser without its script: pages, forms, cookies."""

from __future__ import annotations

import html
import re
from types import TracebackType
from typing import Any, Self

import httpx

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


class DeskClient:
    def __init__(self, url: str, *, language: str = "en") -> None:
        self.http = httpx.Client(base_url=url, timeout=20, headers={"Accept-Language": language})
        self.form_token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.http.close()

    def sign_in(self, name: str, password: str) -> httpx.Response:
        page = self.http.get("/desk/sign-in")
        token = _TOKEN.findall(page.text)[0]
        form = {"name": name, "password": password, "form_token": token}
        answer = self.http.post("/desk/sign-in", data=form, follow_redirects=True)
        found = _TOKEN.findall(answer.text)
        self.form_token = found[0] if found else ""
        return answer

    def get(self, path: str) -> httpx.Response:
        return self.http.get(f"/desk{path}")

    def read(self, path: str) -> str:
        """What a page says, without its tags."""
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return words(answer.text)

    def post(self, path: str, **form: Any) -> httpx.Response:
        """Send a form as our page would."""
        return self.http.post(f"/desk{path}", data={"form_token": self.form_token, **form})


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
