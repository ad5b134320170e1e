"""What a running cell writes and displays, gathered in order as nbformat outputs.

While a cell runs, `sys.stdout`, `sys.stderr` and the shell's display publisher belong to it, so
that its outputs go into its own cell and not under the magic that runs it. What it may come to is
limited: outputs are kept in memory, sent to the front end and written into the file.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.core.displaypub import DisplayPublisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import Output

STREAM_LIMIT = 1_000_000
"""Characters that a cell may print before the rest is left out, with a notice."""

DISPLAY_LIMIT = 10_000_000
"""Characters, encoded, that all displays of a cell may have together; more is left out, with a notice."""

NUMBER_LIMIT = 1_000
"""Outputs that a cell may have; what follows is left out, with a notice."""

_BEGINNING = 2_000
"""Characters of an overlong text that are kept."""


class Outputs:
    """The outputs of one cell, growing.

    Parameters
    ----------
    on_change : callable
        Called in the thread that made this object, after each change there, with a function that
        returns all outputs so far.

    Attributes
    ----------
    unshowable : list of Exception
        What went wrong when objects were asked how they are shown.
    """

    def __init__(self, on_change: Callable[[Callable[[], tuple[Output, ...]]], None]) -> None:
        self._on_change = on_change
        self._thread = threading.get_ident()
        # Of this kind, since an interrupt may raise while it is held, and a listener may look at once.
        self._lock = threading.RLock()
        self._outputs: list[Output] = []
        self._pieces: dict[int, list[str]] = {}
        self._sizes: dict[int, int] = {}
        self._displayed: dict[str, list[Output]] = {}
        self._printed = 0
        self._clear_at_next = False
        self.unshowable: list[Exception] = []
        self.open = True

    def write(self, name: str, text: str) -> None:
        """Append `text` to the stream `name`."""
        if not text or self._printed > STREAM_LIMIT:
            return
        with self._lock:
            self._make_room()
            last = self._outputs[-1] if self._outputs else None
            if last is None or last["output_type"] != "stream" or last["name"] != name:
                last = {"output_type": "stream", "name": name, "text": ""}
                if not self._append(last):
                    return
                self._pieces[id(last)] = []
            self._printed += len(text)
            if self._printed > STREAM_LIMIT:
                kept = text[: len(text) - (self._printed - STREAM_LIMIT)]
                text = f"{kept}\n{_notice(f'the rest is left out, after {STREAM_LIMIT:,} characters')}\n"
            # Joined only when somebody looks: a cell may print a million lines.
            self._pieces[id(last)].append(_sendable(text))
        self._changed()

    def display(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None,
        display_id: str | None = None,
        *,
        update: bool = False,
    ) -> None:
        """Add a display, or update every display of this cell that has `display_id`."""
        with self._lock:
            self._make_room()
            if update:
                for output in self._displayed.get(display_id or "", []):
                    self._sizes.pop(id(output), None)
                    self._fill(output, data, metadata)
            else:
                output = {"output_type": "display_data"}
                if self._append(output):
                    self._fill(output, data, metadata)
                    if display_id:
                        self._displayed.setdefault(display_id, []).append(output)
        self._changed()

    def display_result(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], execution_count: int | None
    ) -> None:
        """Append the value of the cell's last expression."""
        with self._lock:
            self._make_room()
            output: Output = {"output_type": "execute_result"}
            # The answer is shown, however much came before it.
            self._outputs.append(output)
            self._sizes.clear()
            self._fill(output, data, metadata)
            output["execution_count"] = execution_count
        self._changed()

    def add(self, output: Output) -> None:
        """Append a finished output, such as an error."""
        with self._lock:
            self._make_room()
            self._outputs.append(output)
        self._changed()

    def clear(self, *, wait: bool) -> None:
        """Forget everything, at once or when the next output comes."""
        with self._lock:
            self._clear_at_next = wait
            if not wait:
                self._forget()
        self._changed()

    def _make_room(self) -> None:
        if self._clear_at_next:
            self._clear_at_next = False
            self._forget()

    def _forget(self) -> None:
        self._outputs.clear()
        self._pieces.clear()
        self._sizes.clear()
        self._displayed.clear()
        self._printed = 0

    def _append(self, output: Output) -> bool:
        """Append `output`, or a notice once there are too many; return whether it was appended."""
        if len(self._outputs) < NUMBER_LIMIT:
            self._outputs.append(output)
            return True
        if len(self._outputs) == NUMBER_LIMIT:
            said = f"{_notice(f'further outputs are left out, after {NUMBER_LIMIT:,}')}\n"
            self._outputs.append({"output_type": "stream", "name": "stderr", "text": said})
        return False

    def _fill(self, output: Output, data: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> None:
        """Put `data` into a display as far as it is small enough and can be sent at all."""
        encoded = {mime: _encoded(value) for mime, value in data.items()}
        room = DISPLAY_LIMIT - sum(self._sizes.values())
        content: dict[str, Any] = {}
        left_out: list[str] = []
        for mime, (value, size) in sorted(encoded.items(), key=lambda item: item[1][1]):
            if size <= room:
                content[mime] = value
                room -= size
            else:
                left_out.append(f"{size:,} characters of {mime}")
        if left_out:
            reason = f"{', '.join(left_out)} left out; a cell may display {DISPLAY_LIMIT:,}"
            text = encoded.get("text/plain", ("", 0))[0]
            kept = f"{text[:_BEGINNING]}{' …' if len(text) > _BEGINNING else ''}\n" if text else ""
            content["text/plain"] = f"{kept}{_notice(reason)}"
        output["data"] = {mime: content[mime] for mime in data if mime in content} or content
        output["metadata"] = _encoded(dict(metadata or {}))[0] or {}
        self._sizes[id(output)] = sum(
            len(v) if isinstance(v, str) else encoded[m][1] for m, v in content.items()
        )

    def _changed(self) -> None:
        # A thread of the code's must not draw: it would do so at the same time as this one.
        if threading.get_ident() == self._thread:
            self._on_change(self.now)

    def now(self) -> tuple[Output, ...]:
        """Return the outputs so far."""
        with self._lock:
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


def _notice(reason: str) -> str:
    return f"[creator-magic: {reason}]"


def _sendable(text: str) -> str:
    """Return `text` with a mark for each lone surrogate, which neither a message nor a file can carry."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _encoded(value: Any) -> tuple[Any, int]:
    """Return a part of a display as messages and files hold it, and its size in characters."""
    if isinstance(value, bytes):
        value = base64.b64encode(value).decode("ascii")
    elif isinstance(value, str):
        value = _sendable(value)
    else:
        try:
            # There and back: later changes to a list or dict are none of what was shown.
            value = json.loads(_sendable(json.dumps(value, allow_nan=False, ensure_ascii=False)))
        except (TypeError, ValueError, RecursionError) as error:
            value = {"creator-magic": f"left out, since it is no JSON: {error}"}
        return value, len(json.dumps(value))
    return value, len(value)


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

    def __del__(self) -> None:
        """Close nothing: what any file does here flushes the real stream, which takes a thread's turn."""


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
        # IPython calls it for an object that cannot say how it is shown; in a kernel it would put an
        # error under the magic cell.
        vars(shell)["showtraceback"] = _teller(outputs)
    try:
        yield
    finally:
        outputs.open = False
        sys.stdout, sys.stderr = real
        if shell is not None and publisher is not None:
            shell.display_pub = publisher
            vars(shell).pop("showtraceback", None)


def _teller(outputs: Outputs) -> Callable[..., None]:
    """Return what takes the place of `shell.showtraceback`."""

    def tell(exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        error = exc_tuple[1] if exc_tuple else sys.exception()
        if isinstance(error, Exception):
            outputs.unshowable.append(error)
        outputs.write("stderr", "".join(traceback.format_exception_only(error)) if error else "")

    return tell
