#include "base/byte_block.h"

#include <gtest/gtest.h>

#include <random>

namespace essaim {
namespace {

TEST(ByteBlock, SaysOfEachByteWhatItIs) {
  std::mt19937 random(3);
  char bytes[ByteBlock::kBytes + 1];  // also where they are not aligned
  for (int repeat = 0; repeat < 100; ++repeat) {
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? ',' : random() % 256);
    const char* const from = bytes + repeat % 2;
    const ByteBlock block(from);
    for (std::size_t i = 0; i < ByteBlock::kBytes; ++i) {
      EXPECT_EQ(block.Equal(',') >> i & 1, from[i] == ',' ? 1u : 0u);
      EXPECT_EQ(block.Equal('\0') >> i & 1, from[i] == '\0' ? 1u : 0u);
      EXPECT_EQ(block.High() >> i & 1, static_cast<unsigned char>(from[i]) >= 0x80 ? 1u : 0u);
    }
  }
}

}  // namespace
}  // namespace essaim
