"""The scripted model, in a process of its own, so that it shares no interpreter with what is timed.

It speaks the protocol of tests/model_server.py, streamed, and waits for nothing. A line to its standard
input has it tell, as a line of JSON, the requests since the last time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from benchmarks.overhead.problems import reply
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.model_server import ScriptedReply


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by the characters of its messages.

    Parameters
    ----------
    head, tail : int
        Characters of the first message and of all that follow it.
    """

    head: int
    tail: int

    @property
    def characters(self) -> int:
        """All of them."""
        return self.head + self.tail


@dataclass(frozen=True, slots=True)
class ScriptedModel:
    """A scripted model that is running.

    Parameters
    ----------
    url : str
        The base URL of its endpoint.
    """

    url: str
    _said: IO[str]
    _heard: IO[str]

    def take_requests(self) -> list[Asked]:
        """Return the chat requests since the last time."""
        print(file=self._said, flush=True)
        return [Asked(head, tail) for head, tail in json.loads(self._heard.readline())]


@contextmanager
def scripted_model(module: str = "benchmarks.overhead.model") -> Iterator[ScriptedModel]:
    """Run a scripted model, as `module` does when it is run."""
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield ScriptedModel(process.stdout.readline().strip(), process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.stdout.close()


def serve(reply: Callable[[dict[str, Any]], str | ScriptedReply]) -> None:
    """Be the model until the standard input ends."""
    asked: list[tuple[int, int]] = []

    def replying(body: dict[str, Any]) -> str | ScriptedReply:
        sizes = [_characters(message.get("content")) for message in body["messages"]]
        asked.append((sizes[0], sum(sizes[1:])))
        model.requests.clear()  # it would look through all of them each time
        return reply(body)

    with ModelServer() as model:
        model.reply_by(replying)
        print(model.url, flush=True)
        for _ in sys.stdin:
            for error in model.errors:
                print(repr(error), file=sys.stderr)
            told, asked[:] = asked[:], []
            print(json.dumps(told), flush=True)


def _characters(content: Any) -> int:
    if isinstance(content, list):  # in parts, as some clients send it
        return sum(len(part.get("text", "")) for part in content)
    return len(content or "")


if __name__ == "__main__":
    serve(reply)
