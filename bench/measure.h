// Time and peak memory of a stretch of a bench. Linux.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/check.h"

namespace essaim {

// Begins when it is made.
class Stretch {
 public:
  Stretch() : wall_(std::chrono::steady_clock::now()), cpu_(Cpu()) {}

  // The process's peak of resident memory begins anew from what it has now: proc(5).
  static void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
  }

  // Of all threads: what a loaded machine does not change much.
  double CpuSeconds() const { return Cpu() - cpu_; }

  static double PeakMegabytes() {
    std::ifstream in("/proc/self/status");
    std::string word;
    double kib = 0;
    while (in >> word) {
      if (word == "VmHWM:") in >> kib;
    }
    ESSAIM_CHECK(kib > 0);
    return kib * 1024 / 1e6;
  }

 private:
  static double Cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }

  std::chrono::steady_clock::time_point wall_;
  double cpu_;
};

}  // namespace essaim
