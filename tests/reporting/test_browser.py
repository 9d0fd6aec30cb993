# ruff: noqa: RUF001
"""The report in a real browser: it says what the model says, asks for nothing, and obeys no server."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_mcp.gate import decide
from pytest_mcp.model.run import Outcome, Run, Suite
from pytest_mcp.reporting.fleet import fleet
from pytest_mcp.reporting.tally import RED
from tests.needs import missing
from tests.reporting.conftest import Tab
from tests.reporting.example import big, example, hostile

Browse = Callable[..., Tab]
OPEN_ALL = "document.querySelectorAll('details').forEach(fold => fold.open = true)"


def empty() -> Run:
    return replace(example(), servers=(), cases=(), checks=(), verdict=None)


def spotless() -> Run:
    run = example()
    cases = tuple(replace(case, outcome=Outcome.PASSED, findings=(), message="") for case in run.cases)
    servers = tuple(replace(server, connected=True, problem="") for server in run.servers)
    clean = replace(run, cases=cases, servers=servers, verdict=None)
    return replace(clean, verdict=decide(clean))


def killed() -> Run:
    run = example()
    return replace(run, cases=run.cases[:300], finished_at=None, verdict=None, narrowed=("-x",))


RUNS = {"example": example, "hostile": hostile, "empty": empty, "spotless": spotless, "killed": killed}


@pytest.mark.parametrize("kind", RUNS)
def test_the_page_asks_for_nothing_and_breaks_no_rule_of_its_own(browse: Browse, kind: str) -> None:
    tab = browse(RUNS[kind]())
    tab.page.evaluate(OPEN_ALL)
    assert tab.complaints == []
    assert len(tab.requests) == 1
    assert tab.requests[0].startswith("file://")
    tab.page.evaluate("fetch('https://example.invalid/').catch(() => 0)")
    assert any("Content Security Policy" in text for text in tab.complaints), "the policy must be in force"


@pytest.mark.parametrize("kind", ["example", "spotless", "killed", "hostile"])
def test_every_number_on_the_page_is_the_models(browse: Browse, kind: str) -> None:
    run = RUNS[kind]()
    tab = browse(run)
    outcomes = Counter(case.outcome for case in run.cases)
    red = sum(outcomes[each] for each in RED)
    assert tab.number("#n-tests") == len(run.cases) == tab.number("nav a[href='#tests'] b")
    assert tab.number("#n-servers") == len({server.name for server in run.servers}) == len(tab.texts(".fleet tbody tr"))
    shown = {name: tab.number(f".facts [data-outcome='{name}']") for name in outcomes}
    assert shown == outcomes
    assert tab.number("#failures h2 .count") == red == tab.number("nav a[href='#failures'] b")
    assert _attributes(tab, ".failure", "tests") + _more(tab) == red
    assert _attributes(tab, ".server", "tests") == len(run.cases)
    assert tab.number("#recorded h2 .count") == _attributes(tab, "#recorded .listed", "count")
    assert _cells(tab) == _expected_cells(run)
    assert _totals(tab) == {suite: n for suite in Suite if (n := sum(case.suite == suite for case in run.cases))}
    assert _checks(tab) == Counter(case.check for case in run.cases)


def test_the_list_of_all_tests_agrees_with_the_banner(browse: Browse) -> None:
    run = example()
    tab = browse(run)
    outcomes = Counter(case.outcome for case in run.cases)
    options = tab.texts("#fo option")[1:]
    assert sorted(int(text.rsplit("(", 1)[1][:-1]) for text in options) == sorted(outcomes.values())
    tab.page.select_option("#fo", label=f"failed ({outcomes[Outcome.FAILED]})")
    assert len(tab.texts("#rows tr")) == outcomes[Outcome.FAILED]
    assert all("failed" in text for text in tab.texts("#rows td:first-child"))


def test_all_tests_can_be_searched_filtered_and_paged(browse: Browse) -> None:
    run = example()
    tab = browse(run)
    assert len(tab.texts("#rows tr")) == 100
    assert tab.texts("#shown") == [f"1 to 100 of {len(run.cases)}"]
    tab.page.click("#next")
    assert tab.texts("#shown") == [f"101 to 200 of {len(run.cases)}"]
    tab.page.fill("#q", "EXCEL tool-no-path-escape tool:excel_copy")
    assert len(tab.texts("#rows tr")) == 1
    tab.page.fill("#q", "")
    number = sum(case.server == "git" for case in run.cases)
    tab.page.select_option("#fs", label=f"git ({number})")
    assert tab.texts("#shown") == [f"1 to 100 of {number} ({len(run.cases)} in all)"]
    assert set(tab.texts("#rows td:nth-child(2)")) == {"git"}
    tab.page.fill("#q", "no such test")
    assert tab.texts("#shown") == [f"0 to 0 of 0 ({len(run.cases)} in all)"]


def test_the_theme_follows_the_system_until_it_is_switched(browse: Browse) -> None:
    tab = browse(example(), color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = tab.page.evaluate(background)
    tab.page.click("#theme")
    assert tab.texts("#theme") == ["Theme: light"]
    light = tab.page.evaluate(background)
    tab.page.click("#theme")
    assert tab.page.evaluate(background) == dark != light
    tab.page.reload()
    assert tab.texts("#theme") == ["Theme: dark"], "the choice is remembered"


def test_a_cell_leads_to_the_failure_and_opens_it(browse: Browse) -> None:
    tab = browse(example())
    tab.page.click(".fleet tbody tr:nth-child(2) td[data-suite='security'] a")
    opened = tab.page.evaluate("document.querySelector(location.hash).open")
    assert opened
    assert "excel" in tab.page.inner_text(":target summary")


def test_the_command_to_run_again_is_copied(browse: Browse) -> None:
    tab = browse(example(), permissions=["clipboard-read", "clipboard-write"])
    tab.page.click("#gate .copy")
    tab.page.locator("#gate .copy", has_text="Copied").wait_for()
    assert tab.page.evaluate("navigator.clipboard.readText()").endswith("--mcp-seed 281734")


def test_without_javascript_all_but_the_list_works_and_says_so(browse: Browse) -> None:
    tab = browse(example(), java_script_enabled=False)
    assert tab.page.locator("noscript p").is_visible()
    assert tab.page.locator("noscript a").get_attribute("href") == "results.ndjson"
    assert not tab.page.locator("#list").is_visible()
    assert not tab.page.locator("button").first.is_visible()
    tab.page.locator("#server-2 > summary").click()
    assert tab.page.locator("#server-2 dl").first.is_visible()


@pytest.mark.parametrize("kind", ["example", "hostile", "empty"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(browse: Browse, kind: str, width: int) -> None:
    tab = browse(RUNS[kind](), viewport={"width": width, "height": 800})
    tab.page.evaluate(OPEN_ALL)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("kind", ["example", "hostile"])
def test_texts_in_pictures_are_inside_and_apart(browse: Browse, kind: str) -> None:
    tab = browse(RUNS[kind]())
    wrong = tab.page.evaluate("""() => [...document.querySelectorAll("svg")].flatMap((svg) => {
        const view = svg.viewBox.baseVal;
        const boxes = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBBox()]);
        const outside = boxes.filter(([, b]) =>
            b.x < view.x || b.x + b.width > view.x + view.width ||
            b.y < view.y || b.y + b.height > view.y + view.height);
        const overlapping = boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) =>
            a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height - 3 && b.y < a.y + a.height - 3)
            .map(([other]) => [one, other]));
        return [...outside.map(([text]) => text), ...overlapping];
    })""")
    assert wrong == []
    assert tab.page.locator("svg text").count() > 30
    assert tab.page.locator("svg:not([role=img]), svg:not([aria-label])").count() == 0


def test_nothing_a_server_says_becomes_markup_or_steers_the_page(browse: Browse) -> None:
    tab = browse(hostile())
    tab.page.evaluate(OPEN_ALL)
    assert tab.page.locator("img, iframe, object, embed, form, base").count() == 0
    assert tab.page.locator("script").count() == 2
    assert tab.page.evaluate("[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
                             ".filter(name => name.startsWith('on') || name === 'style')") == []  # fmt: skip
    links = tab.page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert {link for link in links if not link.startswith("#")} <= {
        "results.ndjson",
        *(check.reference for check in hostile().checks),
    }
    text = tab.page.evaluate("document.documentElement.textContent")
    assert not set(text) & set("\x1b\u202e\u200b\ud800")
    assert "</script><img src=x onerror=alert(1)>" in text
    assert "‹U+202E›evil‹U+200B›‹U+D800›{{7*7}}" in text
    assert tab.complaints == []


def test_the_largest_run_stays_light_for_a_browser(
    browse: Browse, record_property: Callable[[str, object], None]
) -> None:
    tab = browse(big(50_000))
    nodes = tab.page.evaluate("document.querySelectorAll('*').length")
    record_property("dom_nodes", nodes)
    print(f"{nodes} DOM nodes at 50,000 results")
    assert nodes <= 6000
    tab.page.fill("#q", "excel")
    assert len(tab.texts("#rows tr")) == 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["example", "empty", "killed"])
def test_axe_finds_nothing(browse: Browse, scheme: str, kind: str) -> None:
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe", "install the dependency group tests")
    tab = browse(RUNS[kind](), color_scheme=scheme)
    tab.page.evaluate(OPEN_ALL)
    found = Axe().run(tab.page).response["violations"]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found] == []


def test_print_shows_what_is_folded_and_hides_what_is_clicked(browse: Browse) -> None:
    tab = browse(example())
    tab.page.emulate_media(media="print")
    assert not tab.page.locator("nav").is_visible()
    assert not tab.page.locator("#gate .copy").is_visible()
    assert tab.page.locator("#server-2 dl").first.is_visible()


def _attributes(tab: Tab, selector: str, name: str) -> int:
    return sum(tab.page.evaluate(f"[...document.querySelectorAll('{selector}')].map(e => +e.dataset.{name})"))


def _more(tab: Tab) -> int:
    return tab.number("#more-failures") if tab.page.locator("#more-failures").count() else 0


def _cells(tab: Tab) -> list[list[str]]:
    return tab.page.evaluate("""() => [...document.querySelectorAll(".fleet tbody tr")].map((row) =>
        [...row.querySelectorAll("td[data-suite] a")].map((a) => a.title))""")


def _expected_cells(run: Run) -> list[list[str]]:
    return [[cell.tally.spoken for cell in row.cells if cell.tally.total] for row in fleet(run)]


def _totals(tab: Tab) -> dict[str, int]:
    shown = tab.page.evaluate("""() => [...document.querySelectorAll("[data-total]")]
        .map((cell) => [cell.dataset.total, +cell.textContent.replace(",", "")])""")
    return {suite: number for suite, number in shown if number}


def _checks(tab: Tab) -> dict[str, int]:
    return dict(
        tab.page.evaluate("""() => [...document.querySelectorAll(".checks tbody tr")].map((row) =>
        [row.querySelector("code").textContent, [...row.querySelectorAll(".num")]
            .reduce((sum, cell) => sum + +cell.textContent, 0)])""")
    )
