"""A notebook front end without the picture: a real kernel, driven over the real protocol.

It sends what a front end sends with each execution (the cell's id and metadata, and, if asked to,
the presence marker with the generated cells that stand under a magic cell) and gathers what
comes back as a notebook would show it.

    with LiveNotebook(env={...}) as notebook:
        ran = notebook.run("%load_ext creator_magic")
        ran = notebook.run("%%solve\\nHow big?", cell_id="a", places_cells=True)
        ran.cells, ran.error, ran.outputs
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from jupyter_client.manager import KernelManager

from creator_magic.cells.generated import KEY
from creator_magic.cells.protocol import COMM_ID, MARKER
from tests.canary import CANARY, FILE
from tests.warm_kernels import warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Cell = dict[str, Any]


@dataclass
class Ran:
    """What one execution brought."""

    status: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    payload: list[dict[str, Any]] = field(default_factory=list)
    syncs: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    updates: int = 0
    seconds: float = 0.0
    execution_count: int | None = None

    @property
    def record(self) -> dict[str, Any]:
        """The display record's metadata, as it stands in the end."""
        found = [o["metadata"][KEY] for o in self.outputs if KEY in o.get("metadata", {})]
        assert len(found) == 1, f"{len(found)} records"
        return dict(found[0])

    @property
    def cells(self) -> list[Cell]:
        """The generated cells that the record carries."""
        return list(self.record["cells"])

    def cell(self, key: str) -> Cell:
        """The generated cell in slot `key`."""
        return next(c for c in self.cells if c["metadata"][KEY]["key"] == key)

    @property
    def html(self) -> str:
        """The record's visible half."""
        return "".join(
            o["data"].get("text/html", "") for o in self.outputs if o["output_type"] == "display_data"
        )

    @property
    def error(self) -> str:
        """The text of the execution's error outputs."""
        return "\n".join("\n".join(o["traceback"]) for o in self.outputs if o["output_type"] == "error")

    @property
    def text(self) -> str:
        """Everything printed, and the plain text of every result."""
        return text_of(self.outputs)


def text_of(outputs: Sequence[Mapping[str, Any]]) -> str:
    """Everything printed, and the plain text of every result, in order."""
    parts = []
    for output in outputs:
        if output["output_type"] == "stream":
            parts.append(output["text"])
        elif "data" in output:
            parts.append(output["data"].get("text/plain", ""))
    return "".join(parts)


