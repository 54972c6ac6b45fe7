"""A headless Chromium for tests, driven through its DevTools protocol over a pair of pipes.

No driver and no network: the browser reads commands from file descriptor 3 and writes answers and events to
4, each a JSON object that ends with a zero byte (``--remote-debugging-pipe``).
Source: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Seconds that one answer may take on a machine that other work keeps busy.
PATIENCE = 240
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--no-zygote", "--remote-debugging-pipe"),
)
#: Puts the pipes where Chromium looks for them, and becomes Chromium.
_LAUNCHER = """
import fcntl, os, sys
high = [fcntl.fcntl(int(pipe), fcntl.F_DUPFD, 10) for pipe in sys.argv[1:3]]  # not where they are copied to
os.dup2(high[0], 3)
os.dup2(high[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def chromium() -> str | None:
    """The path of a Chromium: the one that ``make test-all`` fetched, else an installed one."""
    fetched = os.environ.get("TEST_CHROMIUM", "")
    names = (fetched, "chromium", "chromium-browser", "chromium-headless-shell")
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Page:
    """One page of a browser of its own; use it with ``with``.

    Attributes:
        problems: what the page logged as an error, exceptions that it did not catch, and anything that its
            content security policy refused.
        requests: addresses that it asked for.

    Args:
        executable: path of Chromium.
        folder: an empty folder for its profile.
    """

    def __init__(self, executable: str, folder: Path) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._loaded: set[str] = set()
        self._buffer = bytearray()
        self._number = 0
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()
        options = [*_OPTIONS, f"--user-data-dir={folder}"]
        libraries = [str(Path(executable).parent / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCHER, str(commands), str(answers), executable, *options],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder), "LD_LIBRARY_PATH": ":".join(filter(None, libraries))},
        )
        os.close(commands)
        os.close(answers)
        target = self._call("Target.createTarget", {"url": "about:blank"}, "")["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True}, "")
        self._session: str = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self._call("Page.setLifecycleEventsEnabled", {"enabled": True})

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def open(self, address: str) -> None:
        """Load *address* anew and wait until it has loaded."""
        # only leaving a page makes the same address with another fragment a new load
        for step in ("about:blank", address):
            loader = self._call("Page.navigate", {"url": step})["loaderId"]
            while loader not in self._loaded:
                self._receive()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript *expression* in the page.

        Raises:
            RuntimeError: it threw.
        """
        answer = self._call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def emulate(
        self, *, scheme: str = "light", media: str = "screen", width: int = 1000, height: int = 800
    ) -> None:
        """Set the colour scheme, the medium and the size of the window in pixels."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", {"media": media, "features": features})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", size)

    def screenshot(self) -> bytes:
        """A PNG of what the window shows."""
        return base64.b64decode(self._call("Page.captureScreenshot", {"format": "png"})["data"])

    def pdf(self) -> bytes:
        """The page as it prints, as a PDF."""
        return base64.b64decode(self._call("Page.printToPDF", {"printBackground": False})["data"])

    # --- the protocol

    def _call(
        self, method: str, parameters: Mapping[str, Any] | None = None, session: str | None = None
    ) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": dict(parameters or {})}
        if session is None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _receive(self) -> Mapping[str, Any]:
        """The next message; what an event says is noted."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(until - time.monotonic(), 0))
            read = os.read(self._from, 1 << 16) if ready else b""
            if not read:
                raise RuntimeError("Chromium did not answer" if not ready else "Chromium stopped")
            self._buffer += read
        text, _, rest = self._buffer.partition(b"\0")
        self._buffer = bytearray(rest)
        message: Mapping[str, Any] = json.loads(text)
        if "method" in message:
            self._note(message["method"], message["params"])
        return message

    def _note(self, method: str, about: Mapping[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.problems.append(about["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            self.problems.append(str(about["args"]))
        elif method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.problems.append(about["entry"]["text"])
        elif method == "Page.lifecycleEvent" and about["name"] == "load":
            self._loaded.add(about["loaderId"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
