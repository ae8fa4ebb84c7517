#include "base/clock.h"

#include <chrono>

namespace essaim {

std::int64_t SystemClock::NowMs() const {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace essaim
