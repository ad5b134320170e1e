"""What a running cell writes and displays, gathered in order as nbformat outputs.

While a cell runs, `sys.stdout`, `sys.stderr` and the shell's display publisher belong to it, so
that its outputs go into its own cell and not under the magic that runs it.
"""

from __future__ import annotations

import base64
import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.core.displaypub import DisplayPublisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import Output

STREAM_LIMIT = 1_000_000
"""Characters that a cell may print before the rest is left out, with a notice."""


class Outputs:
    """The outputs of one cell, growing.

    Parameters
    ----------
    on_change : callable
        Called after each change, with a function that returns all outputs so far.
    """

    def __init__(self, on_change: Callable[[Callable[[], tuple[Output, ...]]], None]) -> None:
        self._on_change = on_change
        self._outputs: list[Output] = []
        self._pieces: dict[int, list[str]] = {}
        self._displayed: dict[str, list[Output]] = {}
        self._printed = 0
        self._clear_at_next = False
        self.open = True

    def write(self, name: str, text: str) -> None:
        """Append `text` to the stream `name`."""
        if not text:
            return
        if self._printed > STREAM_LIMIT:
            return
        self._make_room()
        self._printed += len(text)
        if self._printed > STREAM_LIMIT:
            kept = text[: len(text) - (self._printed - STREAM_LIMIT)]
            text = f"{kept}\n[creator-magic: the rest is left out, after {STREAM_LIMIT:,} characters]\n"
        last = self._outputs[-1] if self._outputs else None
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            last = {"output_type": "stream", "name": name, "text": ""}
            self._outputs.append(last)
            self._pieces[id(last)] = []
        # Joined only when somebody looks: a cell may print a million lines.
        self._pieces[id(last)].append(text)
        self._on_change(self.now)

    def display(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None,
        display_id: str | None = None,
        *,
        update: bool = False,
    ) -> None:
        """Add a display, or update every display of this cell that has `display_id`."""
        self._make_room()
        content = {"data": _as_json(data), "metadata": dict(metadata or {})}
        if update:
            for output in self._displayed.get(display_id or "", []):
                output.update(content)
        else:
            output = {"output_type": "display_data", **content}
            self._outputs.append(output)
            if display_id:
                self._displayed.setdefault(display_id, []).append(output)
        self._on_change(self.now)

    def display_result(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], execution_count: int | None
    ) -> None:
        """Append the value of the cell's last expression."""
        content = {"data": _as_json(data), "metadata": dict(metadata), "execution_count": execution_count}
        self.add({"output_type": "execute_result", **content})

    def add(self, output: Output) -> None:
        """Append a finished output, such as an error."""
        self._make_room()
        self._outputs.append(output)
        self._on_change(self.now)

    def clear(self, *, wait: bool) -> None:
        """Forget everything, at once or when the next output comes."""
        self._clear_at_next = wait
        if not wait:
            self._outputs.clear()
            self._on_change(self.now)

    def _make_room(self) -> None:
        if self._clear_at_next:
            self._clear_at_next = False
            self._outputs.clear()

    def now(self) -> tuple[Output, ...]:
        """Return the outputs so far."""
        for output in self._outputs:
            pieces = self._pieces.get(id(output))
            if pieces and output["output_type"] == "stream":
                output["text"] += "".join(pieces)
                pieces.clear()
        return tuple(dict(output) for output in self._outputs)

    def printed(self) -> str:
        """Return what was printed to standard output."""
        return "".join(
            o["text"] for o in self.now() if o["output_type"] == "stream" and o["name"] == "stdout"
        )


def _as_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """Put images into base64, as messages and files hold them."""
    return {
        mime: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for mime, value in data.items()
    }


class _CellStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` while a cell runs; afterwards it passes on to the real one.

    Loggers and threads that the cell started may hold it for longer than the cell runs.
    """

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outputs: Outputs, name: str, real: Any) -> None:
        self._outputs = outputs
        self.name = f"<{name}>"
        self._stream = name
        self._real = real

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            message = f"write() argument must be str, not {type(text).__name__}"
            raise TypeError(message)
        if self._outputs.open:
            self._outputs.write(self._stream, text)
        else:
            self._real.write(text)
        return len(text)

    def flush(self) -> None:
        if not self._outputs.open:
            self._real.flush()

    def fileno(self) -> int:
        return int(self._real.fileno())


class _CellPublisher(DisplayPublisher):
    """The shell's display publisher while a cell runs."""

    def __init__(self, outputs: Outputs) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cell_outputs = outputs

    def publish(  # type: ignore[override]
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        self._cell_outputs.display(data, metadata, (transient or {}).get("display_id"), update=update)

    def clear_output(self, wait: bool = False) -> None:
        self._cell_outputs.clear(wait=wait)


@contextmanager
def gathered(outputs: Outputs, shell: InteractiveShell | None) -> Iterator[None]:
    """Send what is written and displayed to `outputs`, inside the `with`."""
    real = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (
        _CellStream(outputs, "stdout", real[0]),
        _CellStream(outputs, "stderr", real[1]),
    )
    publisher = shell.display_pub if shell is not None else None
    if shell is not None:
        shell.display_pub = _CellPublisher(outputs)
    try:
        yield
    finally:
        outputs.open = False
        sys.stdout, sys.stderr = real
        if shell is not None and publisher is not None:
            shell.display_pub = publisher
