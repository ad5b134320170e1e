"""Make the moving picture at the top of the README, from a real JupyterLab and the bundled replies.

    python docs/picture.py

writes `solved-notebook.gif` beside this file. It needs what the tests need, a Chromium among it. The
replies are the demo's, written by hand; they are given as slowly as a model would say them.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from creator_magic.demo import bundled  # noqa: E402 - only now can it be found
from tests.browser.front_ends import chromium  # noqa: E402
from tests.browser.jupyter_server import JupyterServer  # noqa: E402
from tests.browser.lab import CHROMIUM_OPTIONS, NotebookPage  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = DOCS / "solved-notebook.gif"
SIZE = {"width": 900, "height": 1080}
COLOURS = 48
LAST = 5_000
"""Milliseconds that the last frame stays."""

PROBLEM = """%%solve
I put 5,000 into a savings account at 3.5% interest a year, credited every month.
After how many whole months have I got at least 7,500?"""

# For the kernel, which runs it when it starts.
PACE = """
import time
from creator_magic.model.cassette import CassetteModel

ask = CassetteModel.ask

def ask_slowly(self, question, on_text):
    def say(text):
        for end in range(0, len(text), 30):
            on_text(text[:end])
            time.sleep(0.05)
        on_text(text)
    on_text("")
    time.sleep(1.2)
    return ask(self, question, say)

CassetteModel.ask = ask_slowly
"""


class Film:
    """Frames of a notebook, each with the time for which it stays."""

    def __init__(self, page: NotebookPage) -> None:
        self._box = page.panel.locator(".jp-WindowedPanel-outer, .jp-Notebook").first.bounding_box()
        self._page = page
        self._frames: list[Image.Image] = []
        self._times: list[float] = []

    def shoot(self) -> None:
        """Take a frame, if anything has changed since the last."""
        data = self._page.page.screenshot(clip=self._box)  # type: ignore[arg-type]
        frame = Image.open(io.BytesIO(data)).convert("RGB")
        if not self._frames or frame.tobytes() != self._frames[-1].tobytes():
            self._frames.append(frame)
            self._times.append(time.monotonic())

    def shoot_until(self, holds: Callable[[], bool]) -> None:
        """Take frames until something holds."""
        while not holds():
            self.shoot()
        self.shoot()

    def write(self, target: Path) -> None:
        """Write the frames as an animation that runs for ever."""
        shown = [int(1000 * (after - at)) for at, after in zip(self._times, self._times[1:], strict=False)]
        palette = self._frames[-1].quantize(COLOURS)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames]
        frames[0].save(
            target, save_all=True, append_images=frames[1:], duration=[*shown, LAST], loop=0, optimize=True
        )


def main() -> None:
    """Run the notebook, and film it."""
    env = {
        "CREATOR_CASSETTE": str(bundled("01_quickstart.replies.jsonl")),
        "CREATOR_CASSETTE_MODE": "replay",
    }
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        server = JupyterServer(folder, env)
        startup = folder / "IPYTHONDIR" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "pace.py").write_text(PACE, "utf-8")
        with server:
            server.write("savings.ipynb", ["%load_ext creator_magic", ""])
            page = NotebookPage.in_new_tab(browser.new_context(viewport=SIZE), server)
            page.open("savings.ipynb")
            page.command("application:toggle-left-area")
            page.run("cell-0")
            page.until_idle()
            page.select("cell-1")
            page.page.keyboard.press("Enter")
            film = Film(page)
            for line in PROBLEM.splitlines(keepends=True):
                for start in range(0, len(line), 6):
                    page.page.keyboard.insert_text(line[start : start + 6])
                    film.shoot()
            page.command("notebook:run-cell")
            film.shoot_until(lambda: any("Solved in" in cell.html for cell in page.cells()))
            page.until_idle()
            film.shoot()
            page.end()
        browser.close()
    film.write(TARGET)


if __name__ == "__main__":
    main()
