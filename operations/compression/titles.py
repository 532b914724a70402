"""The title that a part of a text begins with: a heading, a short line, or a label before the first sentence."""

import re

LONGEST = 100  # characters
MOST_WORDS = 14
KINDS = "title|headline|subject|passage|document|doc|article|source|section|chapter|context|paragraph|page|item"
HEADING = re.compile(r"(?:#{1,6}\s+(\S.*?)\s*#*|=+\s*(\S.*?)\s*=+|\*\*(\S.*?)\*\*:?|__(\S.*?)__:?)")
LABEL = re.compile(r"\s*(?:\[([^\]\n]{1,78})\]:?|([^\s:.!?\[][^:.!?\n]{0,78}):)[ \t]+(?=\S)")
# What only says that a title follows: "Title:", "Passage 3:", "Document [1](Title: …)".
NUMBERED = re.compile(rf"\s*(?:{KINDS})\b[ \t]*[\[(#]?\d{{0,4}}[\])]?[ \t]*(?::[ \t]*|(?=\(title:))", re.IGNORECASE)
IN_BRACKETS = re.compile(
    r"\(title:[ \t]*([^()\n]{1,80}(?:\([^()\n]{0,40}\))?[^()\n]{0,20})\)[ \t]*:?[ \t]*", re.IGNORECASE
)
TEXT_FOLLOWS = re.compile(r"\s*(?:text|content|body|passage|abstract|summary)[ \t]*:[ \t]*(?=\S)", re.IGNORECASE)


def find(text: str, start: int, end: int) -> tuple[str, int]:
    """The title that a block begins with, and where the title ends: at ``end`` if the block is a heading alone."""
    numbered = NUMBERED.match(text, start, end)
    begin = numbered.end() if numbered else start
    if bracketed := IN_BRACKETS.match(text, begin, end):
        return bracketed[1].strip(), bracketed.end()
    line_end = text.find("\n", begin, end)
    line_end = end if line_end < 0 else line_end + 1
    if title := _in_line(text[begin:line_end], labelled=begin > start):
        follows = TEXT_FOLLOWS.match(text, line_end, end)
        return title, follows.end() if follows else line_end
    label = LABEL.match(text, start, min(end, start + LONGEST))
    return ((label[1] or label[2]).strip(), label.end()) if label and label.end() < end else ("", start)


def _in_line(whole: str, *, labelled: bool) -> str:
    """The title that a line is, if it is one."""
    if len(whole) > LONGEST + 2:
        return ""
    line = whole.strip()
    if heading := HEADING.fullmatch(line):
        return next(filter(None, heading.groups()))
    if not line or (line[-1] in '.!?:;,…"”)' and not labelled):
        return ""
    return line if len(line.split()) <= MOST_WORDS and not LABEL.match(line) else ""
