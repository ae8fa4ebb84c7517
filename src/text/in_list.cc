#include "text/in_list.h"

namespace essaim::text {

bool WordList::Search(std::string_view word) const {
  const std::size_t n = word.size();
  for (std::size_t at = words_.find(word[0]);
       at != std::string_view::npos && at + n <= words_.size(); at = words_.find(word[0], at + 1)) {
    const bool whole =
        (at == 0 || words_[at - 1] == ' ') && (at + n == words_.size() || words_[at + n] == ' ');
    if (whole && words_.compare(at, n, word) == 0) return true;
  }
  return false;
}

}  // namespace essaim::text
