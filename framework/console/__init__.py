"""What a person sees: the network before training, a live view while it trains, and what it got wrong in the end.

Colours are the terminal's own sixteen, so that they fit dark and light ones; what comes from outside, names and
numbers alike, is never read as markup.
"""

from framework.console.results import print_results, report, result_line
from framework.console.text import default_console, say
from framework.console.watching import watch

__all__ = ["default_console", "print_results", "report", "result_line", "say", "watch"]
