"""SARIF: the members that the standard demands, one result for each finding, and nothing a server says has a say."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from pytest_mcp.errors import ReportError
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CheckFacts, Outcome, Run
from pytest_mcp.reporting.sarif import EVIDENCE, FINGERPRINT, sarif, write_sarif
from tests.gate.test_verdict import case, run, server
from tests.reporting.example import example

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
URI = {"type": "string", "pattern": "^[!-~]+$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "helpUri": URI,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
        "properties": {
            "type": "object",
            "properties": {"tags": {"type": "array", "uniqueItems": True, "items": {"type": "string"}}},
        },
    },
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"uri": URI, "uriBaseId": {"type": "string"}},
                },
                "region": {"type": "object", "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
        },
        "logicalLocations": {"type": "array", "uniqueItems": True, "items": {"required": ["fullyQualifiedName"]}},
    },
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "suppressions"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
            },
        },
        "properties": {"type": "object"},
    },
}
# What the standard says of the members that we write; its own schema takes a network to get.
LOG = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": URI,
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                },
                            }
                        },
                    },
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "startTimeUtc": TIME,
                                "endTimeUtc": TIME,
                                "toolExecutionNotifications": {
                                    "type": "array",
                                    "items": {"required": ["message"], "properties": {"message": TEXT, "level": LEVEL}},
                                },
                            },
                        },
                    },
                    "originalUriBaseIds": {"type": "object"},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "automationDetails": {"type": "object", "properties": {"id": {"type": "string"}}},
                    "results": {"type": "array", "items": RESULT},
                },
            },
        },
    },
}
FINDING = Finding(check="a-check", server="time", severity=Severity.HIGH, title="is wrong", element="tool:now")


def log_of(judged: Run) -> dict[str, Any]:
    log = json.loads(json.dumps(sarif(judged)))
    jsonschema_rs.validator_for(LOG).validate(log)
    (one,) = log["runs"]
    assert [one["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] for each in one["results"]] == [
        each["ruleId"] for each in one["results"]
    ]
    return one  # type: ignore[no-any-return]


def found(*findings: Finding, outcome: Outcome = Outcome.FAILED, **changes: Any) -> Run:
    return run(replace(case(outcome), findings=findings), **changes)


def result_of(finding: Finding, **changes: Any) -> dict[str, Any]:
    (result,) = log_of(found(finding, **changes))["results"]
    return result  # type: ignore[no-any-return]


def test_the_example_fleet_has_a_rule_for_each_check_and_a_result_for_each_finding() -> None:
    judged = example()
    one = log_of(judged)
    assert [rule["id"] for rule in one["tool"]["driver"]["rules"]] == sorted(check.id for check in judged.checks)
    assert len(one["results"]) == sum(len(case.findings) for case in judged.cases) > 0


def test_the_same_run_is_the_same_file_whatever_its_order() -> None:
    judged = example()
    other = replace(judged, cases=judged.cases[::-1], checks=judged.checks[::-1], servers=judged.servers[::-1])
    assert json.dumps(sarif(judged)) == json.dumps(sarif(other))


LEVELS = [("CRITICAL", "error"), ("HIGH", "error"), ("MEDIUM", "warning"), ("LOW", "note"), ("INFO", "note")]


@pytest.mark.parametrize(("severity", "level"), LEVELS)
def test_severities_are_levels(severity: str, level: str) -> None:
    assert result_of(replace(FINDING, severity=Severity[severity]))["level"] == level


def check(**changes: str) -> CheckFacts:
    whole = CheckFacts(id="a-check", suite="security", title="Is right", severity="high", reference="", remedy="mend")
    return replace(whole, **changes)


def rule_of(**changes: str) -> dict[str, Any]:
    (rule,) = log_of(run(checks=(check(**changes),)))["tool"]["driver"]["rules"]
    return rule  # type: ignore[no-any-return]


def test_a_rule_of_the_security_suite_has_its_score_and_weaknesses() -> None:
    rule = rule_of(reference="CWE-22, CWE-918; MCP server/tools")
    assert rule["shortDescription"]["text"] == "Is right"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"]["security-severity"] == "8.0"
    assert rule["properties"]["tags"] == ["mcp", "security", "external/cwe/cwe-022", "external/cwe/cwe-918"]
    assert "helpUri" not in rule


def test_a_rule_about_quality_has_none_and_an_address_is_linked() -> None:
    rule = rule_of(suite="unit", reference="https://example.org/spec")
    assert rule["helpUri"] == "https://example.org/spec"
    assert "security-severity" not in rule["properties"]
    assert rule["properties"]["tags"] == ["mcp", "unit"]
    assert "helpUri" not in rule_of(reference="javascript:alert(1)")
    assert "helpUri" not in rule_of(reference="https://example.org/a b")


def test_a_result_points_at_the_config_and_names_server_and_element() -> None:
    (location,) = result_of(FINDING)["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": ".mcp.json", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 3},
    }
    assert location["logicalLocations"] == [
        {"name": "tool:now", "fullyQualifiedName": "time/tool:now", "kind": "function"}
    ]


SOURCES = {
    "my files/a:b.json:7": {"uri": "my%20files/a%3Ab.json", "uriBaseId": "SRCROOT"},
    "/etc/mcp.json:7": {"uri": "file:///etc/mcp.json"},
    "\ud800\u202e.json:7": {"uri": "%3F%E2%80%AE.json", "uriBaseId": "SRCROOT"},
}


@pytest.mark.parametrize("source", SOURCES)
def test_any_path_is_a_uri(source: str) -> None:
    (location,) = result_of(FINDING, servers=(replace(server("time"), source=source),))["locations"]
    assert location["physicalLocation"]["artifactLocation"] == SOURCES[source]


def test_a_finding_of_an_unknown_server_has_no_place_in_a_file() -> None:
    (location,) = result_of(replace(FINDING, server="gone"))["locations"]
    assert list(location) == ["logicalLocations"]


def test_fingerprints_are_those_that_waivers_use() -> None:
    first, again = replace(FINDING, title="took 1.5 s", evidence="a"), replace(FINDING, title="took 9 s", evidence="b")
    prints = [result_of(each)["partialFingerprints"] for each in (first, again)]
    assert prints[0] == prints[1] == {FINGERPRINT: first.fingerprint}
    assert result_of(FINDING)["partialFingerprints"] != prints[0]


def test_waived_findings_are_suppressed_with_their_reason_and_no_others() -> None:
    waived = replace(FINDING, waived="mcp-waivers.toml:3: known")
    results = log_of(found(waived, replace(FINDING, title="z")))["results"]
    assert {each["message"]["text"]: each["suppressions"] for each in results} == {
        "time [tool:now]: is wrong": [
            {"kind": "external", "status": "accepted", "justification": "mcp-waivers.toml:3: known"}
        ],
        "time [tool:now]: z": [],
    }
    assert result_of(FINDING, outcome=Outcome.WAIVED)["suppressions"][0]["justification"] == "expected to fail"


def test_an_error_of_the_harness_is_no_result_and_no_success() -> None:
    broken = replace(case(Outcome.ERROR), message="\nZeroDivisionError: x\nmore")
    one = log_of(run(broken))
    (invocation,) = one["invocations"]
    assert (one["results"], invocation["executionSuccessful"]) == ([], False)
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].endswith(": ZeroDivisionError: x")
    assert log_of(run(case(Outcome.PASSED)))["invocations"][0]["executionSuccessful"] is True
    assert log_of(run(finished_at=None))["invocations"][0]["executionSuccessful"] is False


HOSTILE = [
    "\x1b[31mred\x1b[0m\x07\x00",
    "</script><script>alert(1)</script>",
    "a\u202eb\u200bc\ud800",
    "[click](http://evil.example) ]( [",
    "\n::error::owned\n",
    "x" * 1_000_000,
    "\u202e" * 1_000_000,
    "",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_servers_say_is_shown_and_never_obeyed(text: str, tmp_path: Path) -> None:
    bad = replace(
        FINDING, title=text, element=f"tool:{text}", evidence=text, expected=text, got=text, reference=text, remedy=text
    )
    judged = found(bad, project=text, command=text, servers=(replace(server("time"), name=text),))
    written = write_sarif(judged, tmp_path).read_bytes()
    assert len(written) < 30_000
    (result,) = log_of(judged)["results"]
    assert json.loads(written)["runs"][0]["results"] == [result]
    for each in _texts(sarif(judged)):
        assert not set(each) & set("\x00\x07\x1b\u202e\u200b\ud800")
    assert "\n" not in result["message"]["text"]
    assert "[click](" not in result["message"]["text"]
    assert all(len(result["properties"].get(name, "")) <= EVIDENCE for name in ("evidence", "expected", "got"))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (key, *_texts(each))]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("text", ["a-" * 500_000, "1a-" * 300_000, "0123456789abcdef" * 60_000 + "z"])
def test_a_fingerprint_of_a_long_title_takes_no_time(text: str) -> None:
    began = time.perf_counter()
    assert len(replace(FINDING, title=text).fingerprint) == 16
    assert time.perf_counter() - began < 1


def test_evidence_is_cut_and_says_so() -> None:
    properties = result_of(replace(FINDING, evidence="e" * 2001, got="g" * 2000))["properties"]
    assert (len(properties["evidence"]), properties["evidence"][-1]) == (EVIDENCE, "…")
    assert properties["got"] == "g" * 2000


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be written"):
        write_sarif(run(), tmp_path / "gone")
