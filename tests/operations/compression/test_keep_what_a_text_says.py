"""Of a text that is too long, the whole sentences that say most to the query are kept, and where the rest is."""

import pytest

from operations.compression import compress
from operations.compression.sentences import passages, spans
from operations.compression.sizes import tokens_in
from operations.evidence import resolve

ARTICLES = {
    "Coral Ridge": [
        "Coral Ridge is a subdivision in the north of the county.",
        "Its plat was recorded in 1951.",
        "The first houses were sold by Miles Hartwell, who had bought the land from the railway.",
        "A yacht basin was added later.",
    ],
    "Miles Hartwell": [
        "Miles Hartwell (1899-1974) was a developer and banker.",
        "He was born in Macon, the son of a grocer.",
        "After the war he founded the Hartwell Trust, which lent to builders.",
        "He is buried in Lauderdale.",
    ],
    "Sawgrass Lake": [
        "Sawgrass Lake is a shallow lake in the west.",
        "It is known for its birds, and for its mosquitoes.",
        "A boardwalk of a mile leads around it.",
        "The county bought the land in 1978 for a park.",
    ],
    "Homestead exemption": [
        "The homestead exemption lowers the taxable value of a home.",
        "It must be claimed by the first of March.",
        "Who moves may take part of the saving along.",
        "Rented homes do not qualify.",
    ],
    "Orange Blossom Trail": [
        "The trail is a road of four lanes.",
        "It was built for trucks that carried oranges.",
        "Its bridges were renewed in 1999 and again in 2014.",
        "The toll was lifted in between.",
    ],
}
TWO_HOPS = "Where was the man born who sold the first houses in Coral Ridge?"
THIRD = 0.33


def _written(style: str) -> str:
    return "\n\n".join(style.format(title=title, text=" ".join(its)) for title, its in ARTICLES.items())


STYLES = [
    "{title}\n{text}",
    "## {title}\n\n{text}",
    "== {title} ==\n{text}",
    "**{title}**\n{text}",
    "{title}: {text}",
    "[{title}] {text}",
    "Title: {title}\nText: {text}",
    "Passage 3: {title}\n{text}",
    "Document [2](Title: {title}) {text}",
]
SHAPES = {
    "objects": [{"title": title, "text": " ".join(its)} for title, its in ARTICLES.items()],
    "by name": {title: " ".join(its) for title, its in ARTICLES.items()},
    "sentences by name": ARTICLES,
    "pairs": [[title, its] for title, its in ARTICLES.items()],
    "side by side": {"title": list(ARTICLES), "sentences": list(ARTICLES.values())},
    "texts alone": [f"{title}. {' '.join(its)}" for title, its in ARTICLES.items()],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_documents_are_weighed_together_in_whatever_shape_they_come(shape: object) -> None:
    compressed = compress(shape, query=TWO_HOPS, limit=190, reference="#E2")

    assert ARTICLES["Coral Ridge"][2] in compressed.text
    assert ARTICLES["Miles Hartwell"][1] in compressed.text
    assert "mosquitoes" not in compressed.text
    assert compressed.after <= 190
    assert [omission.reference for omission in compressed.omitted] == ["#E2"]


@pytest.mark.parametrize("style", STYLES)
def test_both_halves_of_a_question_are_answered(style: str) -> None:
    text = _written(style)
    limit = int(0.45 * tokens_in(text))

    compressed = compress(text, query=TWO_HOPS, limit=limit, reference="#E3.text")

    assert ARTICLES["Coral Ridge"][2] in compressed.text
    assert ARTICLES["Miles Hartwell"][1] in compressed.text
    assert "Miles Hartwell" in compressed.text  # the title says who "he" is
    assert compressed.after <= limit


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("By which date must the homestead exemption be claimed?", "It must be claimed by the first of March."),
        ("When did the county buy Sawgrass Lake?", "The county bought the land in 1978 for a park."),
        ("When was the plat of Coral Ridge recorded?", "Its plat was recorded in 1951."),
        ("When were the bridges of the trail renewed?", "Its bridges were renewed in 1999 and again in 2014."),
    ],
)
def test_the_sentence_that_answers_is_kept_whole(query: str, answer: str) -> None:
    text = _written("{title}\n{text}")

    kept = compress(text, query=query, limit=int(THIRD * tokens_in(text))).text

    assert answer in kept


def test_no_sentence_is_cut_and_their_order_stays() -> None:
    text = _written("{title}\n{text}")

    kept = compress(text, query=TWO_HOPS, limit=120).text.splitlines()[:-1]

    known = [sentence for its in ARTICLES.values() for sentence in its]
    shown = [part.strip() for line in kept if line not in ARTICLES for part in line.split("…")]
    places = [text.index(part) for part in shown if part]
    assert places == sorted(places)
    for part in filter(None, shown):
        assert any(part.startswith(sentence) for sentence in known)
        assert any(part.endswith(sentence) for sentence in known)


def test_what_is_left_out_is_counted_and_can_be_looked_up() -> None:
    result = {"county": "Broward", "report": _written("{title}\n{text}")}

    compressed = compress(result, query=TWO_HOPS, limit=150, reference="#E4")

    assert '"county":"Broward"' in compressed.text
    [omission] = compressed.omitted
    assert omission.reference == "#E4.report"
    assert f"[… {omission.what} left out: #E4.report]" in compressed.text
    assert resolve(omission.reference, {"E4": result}.__getitem__) == result["report"]


def test_documents_in_a_list_are_weighed_together() -> None:
    documents = [
        {"id": f"doc-{n}", "title": title, "text": " ".join(its)} for n, (title, its) in enumerate(ARTICLES.items())
    ]

    compressed = compress(documents, query=TWO_HOPS, limit=160, reference="#E2")

    assert "who had bought the land from the railway" in compressed.text
    assert "born in Macon" in compressed.text
    assert "doc-0" in compressed.text
    assert "mosquitoes" not in compressed.text
    assert compressed.after <= 160


def test_without_a_query_the_text_speaks_for_itself() -> None:
    text = _written("{title}\n{text}")

    first, second = compress(text, limit=110), compress(text, limit=110)

    assert first == second
    assert 60 <= first.after <= 110


def test_without_a_limit_a_text_stays_as_it_is() -> None:
    text = _written("{title}\n{text}")

    assert compress(text, query=TWO_HOPS).text == text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith of Acme Inc. paid $1.5 million in Jan. 2020. Then he left.", 2),
        ("He met H.D. Gowda in the U.S. It rained.", 2),
        ('"Is it?" she asked. "No!" He went.', 4),
        ("One… two. Three", 2),
        ("E1 failed: no such file.\nE2 completed.\nE3 waits", 3),
        ("See https://a.example/x.y?z=1.2 for more. Bye.", 2),
        ("今日は。元気\uff1f", 2),
        ("", 0),
        ("x" * 3000, 3),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: int) -> None:
    found = list(spans(text, 0, len(text)))

    assert len(found) == sentences
    assert "".join(text[start:end] for start, end in found) == text


def test_titles_are_told_from_text() -> None:
    text = "# Rolls\n\nThey are large. They are many.\n\nSales\nSales are small.\n\nNote: none. At all."

    assert [(one.title, len(one.sentences)) for one in passages(text)] == [
        ("Rolls", 0), ("Rolls", 2), ("Sales", 1), ("Note", 2)
    ]  # fmt: skip
