"""A working day without the mouse: every key that the console knows, and how to be rid of them."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By

from escalations.deciding.decisions import Answer
from escalations.deciding.decisions import decide as take
from escalations.models import Comment, Decision, Kind
from escalations.talk import talk
from operations import live
from operations.models import Operation
from operations.states import StepStatus
from tests.browser.conftest import CHROMIUM, DRIVER, Browser, Kept, Site, until
from tests.browser.test_console import make_failed, press_until
from tests.browser.test_decide import make_some
from tests.make import make_escalation, make_reviewer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

QUEUE = "/console/escalations"
OFF = "return document.documentElement.dataset.keys === 'off'"


class Keyboard:
    """Presses keys, and counts them."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.pressed = 0

    def __call__(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()
        self.pressed += sum(len(key) for key in keys)

    def send(self) -> None:
        """Ctrl+Enter."""
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()


@pytest.fixture
def keys(rita: Browser) -> Keyboard:
    return Keyboard(rita)


@pytest.fixture
def time_to_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the site, which starts after this."""
    monkeypatch.setenv("UNDO_SECONDS", "60")


def rows(browser: Browser) -> list[str | None]:
    """The addresses of the rows that are shown."""
    return [row.get_attribute("href") for row in browser.find_elements(By.CSS_SELECTOR, "#main .row-link")]


def focused(browser: Browser) -> str | None:
    return browser.switch_to.active_element.get_attribute("href")


def is_listed(browser: Browser) -> bool:
    """Is the list of keys open?"""
    return browser.find_element(By.ID, "keys").is_displayed()


def test_a_whole_session_takes_no_mouse(time_to_undo: None, site: Site, kept: Kept) -> None:
    browser = kept.browser("rita", site)
    keys = Keyboard(browser)
    make_some(3)
    make_escalation(message="of another reason")
    live.announcer.flush()

    sign_in(browser, keys)
    filter_the_queue(browser, keys)
    keys("j", Keys.ENTER)
    approved = decide(browser, keys, "a")
    rejected = decide(browser, keys, "x")
    keys("z")
    browser.shows("Taken back. It is in your hands again.")
    assert [str(approved), str(rejected)] == ["approve by vera", "reject by vera"]
    assert rejected.escalation_id in browser.current_url

    comment(browser, keys)
    keys("u")
    browser.shows("2 waiting in this view")
    start_a_run(browser, keys)
    sign_out(browser, keys)


def sign_in(browser: Browser, keys: Keyboard) -> None:
    vera = make_reviewer("vera")
    # The site knows the real hashers only; the tests' quick one is not among them.
    vera.password = PBKDF2PasswordHasher().encode("secret", "a-grain-of-salt-and-more")
    vera.save()
    browser.open(QUEUE)
    keys("vera", Keys.TAB, "secret", Keys.ENTER)
    browser.shows("4 waiting")
    browser.is_connected()


def filter_the_queue(browser: Browser, keys: Keyboard) -> None:
    keys("/")
    press_until(browser, "reason", attribute="name")
    keys("a step")
    press_until(browser, "primary", attribute="class")
    keys(Keys.ENTER)
    browser.shows("3 waiting in this view")


def decide(browser: Browser, keys: Keyboard, key: str) -> Decision:
    """Decide by ``key`` on the question that is open, and see the next."""
    browser.shows("Goes on without what failed", "#choices")
    browser.is_connected()
    before = browser.current_url
    keys(key)
    if key == "x":
        keys("not ours")
        keys.send()
    until(lambda: browser.current_url != before, "the next question does not come")
    browser.is_connected()  # before that its page knows no keys
    return Decision.objects.latest("created_at")


def comment(browser: Browser, keys: Keyboard) -> None:
    press_until(browser, "comment-text")
    keys("Who knows this county?")
    press_until(browser, "comment-send")
    keys(Keys.ENTER)
    browser.shows("Who knows this county?", "#comments")
    assert Comment.objects.get().author == "vera"


def start_a_run(browser: Browser, keys: Keyboard) -> None:
    keys("go")
    browser.shows("Start an operation", "#new")
    keys("gn")
    browser.shows("What shall be done?")
    keys("j", Keys.ENTER)
    browser.shows("Show the plan")
    press_until(browser, "id_p-counties_typed")
    keys("uni", Keys.ENTER)
    browser.shows("1 chosen: Union")
    keys(Keys.ENTER)
    browser.shows("The plan", "#plan")
    press_until(browser, "start")
    keys(Keys.ENTER)
    browser.shows("Started.")
    assert Operation.objects.filter(parameters__counties=["Union"]).exists()


def sign_out(browser: Browser, keys: Keyboard) -> None:
    press_until(browser, "sign-out")
    keys(Keys.ENTER)
    browser.shows("Sign in", "h1")


def test_a_plain_decision_and_the_way_to_the_next_take_three_keys(rita: Browser, keys: Keyboard) -> None:
    make_some(2)
    rita.open(f"{QUEUE}?order=oldest")
    rita.is_connected()

    keys("j", Keys.ENTER)
    rita.shows("question 0", "#state")
    rita.is_connected()
    keys("a")
    rita.shows("question 1", "#state")

    assert keys.pressed <= 3
    assert Decision.objects.get().decision == "approve"
    keys("a")  # from question to question it is one
    rita.shows("Nothing waits for you.")


def test_what_is_typed_when_the_next_question_comes_does_not_get_into_its_reason(rita: Browser, keys: Keyboard) -> None:
    make_some(2)
    rita.open(f"{QUEUE}?order=oldest")
    keys("j", Keys.ENTER)
    rita.shows("question 0", "#state")
    rita.execute_script(
        """addEventListener('htmx:afterSwap', ({ target }) => {
          if (target.id === 'main') setTimeout(() => { window.then = document.activeElement.id });
        })"""
    )

    keys("x", "not ours")
    keys.send()
    rita.shows("question 1", "#state")

    until(lambda: rita.execute_script("return window.then"), "the question did not come by htmx")
    assert rita.execute_script("return window.then") == "main"


@pytest.mark.parametrize("path", [QUEUE, "/console/operations", "/console/notices", "/console/mine"])
def test_j_and_k_walk_through_every_list(rita: Browser, keys: Keyboard, path: str) -> None:
    for escalation in make_some(3):
        talk.comment(escalation, "bob", "@rita, look")
        decided = make_escalation()
        decided.claim("rita")
        answer = Answer(Kind.APPROVE)
        take(decided, answer, who="rita", revision=decided.revision, decision_id=decided.pk)
    live.announcer.flush()
    rita.open(path)
    rita.is_connected()
    first, second, *_ = rows(rita)

    keys("jj")
    assert focused(rita) == second
    keys("k")
    assert focused(rita) == first
    keys("kj")
    assert focused(rita) == second
    keys(Keys.ENTER)
    until(lambda: not rita.current_url.endswith(path), "the row does not open")


def test_the_list_of_keys_tells_what_they_do_here(rita: Browser, keys: Keyboard) -> None:
    rita.open(f"{QUEUE}/{make_failed().pk}")
    keys("?")
    rita.shows("Retry", "#keys")
    assert "Next row" not in rita.text("#keys")

    keys("a", Keys.ESCAPE)  # nothing is decided behind the list
    rita.open(QUEUE)
    keys("?")

    rita.shows("Next row", "#keys")
    assert "Retry" not in rita.text("#keys")
    assert not Decision.objects.exists()


def test_keys_are_switched_off_and_stay_off_in_this_browser(rita: Browser, keys: Keyboard) -> None:
    escalation = make_failed()
    rita.open(QUEUE)
    keys("?")
    press_until(rita, "true", attribute="aria-pressed")
    keys(Keys.SPACE, Keys.ESCAPE)

    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.is_connected()
    keys("ragd?u")
    assert rita.execute_script(OFF)
    assert not is_listed(rita)
    assert not escalation.decisions.exists()
    rita.open("/console/notices")
    press_until(rita, "show-keys")
    keys(Keys.ENTER)
    press_until(rita, "false", attribute="aria-pressed")
    keys(Keys.SPACE, Keys.ESCAPE, "gd")

    rita.shows("Dashboard", "h1")


def test_keys_are_text_while_one_types(rita: Browser, keys: Keyboard) -> None:
    escalation = make_failed()
    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.find_element(By.ID, "id_reason").send_keys("?gqrax/u.")

    assert rita.find_element(By.ID, "id_reason").get_property("value") == "?gqrax/u."
    assert rita.current_url.endswith(escalation.pk)
    assert not is_listed(rita)
    assert not escalation.decisions.exists()


def test_the_letter_after_g_decides_nothing(rita: Browser, keys: Keyboard) -> None:
    escalation = make_failed()
    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.is_connected()

    keys("ga")

    keys("gq")
    rita.shows("Waiting for a person")
    assert not escalation.decisions.exists()


def test_x_ticks_the_row_that_has_the_focus(rita: Browser, keys: Keyboard) -> None:
    make_some(2)
    rita.open(QUEUE)

    keys("jjx")

    ticks = rita.find_elements(By.CSS_SELECTOR, "#queue tbody input[type=checkbox]")
    assert [tick.is_selected() for tick in ticks] == [False, True]


def test_the_focus_stays_when_the_page_around_it_changes(rita: Browser) -> None:
    escalation = make_failed()
    live.announcer.flush()
    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.is_connected()
    rita.execute_script("document.querySelector('#details tbody tr:nth-child(3) th a').focus()")

    escalation.operation.steps.filter(step_id="E1").update(status=StepStatus.RUNNING)
    live.announce(escalation.operation)

    rita.shows("Running", "#details")
    until(lambda: rita.switch_to.active_element.text == "E3", "the focus is lost")


def test_the_skip_link_is_first_and_leads_to_the_content(rita: Browser, keys: Keyboard) -> None:
    rita.open(QUEUE)

    keys(Keys.TAB)
    assert rita.switch_to.active_element.text == "Skip to the content"
    keys(Keys.ENTER)

    assert rita.switch_to.active_element.get_attribute("id") == "main"


def test_the_colours_change_at_once_and_are_remembered(rita: Browser) -> None:
    shown = "return getComputedStyle(document.body).backgroundColor"
    rita.open(QUEUE)
    light = rita.execute_script(shown)

    rita.click("#theme [value=dark]")
    until(lambda: rita.get_cookie("theme"), "it is not remembered")
    dark = rita.execute_script(shown)
    rita.open("/console/operations")

    assert dark != light
    assert rita.execute_script(shown) == dark
    assert rita.execute_script("return document.documentElement.dataset.theme") == "dark"
