# Outside libraries: Debian's packages, and DuckDB's shared library that ./dev setup puts in third_party/.

set(Protobuf_USE_STATIC_LIBS OFF)
find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(OpenSSL 3.0 REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf REQUIRED MODULE)
find_package(gRPC REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(yaml-cpp REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(benchmark REQUIRED CONFIG)
find_package(Eigen3 REQUIRED CONFIG)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)

set(DUCKDB_ROOT ${CMAKE_SOURCE_DIR}/third_party/duckdb CACHE PATH "DuckDB's library and headers (./dev setup)")
if(NOT EXISTS ${DUCKDB_ROOT}/lib/libduckdb.so)
  message(FATAL_ERROR "DuckDB is not in ${DUCKDB_ROOT}. Run ./dev setup first.")
endif()
add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${DUCKDB_ROOT}/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_ROOT}/include)
