"""CSV tables as arrays: read quickly where a file is beyond doubt, cell by cell where it is not, and never guessed at.

`reader` says in what order things happen; `bytes`, `unpack` and `lines` take the file apart, `header` finds the
columns, `plain` reads what is beyond doubt, `strict` reads or refuses the rest, `more` tells what else is wrong, and
`cache` keeps what was read.
"""

from framework.data.table.format import TableFormat
from framework.data.table.reader import Table, check_header, read_table

__all__ = ["Table", "TableFormat", "check_header", "read_table"]
