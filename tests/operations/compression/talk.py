"""A long talk about loading rolls, made up: its answers do not repeat the words of their questions."""

import random

# What was asked, what was answered, and what somebody wants to know later.
FACTS = [
    (
        "Which day does the appraiser of Hendry publish?",
        "Second Tuesday, usually around noon.",
        "When does Hendry publish its roll?",
    ),
    (
        "Who signs off the exemption changes now?",
        "Marisol, since Pete retired.",
        "Who approves exemption changes?",
    ),
    (
        "How many rows did the quarantine of Glades end up with?",
        "1,318, all of them without a sale price.",
        "How many rows were in the quarantine of Glades?",
    ),
    (
        "What was the password rotation for the portal again?",
        "Every 45 days, they mail us before.",
        "How often is the portal password rotated?",
    ),
    (
        "Which server has the parcel maps?",
        "The old one under Jim's desk, gis-04.",
        "Where are the parcel maps kept?",
    ),
]
SMALL_TALK = [
    ("Did you see the rain this morning?", "Yes, the whole parking lot was a lake."),
    ("The coffee machine is broken.", "Again? I will bring tea from home."),
    ("I am still on the Collier files.", "Take your time, nobody waits for them."),
    ("Lunch at the Cuban place?", "Sure, but not before one."),
    ("My build is slow today.", "Mine too, it is the antivirus I think."),
    ("The import of Lee went through.", "Good, then we can close that one."),
    ("Have you read the new layout guide?", "Only the first page, it is long."),
    ("Traffic on the causeway was awful.", "I took the bridge and was early."),
    ("The weekend was too short.", "They always are."),
    ("Somebody moved the printer.", "It is in the hall now."),
]


def talk(turns: int = 240, seed: int = 7) -> list[tuple[str, str]]:
    """(speaker, what was said), with each fact's question and answer somewhere among small talk."""
    chance = random.Random(seed)
    pairs = [chance.choice(SMALL_TALK) for _ in range(turns // 2 - len(FACTS))]
    for number, (asked, answered, _) in enumerate(FACTS):
        pairs.insert((2 * number + 1) * len(pairs) // (2 * len(FACTS)), (asked, answered))
    return [(speaker, said) for pair in pairs for speaker, said in zip(("Ana", "Ben"), pair, strict=True)]
