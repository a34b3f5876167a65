"""What is changed in a C file, one thing at a time, to see whether a test notices: the operators of `make analyse T=mutation`.

A mutant is (line, what it was called, the line as it becomes). Only statements inside functions are changed: what is a comment, a text, a macro or a
table stays as it is, and what no longer compiles is left out by whoever compiles it."""

import collections
import re

Mutant = collections.namedtuple("Mutant", "number operator line")  # the number of the line, and all of it as it becomes

QUIET = re.compile(r'/\*.*?\*/|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.S)
OTHERS = [  # operator, what is found, what it becomes
    ("relation", r"(?<![<>=!\-])<(?![<=])", "<="),
    ("relation", r"(?<![<])<=", "<"),
    ("relation", r"(?<![<>\-])>(?![>=])", ">="),
    ("relation", r"(?<![>\-])>=", ">"),
    ("relation", r"==", "!="),
    ("relation", r"!=", "=="),
    ("logic", r"&&", "||"),
    ("logic", r"\|\|", "&&"),
    ("sum", r"(?<=[\w)\]]) \+ (?=[\w(&*!])", " - "),
    ("sum", r"(?<=[\w)\]]) - (?=[\w(&*!])", " + "),
    ("sum", r"\+=", "-="),
    ("sum", r"-=", "+="),
    ("sum", r"(?<=[\w)\]]) \* (?=[\w(])", " / "),
    ("step", r"\+\+", "--"),
    ("step", r"(?<!-)--(?!-)", "++"),
    ("negation", r"!(?=[\w(])(?!=)", ""),
    ("constant", r"(?<![\w.])0(?![\w.])", "1"),
    ("constant", r"\btrue\b", "false"),
    ("constant", r"\bfalse\b", "true"),
]
NUMBER = re.compile(r"(?<![\w.])([1-9]\d*)(u?l{0,2})(?![\w.])", re.I)
RETURN = re.compile(r"^(\s*(?:if \(.*\) |else )?)return (.+);(\s*(?:/\*.*)?)$")
STATEMENT = re.compile(r"^(\s+)(?!return\b|goto\b|case\b|default\b|else\b|if\b|for\b|while\b|do\b|switch\b|static\b|const\b|struct\b|_cleanup_)"
                       r"((?:\*|\()?[\w>.\[\]*()-]+(?:\(.*\)| (?:[-+|&]|<<|>>)?= .*|\+\+|--)|break|continue);(\s*(?:/\*.*)?)$")
CONDITION = re.compile(r"^(\s*(?:\} )?(?:else )?)if \((.*)\)(\s*\{?\s*(?:/\*.*)?)$")


def quiet(text):
    """Comments, texts and characters as blanks of the same length."""
    return QUIET.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def inside(lines):
    """Which lines are in the body of a function: it opens with a brace in the first column, and ends with one."""
    found, within = set(), False
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            within = True
        elif line.startswith("}"):
            within = False
        elif within and not line.lstrip().startswith(("#", "static const", "static_assert", "_Static_assert")):
            found.add(number)
    return found


def balanced(text):
    return text.count("(") == text.count(")")


def of_line(number, line, bare):
    for operator, pattern, becomes in OTHERS:
        for m in re.finditer(pattern, bare):
            yield Mutant(number, operator, line[:m.start()] + becomes + line[m.end():])
    for m in NUMBER.finditer(bare):
        yield Mutant(number, "constant", line[:m.start()] + str(int(m.group(1)) + 1) + m.group(2) + line[m.end():])
    m = RETURN.match(bare)
    if m:
        value, text = m.group(2), line[m.start(2):m.end(2)]
        for other in ("1", "-1") if value == "0" else ("0",):
            if text not in ("true", "false"):
                yield Mutant(number, "return", line[:m.start(2)] + other + line[m.end(2):])
    m = CONDITION.match(bare)
    if m and balanced(m.group(2)):
        yield Mutant(number, "condition", line[:m.start(2)] + "!(" + line[m.start(2):m.end(2)] + ")" + line[m.end(2):])
    m = STATEMENT.match(bare)
    if m and balanced(bare):
        yield Mutant(number, "removal", m.group(1) + ";" + line[m.end(2) + 1:])


def of_file(text):
    lines, bare = text.split("\n"), quiet(text).split("\n")
    for number in sorted(inside(bare)):
        seen = set()
        for mutant in of_line(number, lines[number - 1], bare[number - 1]):
            if mutant.line not in seen and mutant.line != lines[number - 1]:
                seen.add(mutant.line)
                yield mutant
