"""The record under a magic cell, for whoever reads it: as it grows, by keyboard, by ear, on paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import ADD, BROKEN, DECISION, LOAD, TOOL
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, on_any_front_end]

WHY = "The list is called `rows`."


def record(page: NotebookPage) -> Locator:
    return page.panel.locator(".creator-record")


@pytest.fixture
def rectified(model: ModelServer, open_notebook: Open) -> NotebookPage:
    """A notebook that was solved at the second attempt."""
    model.reply_with(BROKEN, DECISION, f"{WHY}\n\n{TOOL}")
    page = open_notebook([LOAD, ADD])
    page.run_all()
    page.until_idle()
    return page


def test_the_reply_is_seen_as_it_comes_and_its_end_is_in_sight(
    model: ModelServer, open_notebook: Open
) -> None:
    steps = "\n".join(f"    # step {number}" for number in range(200))
    model.reply_with(
        ScriptedReply(TOOL.replace("    rows.append", f"{steps}\n    rows.append"), pause=0.02), DECISION
    )
    page = open_notebook([LOAD, ADD])
    page.run_all()
    page.page.wait_for_function(
        """() => {
            const record = window.panelOfTheTest().node.querySelector('.creator-record');
            const [pre] = record?.querySelectorAll('pre') ?? [];
            const bottom = node => node?.getBoundingClientRect().bottom;
            const below = bottom(pre) - bottom(pre?.parentElement);
            return record?.textContent.includes('Creating a tool') && pre?.textContent.includes('step 99')
                && pre.scrollHeight > pre.parentElement.clientHeight && Math.abs(below) < 5;
        }"""
    )
    page.until_idle()
    assert "step 99" not in record(page).inner_text()


def test_time_is_seen_to_pass_while_a_model_thinks_and_while_code_is_silent(
    model: ModelServer, open_notebook: Open
) -> None:
    silent = DECISION.replace("print('adding')", "import time; time.sleep(3)")
    model.reply_with(ScriptedReply(TOOL, wait=3), silent)
    page = open_notebook([LOAD, ADD])
    page.run_all()
    record(page).get_by_text(re.compile("Creating a tool … [123456789] s")).wait_for()
    record(page).get_by_text(re.compile("Running the tool and the decision cell … [23456789] s")).wait_for()
    page.until_idle()
    assert page.panel.locator(".creator-record").count() == 1


def test_tab_reaches_everything_that_opens_and_enter_opens_it(rectified: NotebookPage) -> None:
    page, summaries = rectified.page, record(rectified).locator("summary")
    rectified.select("cell-1")
    summaries.first.focus()
    reached = []
    for _ in range(5):
        reached.append(page.evaluate("() => document.activeElement.innerText"))
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    assert reached == summaries.all_inner_texts()
    assert [text.partition(":")[0] for text in reached] == [
        "Attempt 1",
        "Sent",
        "creation",
        "decision",
        "rectification",
    ]
    assert record(rectified).locator("details[open]").count() == 5


def test_it_is_told_to_a_screen_reader_by_its_parts(rectified: NotebookPage) -> None:
    record(rectified).locator("summary").first.click()
    told = record(rectified).aria_snapshot()
    assert told.startswith('- group "Record of this solve":\n  - strong: Solved in 2 attempts · 3 calls')
    assert "- term: tool cell\n    - definition:\n      - code: " in told
    assert f'- term: diagnosis\n    - definition: "{WHY}"' in told
    assert "Sent: the problem, the form of rows, the code with its error, values withheld" in told


def test_each_step_is_announced_once(model: ModelServer, open_notebook: Open) -> None:
    # What is over in a moment is no step that anybody could follow.
    model.reply_with(
        ScriptedReply(BROKEN, pause=0.1), ScriptedReply(DECISION, wait=0.5), ScriptedReply(TOOL, wait=1.5)
    )
    page = open_notebook([LOAD, ADD])
    page.page.evaluate(
        "() => { const status = document.querySelector('[role=status].creator-magic-status');"
        " window.announced = [];"
        " new MutationObserver(() => window.announced.push(status.textContent)).observe("
        "status, {childList: true}); }"
    )
    page.run_all()
    page.until_idle()
    announced = page.page.evaluate("() => window.announced")
    steps = ["Creating a tool", "Deciding how to use it", "Rectifying (attempt 2)"]
    assert [text for text in announced[:-1] if not text.startswith("Running")] == steps
    assert re.fullmatch(r"Solved in 2 attempts · 3 calls · .* Answer: 1", announced[-1])


def test_on_paper_the_attempts_are_open_and_the_prompts_are_not(rectified: NotebookPage) -> None:
    visible = "text => text.checkVisibility({contentVisibilityAuto: true}) && text.clientHeight > 0"
    code = record(rectified).locator("dd pre").first
    prompt = record(rectified).locator("li pre").first
    assert not code.evaluate(visible)
    rectified.page.emulate_media(media="print")
    try:
        assert code.evaluate(visible)
        assert "row_list.append" in code.inner_text()
        assert not prompt.evaluate(visible)
    finally:
        rectified.page.emulate_media(media="null")
