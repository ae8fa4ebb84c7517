#include "warehouse/cell_cipher.h"

#include "base/testing/status_matchers.h"
#include "crypto/entropy.h"

namespace essaim {
namespace {

TEST(CellCipher, OpensOnlyUnderItsOwnKey) {
  crypto::SystemEntropy entropy;
  const CellCipher cipher(SecretBytes::CopyOf(std::string(32, 'a')), entropy);
  const CellCipher other(SecretBytes::CopyOf(std::string(32, 'b')), entropy);
  ASSERT_OK_AND_ASSIGN(const std::string sealed, cipher.Seal("Vu ce jour"));
  EXPECT_TRUE(CellCipher::IsSealed(sealed));
  EXPECT_EQ(sealed.find("ce jour"), std::string::npos);
  ASSERT_OK_AND_ASSIGN(const std::string again, cipher.Seal("Vu ce jour"));
  EXPECT_NE(sealed, again);
  ASSERT_OK_AND_ASSIGN(const std::string text, cipher.Open(sealed));
  EXPECT_EQ(text, "Vu ce jour");
  EXPECT_EQ(other.Open(sealed).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cipher.Open("sealed:???").status().code(), absl::StatusCode::kDataLoss);
  ASSERT_OK_AND_ASSIGN(const std::string plain, cipher.Open("never sealed"));
  EXPECT_EQ(plain, "never sealed");
}

}  // namespace
}  // namespace essaim
