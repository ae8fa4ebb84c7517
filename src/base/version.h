#pragma once

namespace essaim {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace essaim
