"""A headless Chromium, driven through its own protocol over two pipes: no driver, no port.

Tests that need it skip with a reason where no browser is installed (`chromium` below).
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), None)
AXE = Path(os.environ.get("AXE_CORE", "/nowhere"))
FLAGS = [
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--force-color-profile=srgb",
    "--disable-dev-shm-usage",
]
chromium = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
axe_core = pytest.mark.skipif(not AXE.is_file(), reason="AXE_CORE names no axe.min.js")


class Browser:
    """One browser with one tab; every message of the page and every request is kept."""

    def __init__(self, profile: Path) -> None:
        down, self._out = os.pipe()
        self._in, up = os.pipe()
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [PROGRAM, *FLAGS, *root, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
        script = f'exec "$@" 3<&{down} 4>&{up}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command, "about:blank"],
            pass_fds=(down, up),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(down)
        os.close(up)
        self._count, self._rest, self._session = itertools.count(1), b"", None
        self.events: list[dict] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params):
        """Send a command; gives its result."""
        number = next(self._count)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 16)
            assert part, "the browser is gone"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)

    def open(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self.events.clear()
        self.send("Page.navigate", url=url)
        for _ in range(600):
            if any(e.get("method") == "Page.loadEventFired" for e in self.events):
                return
            if self.run("document.readyState") == "complete" and self.run("location.href") == url:
                return
            time.sleep(0.02)
        raise AssertionError("the page does not load")

    def run(self, script: str):
        """The value of an expression in the page."""
        found = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def size(self, width: int, height: int = 900) -> None:
        """Set the window."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def scheme(self, word: str, media: str = "") -> None:
        """Set the scheme, light or dark, and the medium; none is that of the window or paper."""
        features = [{"name": "prefers-color-scheme", "value": word}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)

    def click(self, at: str) -> None:
        """Click the middle of an element."""
        x, y = self.run(
            f"(() => {{const e = document.querySelector({json.dumps(at)});"
            "e.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const b = e.getBoundingClientRect();return [b.x + b.width / 2, b.y + b.height / 2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, text: str | None = None) -> None:
        """Press a key; one of a single letter is typed."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32}
        typed = text if text is not None else {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        given = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=typed, **given)
        self.send("Input.dispatchKeyEvent", type="keyUp", **given)

    def pdf(self) -> bytes:
        """The page on A4 paper."""
        found = self.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(found["data"])

    @property
    def complaints(self) -> list[str]:
        """What the console has of errors and warnings, and exceptions."""
        self.run("0")
        found = []
        for event in self.events:
            method, given = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(given["exceptionDetails"])[:500])
            if method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
                found.append(given["entry"]["text"])
            if method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning"):
                found.append(json.dumps(given["args"])[:500])
        return found

    @property
    def requests(self) -> list[str]:
        """The URLs that were asked for, data in the page not counted."""
        urls = [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith("data:")]

    def close(self) -> None:
        """End it."""
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(20)
