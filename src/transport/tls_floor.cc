#include "transport/tls_floor.h"

#include <cstdlib>
#include <mutex>

namespace essaim::transport {

void RequireTls13() {
  static std::once_flag once;
  std::call_once(once, [] { setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1); });
}

}  // namespace essaim::transport
