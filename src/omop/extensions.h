// Tables beside the CDM's 39 that a load fills in the same way: staged, replaced, undone.
//
// image_occurrence and image_feature are the Medical Imaging extension (Park et al., "Development
// of Medical Imaging Data Standardization for Imaging-Based Observational Research: OMOP Common
// Data Model Extension", J Imaging Inform Med 37 (2024) 899-908). Tables that begin with essaim_
// are the project's own. The quality checks know the CDM's tables alone.
#pragma once

#include <span>
#include <string_view>

#include "omop/cdm.h"

namespace essaim {

std::span<const CdmTable> ExtensionTables();
// The CDM's tables in its order, then the extensions'.
std::span<const CdmTable* const> LoadedTables();
// Of both; null if there is none of that name.
const CdmTable* FindLoadedTable(std::string_view name);

}  // namespace essaim
