#include "base/files.h"

#include <filesystem>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ListFolder, NamesWhatIsThereInOrderAndSaysWhatIsNot) {
  const std::string folder = testing::TempPath("list_folder_test");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/b");
  ASSERT_OK(WriteFile(folder + "/c", "x"));
  ASSERT_OK(WriteFile(folder + "/a", "x"));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> paths, ListFolder(folder));
  EXPECT_THAT(paths, ElementsAre(folder + "/a", folder + "/b", folder + "/c"));
  EXPECT_THAT(ListFolder(folder + "/none").status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(folder + "/none: ")));
  EXPECT_THAT(ListFolder(folder + "/a").status(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("/a: ")));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace essaim
