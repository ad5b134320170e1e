"""A notebook as one HTML file that asks nothing of the network."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import nbconvert

from creator_magic.cells.notebook_file import read_notebook, write_output
from creator_magic.errors import NotebookError

if TYPE_CHECKING:
    from pathlib import Path

# The stock page loads RequireJS, MathJax and Mermaid from a content delivery network. Without
# them formulas and diagrams are shown as their source, and nobody learns that the page was opened.
_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock html_head_js -%}
{%- block html_head_js_mathjax -%}{%- endblock html_head_js_mathjax -%}
{%- block html_head_js_mermaidjs -%}{%- endblock html_head_js_mermaidjs -%}
"""


def write_html(notebook: Path, target: Path | None = None) -> Path:
    """Write a notebook file as one HTML file.

    Parameters
    ----------
    notebook : Path
        The notebook.
    target : Path, optional
        The HTML file; without it, beside the notebook under the same name.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    NotebookError
        If the notebook cannot be read or converted, or the file cannot be written.
    """
    target = target or notebook.with_suffix(".html")
    content, _ = read_notebook(notebook)
    # Widgets live in a script from the network; without their state nbconvert shows their text.
    content.metadata.pop("widgets", None)
    exporter = nbconvert.HTMLExporter(raw_template=_TEMPLATE, embed_images=True)
    resources = {"metadata": {"name": notebook.stem, "path": str(notebook.resolve().parent)}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of outputs that have no form for a page, which stay out
            page, _ = exporter.from_notebook_node(content, resources=resources)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise NotebookError(f"{notebook} cannot be shown as HTML: {reason}") from error
    write_output(target, page.encode("utf-8", "replace"))
    return target
