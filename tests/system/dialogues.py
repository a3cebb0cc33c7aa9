"""Dialogues to play: `(id, [(speaker, text), …])`, the speaker being `contact` or `agent`."""

import itertools
import json
import os
import pathlib

DEMO = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "demo" / "dialogues.ndjson"

SMALL = [
    [("contact", "Hello, my parcel has not come yet."), ("agent", "Which number is on the receipt?"), ("contact", "SB-1093."),
     ("agent", "It left the depot this morning."), ("contact", "Thank you!")],
    [("contact", "Do you repair bicycles?"), ("contact", "The rear wheel is bent."), ("agent", "We do, from Monday on."),
     ("contact", "Then I will bring it on Monday."), ("agent", "See you then.")],
    [("contact", "Grüße aus Köln – gibt es den Tisch in Eiche? 🪑"), ("agent", "Ja, in zwei Breiten: 120 und 160 cm."),
     ("contact", "160 \"bitte\", mit \\ und\ttab.")],
    [("contact", "I was charged twice."), ("agent", "I am sorry. One of them will be paid back."), ("agent", "It takes three days."),
     ("contact", "All right.")],
    [("contact", "Cancel my booking, please."), ("agent", "Done.")],
    [("contact", "Are you open on Sunday?"), ("agent", "From ten to four."), ("contact", "And on holidays?"), ("agent", "Closed then."),
     ("contact", "Good to know."), ("agent", "You are welcome.")],
]


def read(path, count):
    with open(path, encoding="utf-8") as lines:
        for line in itertools.islice(lines, count):
            one = json.loads(line)
            yield str(one["id"]), [(speaker, text) for speaker, text in one["turns"]]


def some(count):
    """That many: the demo's own where they are there, else a few written here, over and over."""
    if DEMO.exists() and (found := list(read(DEMO, count))):
        written = found
    else:
        written = [(f"small{n}", turns) for n, turns in enumerate(SMALL)]
    return [(f"{name}.{n // len(written)}", turns) for n, (name, turns) in zip(range(count), itertools.cycle(written))]


def from_environment():
    """(path, at most how many) of SIGNALBOX_DIALOGUES and SIGNALBOX_DIALOGUES_COUNT, or nothing."""
    path = os.environ.get("SIGNALBOX_DIALOGUES")
    return (path, int(os.environ.get("SIGNALBOX_DIALOGUES_COUNT", "200"))) if path else None
