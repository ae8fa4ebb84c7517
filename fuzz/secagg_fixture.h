// Mutations of a member's or the hub's messages that keep them worth reading: signed again by a
// member that colludes, so that what is behind the signature is reached.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "essaim/v1/secagg.pb.h"
#include "secagg/secagg_testing.h"

namespace essaim::fuzz {

// Takes bytes from the front of an input; zeros at its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::size_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }

  std::string Bytes(std::size_t n) {
    const std::string bytes(rest_.substr(0, n));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

  std::string Rest() { return Bytes(rest_.size()); }

 private:
  std::string_view rest_;
};

// `real` with some bytes overwritten, cut out or put in, or something else altogether.
inline std::string MutatedBytes(std::string real, Input& input) {
  const std::size_t how = input.Byte() % 4;
  const std::size_t at = (input.Byte() * 256 + input.Byte()) % (real.size() + 1);
  const std::size_t n = input.Byte();
  switch (how) {
    case 0:
      return input.Rest();
    case 1: {
      const std::string put = input.Bytes(n);
      return real.replace(at, std::min(put.size(), real.size() - at), put);
    }
    case 2:
      return real.erase(at, n);
    default:
      return real.insert(at, input.Bytes(n));
  }
}

// A changed message: its body changed and signed again by `signer`, or its own bytes changed.
inline v1::Signed MutatedMessage(const secagg::TestBatch& batch, secagg::Step step,
                                 const v1::Signed& real, Input& input) {
  const std::size_t how = input.Byte() % 3;
  const std::size_t signer = input.Byte() % batch.options.n;
  if (how == 0) return batch.SignAs(real.member(), step, MutatedBytes(real.body(), input));
  if (how == 1) return batch.SignAs(signer, step, real.body());
  v1::Signed changed;
  if (!changed.ParseFromString(MutatedBytes(real.SerializeAsString(), input))) return real;
  return changed;
}

}  // namespace essaim::fuzz
