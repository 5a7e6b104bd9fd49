"""A terminal small enough to be sure of: what stands on the screen once all that was written has had its effect."""

import re

UP, ERASE_LINE, HIDE, SHOW = "A", "2K", "?25l", "?25h"
PIECES = re.compile(r"\x1b\[([0-9;?]*[a-zA-Z])|(\r\n|\r|\n)|([^\x1b\r\n]+)")
COLOUR = re.compile(r"[0-9;]*m")


class Screen:
    """Lines of any number, of a terminal of `height`: what has scrolled out at the top can't be written any more.

    Knows colours, which it drops, and the four commands of a live view; anything else raises ValueError.
    """

    def __init__(self, height: int = 1000) -> None:
        self.lines = [""]
        self.height = height
        self.cursor_shown = True
        self.most_erased = 0
        """Lines of the highest thing that was ever taken away again."""
        self._row = self._column = 0

    def write(self, text: str) -> None:
        end = 0
        for piece in PIECES.finditer(text):
            if piece.start() != end:
                raise ValueError(f"got {text[end : piece.start()]!r}; expected what a live view writes")
            end = piece.end()
            command, line_end, words = piece.groups()
            if command is not None:
                self._obey(command)
            elif line_end is not None:
                self._break(line_end)
            else:
                line = self.lines[self._row].ljust(self._column)
                self.lines[self._row] = line[: self._column] + words + line[self._column + len(words) :]
                self._column += len(words)
        if end != len(text):
            raise ValueError(f"got {text[end:]!r}; expected what a live view writes")

    def _break(self, line_end: str) -> None:
        if "\n" in line_end:
            self._row += 1
            if self._row == len(self.lines):
                self.lines.append("")
        self._column = 0  # a terminal's driver makes \r\n of \n

    def _obey(self, command: str) -> None:
        if command.endswith(UP):
            self._row -= int(command[:-1] or 1)
            if self._row < len(self.lines) - self.height:
                raise ValueError("got a cursor above the top of the screen")
            self.most_erased = max(self.most_erased, len(self.lines) - self._row)
        elif command == ERASE_LINE:
            self.lines[self._row] = ""
        elif command in (HIDE, SHOW):
            self.cursor_shown = command == SHOW
        elif not COLOUR.fullmatch(command):
            raise ValueError(f"got the command {command!r}; expected one of a live view")

    @property
    def text(self) -> str:
        """What stands there, without blanks at the ends of lines, and without empty lines at the end."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n")


def screen_of(written: str, height: int = 1000) -> Screen:
    screen = Screen(height)
    screen.write(written)
    return screen