class LiveNotebook:
    """A kernel of its own, and a client that speaks like a front end.

    Parameters
    ----------
    env : mapping of str to str
        What its environment holds beside ours.
    cwd : str
        The folder that it works in; one of its own if None.
    cold : bool
        Whether it imports all that it needs itself.
    python : str
        The Python that it runs in, which has ipykernel; this one if empty.
    """

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        *,
        cold: bool = False,
        python: str = "",
    ) -> None:
        self._cold = cold or bool(python)
        self._python = python
        self._env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "CREATOR_"))}
        self._env.update(env or {})
        self._cwd = cwd
        self.skew = timedelta()
        self._own_folder = tempfile.TemporaryDirectory()
        (Path(self._own_folder.name) / FILE).write_text(CANARY)

    def __enter__(self) -> Self:
        # Over sockets in the file system: two kernels that start at once may choose one port.
        self.manager = KernelManager(
            kernel_name="python3", transport="ipc", ip=str(Path(self._own_folder.name) / "kernel")
        )
        if self._python:
            assert self.manager.kernel_spec is not None
            self.manager.kernel_spec.argv[0] = self._python
        if not self._cold:
            warm_up(self.manager, self._env)
        self.manager.start_kernel(env=self._env, cwd=self._cwd or self._own_folder.name)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self._own_folder.cleanup()

    def send(
        self,
        code: str,
        cell_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        standing: Sequence[Cell] = (),
        *,
        places_cells: bool = False,
        interactive: bool = False,
    ) -> str:
        """Send an execution; return its message id.

        Without `interactive` it comes from a program that nobody sits before.
        """
        sent: dict[str, Any] = {**(metadata or {}), **({"cellId": cell_id} if cell_id else {})}
        if places_cells:
            sent[MARKER] = {
                "v": 1,
                "client": "test",
                "app": "test",
                "app_version": "0",
                "path": "",
                "cells": list(standing),
                "mended": None,
            }
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": interactive,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content, metadata=sent)
        message["header"]["date"] += self.skew
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Let all that is sent meanwhile be there before the first of it runs, as in Run All."""
        pid = self.manager.provisioner.pid  # type: ignore[union-attr]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
            time.sleep(0.05)  # ZeroMQ sends in a thread of its own
        finally:
            os.kill(pid, signal.SIGCONT)

    def answer(self, text: str) -> str:
        """Wait for a question to the person, answer it, and return it."""
        question = self.client.get_stdin_msg(timeout=60)
        assert question["msg_type"] == "input_request", question
        self.client.input(text)
        return str(question["content"]["prompt"])

    def gather(self, message_id: str, timeout: float = 60.0) -> Ran:
        """Wait for an execution and gather what it brought."""
        return self.gather_all([message_id], timeout)[0]

    def gather_all(self, message_ids: Sequence[str], timeout: float = 60.0) -> list[Ran]:
        """Wait for executions that were sent in this order."""
        rans = {message_id: Ran() for message_id in message_ids}
        displays: dict[str, list[dict[str, Any]]] = {}
        waiting = set(message_ids)
        began = time.monotonic()
        while waiting:
            message = self._heard(max(0.1, timeout - (time.monotonic() - began)))
            ran = rans.get(message["parent_header"].get("msg_id", ""))
            if ran is None:
                continue
            content, kind = message["content"], message["msg_type"]
            if kind == "status" and content["execution_state"] == "idle":
                waiting.discard(message["parent_header"]["msg_id"])
                ran.seconds = time.monotonic() - began
            else:
                _take_output(ran, kind, content, displays)
        for message_id in message_ids:
            reply = self._reply(message_id)
            ran = rans[message_id]
            ran.status = reply["content"]["status"]
            ran.payload = reply["content"].get("payload", [])
            ran.execution_count = reply["content"].get("execution_count")
        return [rans[message_id] for message_id in message_ids]

    def _heard(self, timeout: float) -> dict[str, Any]:
        try:
            return dict(self.client.get_iopub_msg(timeout=timeout))
        except queue.Empty:
            asked = "asks nothing"
            with contextlib.suppress(queue.Empty):
                asked = f"asks {self.client.get_stdin_msg(timeout=0)['content']['prompt']!r}"
            raise AssertionError(f"the kernel is not done, and {asked}") from None

    def _reply(self, message_id: str) -> dict[str, Any]:
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=30)
            except queue.Empty:
                raise AssertionError("the kernel sent no reply") from None
            if reply["parent_header"].get("msg_id") == message_id:
                return dict(reply)

    def run(self, code: str, cell_id: str | None = None, timeout: float = 60.0, **sent: Any) -> Ran:
        """Send an execution and wait for it."""
        return self.gather(self.send(code, cell_id, **sent), timeout)

    def tell(self, target: str, said: Mapping[str, Any], *, busy: bool = False) -> list[dict[str, Any]]:
        """Say something on the control channel; return what came back over our line.

        A `busy` kernel goes on talking of its cell meanwhile; that is left for `gather`'s reply.
        """
        content = {"target_name": target, "creator_magic": dict(said)}
        message = self.client.session.msg("comm_info_request", content)
        self.client.control_channel.send(message)
        heard: list[dict[str, Any]] = []
        while True:
            answer = self.client.get_iopub_msg(timeout=30)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                assert busy, answer
                continue
            if answer["msg_type"] == "comm_msg":
                heard.append(answer["content"]["data"])
            elif answer["content"].get("execution_state") == "idle":
                return heard

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of `code`."""
        message_id = self.client.complete(code, len(code))
        return list(self._reply(message_id)["content"]["matches"])

    def value(self, expression: str) -> str:
        """The `repr` of an expression in the kernel."""
        ran = self.run(f"print(repr(({expression})))")
        assert ran.status == "ok", ran.error
        return ran.text.removesuffix("\n")

    def names(self) -> set[str]:
        """The person's variables, as `%who` would list them."""
        hidden = "{'In', 'Out', 'exit', 'quit', 'get_ipython', 'open'}"
        code = f"sorted(n for n in globals() if not n.startswith('_') and n not in {hidden})"
        return set(__import__("ast").literal_eval(self.value(code)))

    def restart(self) -> None:
        """Kernel > Restart Kernel; the folder and the project in it stay."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=60)

    def interrupt(self) -> None:
        """What the stop button does."""
        self.manager.interrupt_kernel()


def _take_output(
    ran: Ran, kind: str, content: dict[str, Any], displays: dict[str, list[dict[str, Any]]]
) -> None:
    """Add what a message brought to the outputs, as a notebook does."""
    if kind == "stream":
        last = ran.outputs[-1] if ran.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == content["name"]:
            last["text"] += content["text"]
        else:
            ran.outputs.append({"output_type": "stream", **content})
    elif kind == "display_data":
        output = {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
        ran.outputs.append(output)
        displays.setdefault(content.get("transient", {}).get("display_id", ""), []).append(output)
    elif kind == "update_display_data":
        ran.updates += 1
        for output in displays.get(content["transient"]["display_id"], []):
            output.update(data=content["data"], metadata=content["metadata"])
    elif kind in ("execute_result", "error"):
        ran.outputs.append({"output_type": kind, **content})
    elif kind == "comm_msg" and content["comm_id"] == COMM_ID:
        data = content["data"]
        (ran.syncs if data["op"] in ("sync", "shown") else ran.told).append(data)
