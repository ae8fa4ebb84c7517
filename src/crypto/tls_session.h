// TLS 1.3 (RFC 8446) over bytes that somebody else carries: the server's side of a connection,
// without a socket.
//
// Threads: a context may serve sessions of several threads; a session is one thread's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

struct TlsServerOptions {
  std::string certificate_chain_pem;
  SecretBytes key_pem;
  // Clients must show a certificate that this authority signed; empty: none is asked for.
  std::string client_ca_pem;
};

class TlsSession {
 public:
  virtual ~TlsSession() = default;
  // What came from the network; what it means is appended to `plain`. kUnauthenticated: the
  // handshake failed, as for a client without the certificate asked for. kInvalidArgument: no TLS
  // record. After an error there may be an alert to send, and nothing more is taken.
  virtual absl::Status Take(std::string_view wire, std::string& plain) = 0;
  virtual absl::Status Put(std::string_view plain) = 0;  // kFailedPrecondition before the handshake
  virtual void End() = 0;                                // says that nothing more is sent
  virtual std::string Wire() = 0;                        // what is to be sent, once
  virtual bool established() const = 0;
  virtual bool peer_ended() const = 0;
};

class TlsContext {
 public:
  // kInvalidArgument, naming which of the three is not what it should be.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Make(const TlsServerOptions& options);
  virtual ~TlsContext() = default;
  virtual absl::StatusOr<std::unique_ptr<TlsSession>> Begin() const = 0;  // outlived by the context
};

}  // namespace essaim::crypto
