// Which fields of the CDM hold text that people wrote freely, and so may name anyone.
#pragma once

#include "omop/cdm.h"

namespace essaim {

// note.note_text, and note_nlp.snippet, which is cut out of it. Short texts that a code stands
// beside (note_title, value_as_string, sig, *_source_value) are not: they are general data.
bool IsFreeText(const CdmTable& table, const CdmField& field);

}  // namespace essaim
