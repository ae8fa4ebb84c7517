// How results look on this screen.
#pragma once

#include "report/terminal.h"

namespace essaim::cli {

// Width from the terminal, else from COLUMNS, else 120; colours on a terminal unless NO_COLOR is
// set; plain ASCII when the locale says another encoding than UTF-8. With `all`, every table, in
// full.
TerminalStyle ScreenStyle(int minimum_cell, bool all);

}  // namespace essaim::cli
