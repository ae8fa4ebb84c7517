#include "crypto/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>

namespace essaim::crypto {
namespace {

struct Free {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }

  void operator()(SSL* p) const { SSL_free(p); }

  void operator()(BIO* p) const { BIO_free(p); }

  void operator()(X509* p) const { X509_free(p); }

  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};

template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr std::size_t kPieceBytes = 16384;  // a TLS record's content

Owned<BIO> Memory(std::string_view bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

class Session final : public TlsSession {
 public:
  // The connection owns its two buffers.
  Session(Owned<SSL> ssl, BIO* in, BIO* out) : ssl_(std::move(ssl)), in_(in), out_(out) {}

  absl::Status Take(std::string_view wire, std::string& plain) override {
    if (failed_) return absl::FailedPreconditionError("the connection is broken");
    ERR_clear_error();
    char buffer[kPieceBytes];
    while (true) {
      if (!wire.empty()) {
        const std::string_view piece = wire.substr(0, kPieceBytes);
        if (BIO_write(in_, piece.data(), static_cast<int>(piece.size())) !=
            static_cast<int>(piece.size()))
          return Failed();
        wire.remove_prefix(piece.size());
      }
      // Handshake and reading are one: SSL_read does the handshake first.
      int n = 0;
      while ((n = SSL_read(ssl_.get(), buffer, sizeof buffer)) > 0)
        plain.append(buffer, static_cast<std::size_t>(n));
      const int why = SSL_get_error(ssl_.get(), n);
      if (why == SSL_ERROR_ZERO_RETURN) return absl::OkStatus();
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return Failed();
      if (wire.empty()) return absl::OkStatus();
    }
  }

  absl::Status Put(std::string_view plain) override {
    if (failed_ || !established())
      return absl::FailedPreconditionError("TLS: nothing can be sent before the handshake");
    ERR_clear_error();
    while (!plain.empty()) {
      const std::string_view piece = plain.substr(0, kPieceBytes);
      if (SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size())) !=
          static_cast<int>(piece.size()))
        return Failed();
      plain.remove_prefix(piece.size());
    }
    return absl::OkStatus();
  }

  void End() override {
    ERR_clear_error();
    if (!failed_ && established()) SSL_shutdown(ssl_.get());
  }

  std::string Wire() override {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    if (bytes.empty()) return bytes;
    const int n = BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(n, 0)));
    return bytes;
  }

  bool established() const override { return SSL_is_init_finished(ssl_.get()) == 1; }

  bool peer_ended() const override {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

 private:
  absl::Status Failed() {
    failed_ = true;
    const unsigned long error = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(error);
    const std::string text = std::string("TLS: ") + (reason == nullptr ? "failed" : reason);
    return established() ? absl::InvalidArgumentError(text) : absl::UnauthenticatedError(text);
  }

  Owned<SSL> ssl_;
  BIO *in_, *out_;
  bool failed_ = false;
};

class Context final : public TlsContext {
 public:
  explicit Context(Owned<SSL_CTX> context) : context_(std::move(context)) {}

  absl::StatusOr<std::unique_ptr<TlsSession>> Begin() const override {
    Owned<SSL> ssl(SSL_new(context_.get()));
    Owned<BIO> in(BIO_new(BIO_s_mem())), out(BIO_new(BIO_s_mem()));
    if (ssl == nullptr || in == nullptr || out == nullptr)
      return absl::ResourceExhaustedError("TLS: no memory for a connection");
    BIO *const in_bio = in.release(), *const out_bio = out.release();
    SSL_set_bio(ssl.get(), in_bio, out_bio);
    SSL_set_accept_state(ssl.get());
    return std::make_unique<Session>(std::move(ssl), in_bio, out_bio);
  }

 private:
  Owned<SSL_CTX> context_;
};

absl::Status UseCertificates(SSL_CTX* context, const std::string& chain_pem) {
  const Owned<BIO> chain = Memory(chain_pem);
  const Owned<X509> first(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (first == nullptr || SSL_CTX_use_certificate(context, first.get()) != 1)
    return absl::InvalidArgumentError("the certificate is none in PEM");
  while (Owned<X509> next{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1)
      return absl::InvalidArgumentError("the certificate's chain cannot be used");
  }
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, const SecretBytes& key_pem) {
  const Owned<BIO> pem = Memory(key_pem.view());
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr));
  if (key == nullptr)
    return absl::InvalidArgumentError("the key is none in PEM, or has a password");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return absl::InvalidArgumentError("the key is not the certificate's");
  return absl::OkStatus();
}

absl::Status AskForClients(SSL_CTX* context, const std::string& ca_pem) {
  const Owned<BIO> pem = Memory(ca_pem);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int n = 0;
  while (Owned<X509> authority{PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1)
      return absl::InvalidArgumentError("the clients' authority cannot be used");
    ++n;
  }
  if (n == 0) return absl::InvalidArgumentError("the clients' authority is no certificate in PEM");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Make(const TlsServerOptions& options) {
  ERR_clear_error();
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1)
    return absl::InternalError("TLS 1.3 is not to be had");
  // A ticket would let a client come back without showing its certificate anew.
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  absl::Status used = UseCertificates(context.get(), options.certificate_chain_pem);
  if (used.ok()) used = UseKey(context.get(), options.key_pem);
  if (used.ok() && !options.client_ca_pem.empty())
    used = AskForClients(context.get(), options.client_ca_pem);
  ERR_clear_error();
  if (!used.ok()) return used;
  return std::make_unique<Context>(std::move(context));
}

}  // namespace essaim::crypto
