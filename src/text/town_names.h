// The names of towns (data/text/towns.txt) among the words of a note.
#pragma once

#include <cstddef>

#include "text/note_text.h"

namespace essaim::text {

struct TownName {
  std::size_t end = 0;  // one past its last token; 0: none begins here
  // A name that is nothing else, no word of everyday or of medicine and no given name, or a large
  // town's. "Sens", "Die", "Bath" are not plain: more than a preposition must say that a town is
  // meant.
  bool plain = false;
};

// The longest that begins at token i, whatever its letters' case; "au Mans" is Le Mans.
TownName TownNameAt(const NoteText& note, std::size_t i);

}  // namespace essaim::text
