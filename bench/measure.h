// Time and peak memory of a stretch of a bench. Linux.
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/check.h"

namespace essaim {

// Begins when it is made.
class Stretch {
 public:
  Stretch() : wall_(std::chrono::steady_clock::now()), cpu_(Cpu()), thread_cpu_(ThreadCpu()) {}

  // The process's peak of resident memory begins anew from what it has now: proc(5).
  static void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
  }

  // Of all threads: what a loaded machine does not change much.
  double CpuSeconds() const { return Cpu() - cpu_; }

  double ThreadCpuSeconds() const { return ThreadCpu() - thread_cpu_; }  // of the caller's thread

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

  static double ThreadCpu() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  }

  std::chrono::steady_clock::time_point wall_;
  double cpu_, thread_cpu_;
};

// The best of several stretches, each figure by itself: what disturbs a run only makes it longer.
struct Best {
  double seconds = 1e300, cpu_seconds = 1e300, thread_cpu_seconds = 1e300;

  void Take(const Stretch& stretch) {
    seconds = std::min(seconds, stretch.Seconds());
    cpu_seconds = std::min(cpu_seconds, stretch.CpuSeconds());
    thread_cpu_seconds = std::min(thread_cpu_seconds, stretch.ThreadCpuSeconds());
  }
};

}  // namespace essaim
