// Results for a terminal: aligned tables and curves drawn with characters.
#pragma once

#include <string>

#include "algo/result.h"
#include "report/cell_text.h"

namespace essaim {

struct TerminalStyle {
  bool unicode = true;  // box lines and braille dots; else plain ASCII
  bool colour = false;  // ANSI colours for the series of a curve and for headings
  int columns = 100;    // width of the screen, 40 to 400
  int minimum_cell = 5;
  std::size_t rows_max = 0;  // of a table; longer ones end with how many more there are. 0: all
  bool details = true;       // else tables of detail (report/detail.h) are only named
};

// Columns that do not fit the screen go into a block below, led by the same texts; a single row
// that does not fit stands upright.
std::string TableText(const ResultTable& table, const TerminalStyle& style);
// Axes with ticks and a legend; `rows` lines of plot.
std::string CurveText(const Curve& curve, const TerminalStyle& style, int rows = 16);
// Everything: label, tables, curves, notes.
std::string ResultText(const Result& result, const TerminalStyle& style);

}  // namespace essaim
