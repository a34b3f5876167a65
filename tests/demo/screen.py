"""The demonstration's screen: redrawn in place on a terminal, a line now and then where the output is a file."""
import os
import shutil
import sys
import unicodedata


def width(text):
    """Columns that `text` takes: Chinese characters take two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fit(text, columns):
    """`text` cut or padded to exactly so many columns."""
    out, used = "", 0
    for c in text:
        w = width(c)
        if used + w > columns:
            break
        out += c
        used += w
    return out + " " * (columns - used)


def wrap(text, columns):
    """Lines of at most `columns`; breaks at blanks, and anywhere between Chinese characters."""
    lines, line, word = [], "", ""
    for c in text + " ":
        if c == " " or width(c) == 2:
            if width(line) + width(word) > columns:
                lines.append(line.rstrip())
                line = ""
            line += word + (c if c == " " and line + word else "")
            word = "" if c == " " else c
        else:
            word += c
    lines.append((line + word).rstrip())
    return [l for l in lines if l]


class Screen:
    BOLD, DIM, GREEN, RED, YELLOW, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[33m", "\033[0m"

    def __init__(self, out=sys.stdout):
        self.out = out
        self.live = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.colour = self.live and "NO_COLOR" not in os.environ
        if self.live:
            out.write("\033[?1049h\033[?25l")

    def paint(self, colour, text):
        return colour + text + self.PLAIN if self.colour else text

    def draw(self, lines):
        """Draws the whole page; does nothing where there is no terminal (see say)."""
        if not self.live:
            return
        columns, rows = shutil.get_terminal_size((100, 40))
        page = "".join("\033[2K%s\r\n" % line for line in lines[: rows - 1])
        self.out.write("\033[H" + page + "\033[J")
        self.out.flush()

    def say(self, text):
        """A line for those who watch a file or a pipe."""
        if not self.live:
            print(text, file=self.out, flush=True)

    def close(self):
        if self.live:
            self.live = False
            self.out.write("\033[?25h\033[?1049l")
            self.out.flush()
