// TLS 1.3 and nothing older, for gRPC.
#pragma once

namespace essaim::transport {

// Before the process's first use of gRPC with TLS; further calls do nothing.
//
// gRPC 1.51 has no public setting for the lowest version, only one for the suites that it offers up
// to TLS 1.2. It is given one that needs an RSA certificate, which nobody in a federation has
// (crypto/certificates.h makes P-256 keys alone), so a handshake below 1.3 finds no common suite.
void RequireTls13();

}  // namespace essaim::transport
