// Which of VEP's consequences (INFO's CSQ) is of which alternate allele of a record.
//
// VEP does not write the allele as the record does. Of a record with an insertion or a deletion
// whose alleles all begin with the same base, that base is taken off, and nothing left is "-"
// (Ensembl VEP, "Output format", field Allele); with --minimal, all that an allele and the
// reference share is. Where ALLELE_NUM was asked for, the number says it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace essaim::genomics {

// The alternates' names, in their order.
std::vector<std::string> VepNames(std::string_view reference,
                                  const std::vector<std::string_view>& alternates);
std::vector<std::string> VepMinimalNames(std::string_view reference,
                                         const std::vector<std::string_view>& alternates);

// One consequence of a record: its Allele and its ALLELE_NUM, empty where there is none.
struct VepEntry {
  std::string_view allele, number;
};

// The places of the entries that are of alternate `allele` (from 1). Empty where that cannot be
// told: two alternates have one name, or none has it.
std::vector<std::size_t> EntriesOf(const std::vector<VepEntry>& entries, std::size_t allele,
                                   std::string_view reference,
                                   const std::vector<std::string_view>& alternates);

}  // namespace essaim::genomics
