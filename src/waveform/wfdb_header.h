// A WFDB header file (.hea), as header(5) of the WFDB Applications Guide describes it: what a
// record of signals consists of, without the signals.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::waveform {

inline constexpr std::size_t kHeaderBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kSignalsMax = 10'000;
inline constexpr std::size_t kSegmentsMax = 100'000;

struct Signal {
  std::string file;  // a name beside the header, without a folder; "~": none
  int format = 0;    // 16, 212, ...
  std::int64_t samples_per_frame = 1, skew = 0, offset = 0;  // offset: bytes before the samples
  double gain = 200;                                         // ADC units a physical unit
  std::string units = "mV";
  std::int64_t resolution_bits = 0;  // 0: not said
  std::string description;           // "MLII", "ABP"
};

struct Segment {
  std::string record;  // "~": nothing was recorded
  std::int64_t n_samples = 0;
};

struct WfdbHeader {
  std::string record;
  std::int64_t n_samples = 0;  // a signal; 0: not said
  double frequency = 250;      // samples a second and signal
  std::string base_time;       // HH:MM:SS, or empty
  std::string base_date;       // YYYY-MM-DD, or empty
  std::vector<Signal> signals;
  std::vector<Segment> segments;            // of a record of several
  std::size_t n_signals = 0;                // also where the segments have them
  std::string age, sex, diagnoses, person;  // of comments "age: 69", "sex: M", "dx: ...", ...

  bool multi_segment() const { return !segments.empty(); }
};

// kInvalidArgument "line N: ..." saying what was expected, without a value of the file.
absl::StatusOr<WfdbHeader> ReadWfdbHeader(std::string_view text);

// Whether the record line is there, a name and a number, be the rest wrong.
bool HasRecordLine(std::string_view text);

// The bytes that a file of samples needs, from its header's signals of that file: the offset, and
// n samples a signal in the formats' packing. -1: the format has no fixed size (508, 516, 524), or
// the header does not say how many samples.
std::int64_t BytesOf(const WfdbHeader& header, std::string_view file);

}  // namespace essaim::waveform
