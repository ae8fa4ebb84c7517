// Frames of the stream between a node and the hub: Assembler on any sequence of them, against a
// reassembly written out, and SplitBody undone by Assembler.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "essaim/v1/exchange.pb.h"
#include "transport/frames.h"

namespace {

using essaim::transport::Assembler;

struct Frame {
  std::string run_id;
  std::uint64_t number = 0;
  std::string part;
  bool more = false;
};

// Frames as they come from the stream: two bytes of length, then the message.
std::vector<Frame> FramesIn(std::string_view bytes, bool of_node) {
  std::vector<Frame> frames;
  while (bytes.size() >= 2) {
    const std::size_t said = static_cast<unsigned char>(bytes[0]) * std::size_t{256} +
                             static_cast<unsigned char>(bytes[1]);
    bytes.remove_prefix(2);
    const std::string message(bytes.substr(0, said));
    bytes.remove_prefix(message.size());
    essaim::v1::NodeFrame node;
    essaim::v1::HubFrame hub;
    if (of_node && node.ParseFromString(message) && node.has_answer()) {
      const auto& a = node.answer();
      frames.push_back({a.run_id(), a.number(), a.body(), a.more()});
    } else if (!of_node && hub.ParseFromString(message) && hub.has_ask()) {
      const auto& a = hub.ask();
      frames.push_back({a.run_id(), a.number(), a.body(), a.more()});
    }
  }
  return frames;
}

void CheckSequence(const std::vector<Frame>& frames) {
  Assembler assembler;
  std::string expected;
  const Frame* open = nullptr;
  for (const Frame& f : frames) {
    const auto taken = assembler.Take(f.run_id, f.number, f.part, f.more);
    const bool mixed = open != nullptr && (open->run_id != f.run_id || open->number != f.number);
    ESSAIM_CHECK(taken.ok() == !mixed);
    if (!taken.ok()) return;  // the stream ends here
    expected += f.part;
    ESSAIM_CHECK(taken->first == !f.more);
    ESSAIM_CHECK(taken->second == (f.more ? std::string() : expected));
    if (!f.more) expected.clear();
    open = f.more ? &f : nullptr;
  }
}

void CheckSplit(std::string_view piece, std::size_t times) {
  std::string body;
  for (std::size_t i = 0; i < times; ++i) body.append(piece);
  Assembler assembler;
  std::string whole;
  int ends = 0;
  essaim::transport::SplitBody(body, [&](std::string_view part, bool more) {
    ESSAIM_CHECK(part.size() <= essaim::transport::kFrameBytes);
    const auto taken = assembler.Take("run", 1, part, more);
    ESSAIM_CHECK(taken.ok());
    if (!taken->first) return;
    whole = taken->second;
    ++ends;
  });
  ESSAIM_CHECK(ends == 1 && whole == body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 0xff) {  // rare: it copies mebibytes
    CheckSplit(rest, std::min<std::size_t>(3 * essaim::transport::kFrameBytes / rest.size(), 4096));
  } else {
    CheckSplit(rest, 1);
    CheckSequence(FramesIn(rest, data[0] % 2 == 0));
  }
  return 0;
}
