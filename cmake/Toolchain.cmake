# Compiler, linker and warning settings shared by every target.

set(CMAKE_CXX_FLAGS_DEV "-O1 -g1" CACHE STRING "flags of the Dev build type" FORCE)
set(CMAKE_C_FLAGS_DEV "-O1 -g1" CACHE STRING "flags of the Dev build type" FORCE)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1" CACHE STRING "flags of the release build" FORCE)

# Configuring a tree again with another compiler's path drops the preset's cache: never a build without optimisation.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "kind of build" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# Exact statistics need IEEE arithmetic: no contraction into fused multiply-adds, so that a sum is the
# same on every machine and equal to what the reference computes.
add_compile_options(-ffp-contract=off -fstack-protector-strong)

set(ESSAIM_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=; with fuzzer-no-link the fuzz targets are built")
if(ESSAIM_SANITIZE)
  add_compile_options(-fsanitize=${ESSAIM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${ESSAIM_SANITIZE})
else()
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

add_library(essaim_warnings INTERFACE)
target_compile_options(essaim_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wunused -Woverloaded-virtual -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12's optimiser inside std::string and std::variant (GCC bugs 105329, 105651, 105562);
  # the sanitizers look for the same faults at run time.
  target_compile_options(essaim_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-free-nonheap-object)
endif()
