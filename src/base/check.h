// A fault of the programmer, on in every build. Nothing a peer or a user sends may reach one of
// these: outside input is answered with absl::Status.
#pragma once

#include <cstdio>
#include <cstdlib>

#define ESSAIM_CHECK(condition)                                                          \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
