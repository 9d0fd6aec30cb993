"""What a reply amounts to: by what it says, not by the flag it carries."""

import json
from typing import Any

import pytest

from pytest_mcp.exercise.answers import answer_of, text_of
from pytest_mcp.model.call import Answer
from pytest_mcp.model.exchange import Arrival, Exchange


def exchange(message: Any, reason: str = "") -> Exchange:
    return Exchange(
        server="s",
        method="tools/call",
        id=1,
        sent=b"",
        sent_at=0.0,
        arrival=Arrival.REPLY if message is not None else Arrival.TIMEOUT,
        received=json.dumps(message).encode() if message is not None else None,
        message=message,
        reason=reason,
    )


def result(*texts: str, **more: Any) -> Exchange:
    return exchange({"result": {"content": [{"type": "text", "text": text} for text in texts], **more}})


@pytest.mark.parametrize(
    "text",
    [
        "Error: ENOENT: no such file or directory, open '/x'",
        "Error executing tool read: bad",
        "Failed to fetch the page: timed out",
        "Traceback (most recent call last):\n  File",
        "ValueError: invalid literal",
        "McpError: Invalid timezone",
        "Access denied - path outside allowed directories",
        "Invalid arguments for tool x",
        "Missing required parameter: path",
        "Unknown tool: x",
        "Could not resolve host",
        "❌ Error: it broke",
        "Tool execution error: nothing there",
        "Repository not found: x",
        "The file does not exist",
        '{"success": false, "message": "no"}',
        '{"status": "error"}',
        '{"error": "table is locked"}',
    ],
)
def test_an_error_in_the_text_of_a_result_is_a_disguised_refusal(text: str) -> None:
    assert answer_of(result(text)) is Answer.DISGUISED


@pytest.mark.parametrize(
    "text",
    [
        "Found 3 files with the word error",
        "no errors",
        "0 errors, 2 warnings",
        "The log says: Error: disk full",
        "Successfully wrote to /x",
        "4",
        "false",
        "No matches found",
        '{"errors": 0, "error": null, "rows": []}',
        '{"status": "ok"}',
        "Invalidated the cache",
        "Notes on failure modes",
        '["Error: one of the lines"]',
    ],
)
def test_a_result_that_speaks_of_errors_is_a_result(text: str) -> None:
    assert answer_of(result(text)) is Answer.RESULT


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", " \n", "None"])
def test_nothing_is_an_empty_answer(text: str) -> None:
    assert answer_of(result(text)) is Answer.EMPTY
    assert answer_of(exchange({"result": {"content": []}})) is Answer.EMPTY
    assert answer_of(exchange({"result": {"content": [], "structuredContent": {"result": []}}})) is Answer.EMPTY


def test_structured_content_and_images_are_something() -> None:
    assert answer_of(exchange({"result": {"content": [], "structuredContent": {"n": 0}}})) is Answer.RESULT
    assert answer_of(exchange({"result": {"content": [{"type": "image", "data": "", "mimeType": "image/png"}]}})) is (
        Answer.RESULT
    )
    assert answer_of(exchange({"result": {"content": [], "structuredContent": {"result": "Error: no"}}})) is (
        Answer.DISGUISED
    )


def test_refusals_requests_for_input_and_silence_are_told_apart() -> None:
    assert answer_of(exchange({"error": {"code": -32602, "message": "no"}})) is Answer.REFUSED
    assert answer_of(result("fine", isError=True)) is Answer.REFUSED
    assert answer_of(exchange({"result": {"resultType": "input_required", "inputRequests": {}}})) is Answer.ASKS
    assert answer_of(exchange(None, "no reply within 1 s")) is Answer.LOST
    assert answer_of(exchange({"result": "text"})) is Answer.LOST


def test_the_text_is_that_of_the_content_or_of_the_error() -> None:
    assert text_of(result("one", "two")) == "one\ntwo"
    assert text_of(exchange({"error": {"code": 1, "message": "no"}})) == "no"
    assert text_of(exchange(None, "no reply within 1 s")) == "no reply within 1 s"
    assert text_of(exchange({"result": {"content": [7, {"type": "text"}]}})) == ""


@pytest.mark.parametrize("odd", [{"result": {"content": "text"}}, {"result": []}, {"result": {"content": [None]}}, [1]])
def test_odd_results_are_no_error_of_ours(odd: Any) -> None:
    assert answer_of(exchange(odd)) in (Answer.EMPTY, Answer.LOST)
