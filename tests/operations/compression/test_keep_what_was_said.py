"""Of a long dialogue, the turns are kept that answer the query, though they seldom have its words."""

import pytest

from operations.compression import compress
from operations.compression.sizes import tokens_in
from tests.operations.compression.talk import FACTS, talk


@pytest.mark.parametrize(("asked", "answered", "query"), FACTS)
def test_an_answer_is_kept_with_its_question(asked: str, answered: str, query: str) -> None:
    text = "\n".join(f"{speaker}: {said}" for speaker, said in talk())

    compressed = compress(text, query=query, limit=int(0.2 * tokens_in(text)), reference="#E6.chat")

    assert answered in compressed.text
    assert asked in compressed.text
    assert compressed.after <= 0.2 * compressed.before


@pytest.mark.parametrize(("asked", "answered", "query"), FACTS[:2])
def test_messages_of_a_chat_are_a_dialogue_too(asked: str, answered: str, query: str) -> None:
    messages = [
        {"role": speaker, "content": said, "sent": f"2026-11-23T22:{n % 60:02d}"}
        for n, (speaker, said) in enumerate(talk())
    ]

    compressed = compress({"channel": "rolls", "messages": messages}, query=query, limit=400, reference="#E6")

    assert answered in compressed.text
    assert '"channel":"rolls"' in compressed.text
    assert [omission.reference for omission in compressed.omitted] == ["#E6.messages"]


WRITTEN = {
    "time": "{time} {name}: {said}",
    "time in brackets": "[{time}] {name}: {said}",
    "exported": "12/31/23, {time} - {name}: {said}",
    "time behind": "{name} ({time}): {said}",
    "bold": "**{name}:** {said}",
    "list": "- {name}: {said}",
    "numbered": "{number}. {name}: {said}",
    "channel": "<{name}> {said}",
    "name above": "{name}:\n{said}\n",
    "name and time above": "{name}  {time}\n{said}\n",
    "several lines": "{name}: Let me see.\nI have it here somewhere.\n{said}\nThat is all.",
    "other letters": "Østen {name}: {said}",
    "no names": "{said}",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize(("asked", "answered", "query"), FACTS)
def test_however_it_is_written(written: str, asked: str, answered: str, query: str) -> None:
    lines = [
        written.format(name=speaker, said=said, number=n + 1, time=f"{9 + n // 60:02d}:{n % 60:02d}")
        for n, (speaker, said) in enumerate(talk(400))
    ]
    text = "\n".join(lines)

    compressed = compress(text, query=query, limit=int(0.12 * tokens_in(text)))

    assert answered in compressed.text


@pytest.mark.parametrize(
    ("who", "what"),
    [("from", "value"), ("user", "message"), ("name", "body"), ("speaker", "utterance"), ("who", "said"), ("role", "")],
)
def test_whatever_its_parts_are_called(who: str, what: str) -> None:
    turns = [
        {"n": n, who: speaker, what or "content": said if what else [{"type": "text", "text": said}]}
        for n, (speaker, said) in enumerate(talk(400))
    ]
    for _, answered, query in FACTS:
        assert answered in compress(turns, query=query, limit=600).text


def test_each_turn_says_whose_it_is() -> None:
    text = "\n".join(f"{speaker}: {said}" for speaker, said in talk())

    kept = compress(text, query=FACTS[0][2], limit=300).text.splitlines()[:-1]

    assert all(line.startswith(("Ana: ", "Ben: ")) for line in kept)
    assert all(line in text for line in kept)


def test_what_was_decided_is_kept_without_being_asked_for() -> None:
    turns = talk()
    turns[40:40] = [("Ana", "Decision: we reject the Hendry roll, verdict final, threshold 0.7.")]
    text = "\n".join(f"{speaker}: {said}" for speaker, said in turns)

    assert turns[40][1] in compress(text, limit=int(0.25 * tokens_in(text))).text
