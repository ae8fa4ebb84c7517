#include "crypto/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::crypto {
namespace {

constexpr std::size_t kPemBytesMax = 64 * 1024;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* p) const {
    kFree(p);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Free<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;

absl::Status Failed(const char* what) {
  return absl::InternalError(absl::StrCat("OpenSSL: cannot ", what));
}

absl::StatusOr<Bio> ReadBio(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return absl::InvalidArgumentError("a PEM text above 64 KiB");
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return Failed("read memory");
  return bio;
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long n = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(n)};
}

std::string Colons(const unsigned char* digest, unsigned int n) {
  std::string out;
  for (unsigned int i = 0; i < n; ++i) {
    if (i > 0) out += ':';
    absl::StrAppendFormat(&out, "%02X", digest[i]);
  }
  return out;
}

absl::StatusOr<Key> KeyOf(const SecretBytes& key_pem) {
  ESSAIM_ASSIGN_OR_RETURN(const Bio bio, ReadBio(key_pem.view()));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return absl::InvalidArgumentError("not a private key in PEM");
  return key;
}

absl::StatusOr<Cert> CertOf(std::string_view pem) {
  ESSAIM_ASSIGN_OR_RETURN(const Bio bio, ReadBio(pem));
  Cert cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (cert == nullptr) return absl::InvalidArgumentError("not a certificate in PEM");
  return cert;
}

bool IsP256(EVP_PKEY* key) {
  char group[32] = {};
  std::size_t n = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 &&
         std::string_view(group, n) == "prime256v1";
}

// Whose key is P-256 and whose signature is by it.
absl::StatusOr<Request> CheckedRequest(Request request) {
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || !IsP256(key))
    return absl::InvalidArgumentError("the request's key is not EC P-256");
  if (X509_REQ_verify(request.get(), key) != 1) {
    return absl::InvalidArgumentError("the request is not signed by its own key");
  }
  return request;
}

absl::StatusOr<Request> RequestOf(std::string_view pem) {
  ESSAIM_ASSIGN_OR_RETURN(const Bio bio, ReadBio(pem));
  Request request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return absl::InvalidArgumentError("not a certificate request in PEM");
  return CheckedRequest(std::move(request));
}

absl::StatusOr<std::string> RequestPem(X509_REQ* request) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509_REQ(bio.get(), request) != 1)
    return Failed("write a request");
  return TextOf(bio.get());
}

// OpenSSL's errors stay in a queue of the thread, where the TLS library's next call would take them
// for its own: whatever is called here leaves the queue as it was.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }

  ~QuietErrors() { ERR_pop_to_mark(); }

  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

absl::Status SetName(X509_NAME* name, std::string_view common_name, std::string_view role) {
  const auto add = [name](const char* field, std::string_view value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  if (!add("O", "Essaim") || (!role.empty() && !add("OU", role)) || !add("CN", common_name)) {
    return absl::InvalidArgumentError("a certificate's name has 1 to 64 characters");
  }
  return absl::OkStatus();
}

std::string NameEntry(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return "";
  unsigned char* text = nullptr;
  const int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (n < 0) return "";
  std::string out(reinterpret_cast<char*>(text), static_cast<std::size_t>(n));
  OPENSSL_free(text);
  return out;
}

absl::Status AddExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr)
    return absl::InvalidArgumentError(absl::StrCat("certificate extension ", value));
  const int added = X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
  return added == 1 ? absl::OkStatus() : Failed("add an extension");
}

// A list in the syntax of OpenSSL's configuration, where a comma or a colon in a name would begin
// another entry: so names are letters, digits, dots and hyphens only.
absl::StatusOr<std::string> AlternativeNames(const std::vector<std::string>& addresses) {
  std::string names;
  for (const std::string& address : addresses) {
    unsigned char raw[16];
    const bool is_ip = inet_pton(AF_INET, address.c_str(), raw) == 1 ||
                       inet_pton(AF_INET6, address.c_str(), raw) == 1;
    const bool is_name =
        !address.empty() && address.size() <= 253 && std::ranges::all_of(address, [](char c) {
          return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
        });
    if (!is_ip && !is_name)
      return absl::InvalidArgumentError("an address is a DNS name or an IP address");
    absl::StrAppend(&names, names.empty() ? "" : ",", is_ip ? "IP:" : "DNS:", address);
  }
  return names;
}

// Version, serial, validity and key: what every certificate has.
absl::StatusOr<Cert> Blank(EVP_PKEY* key, std::int64_t now_ms, int days) {
  constexpr long kBackdateSeconds = 300;  // clocks of sites differ
  constexpr int kDaysMax = 36'500;
  if (days < 1 || days > kDaysMax || now_ms < 0)
    return absl::InvalidArgumentError("a certificate lasts 1 to 36,500 days");
  Cert cert(X509_new());
  if (cert == nullptr) return Failed("make a certificate");
  std::unique_ptr<BIGNUM, Free<BN_free>> serial(BN_new());
  const time_t now = now_ms / 1000;
  const bool good =
      X509_set_version(cert.get(), X509_VERSION_3) == 1 && serial != nullptr &&
      BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(cert.get())) != nullptr &&
      ASN1_TIME_adj(X509_getm_notBefore(cert.get()), now, 0, -kBackdateSeconds) != nullptr &&
      ASN1_TIME_adj(X509_getm_notAfter(cert.get()), now, days, 0) != nullptr &&
      X509_set_pubkey(cert.get(), key) == 1;
  if (!good) return Failed("fill a certificate");
  return cert;
}

absl::StatusOr<std::string> PemOf(X509* cert) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), cert) != 1)
    return Failed("write a certificate");
  return TextOf(bio.get());
}

std::int64_t TimeMs(const ASN1_TIME* time) {
  std::tm tm = {};
  return ASN1_TIME_to_tm(time, &tm) == 1 ? static_cast<std::int64_t>(timegm(&tm)) * 1000 : 0;
}

absl::StatusOr<SecretBytes> KeyPemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Failed("write a key");
  }
  char* data = nullptr;
  const long n = BIO_get_mem_data(bio.get(), &data);
  return SecretBytes::CopyOf({data, static_cast<std::size_t>(n)});
}

}  // namespace

absl::StatusOr<SecretBytes> MakeKeyPem() {
  const QuietErrors quiet;
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed("make a key");
  return KeyPemOf(key.get());
}

absl::StatusOr<Authority> MakeAuthority(std::string_view name, std::int64_t now_ms, int days) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key_pem, MakeKeyPem());
  ESSAIM_ASSIGN_OR_RETURN(const Key key, KeyOf(key_pem));
  ESSAIM_ASSIGN_OR_RETURN(const Cert cert, Blank(key.get(), now_ms, days));
  ESSAIM_RETURN_IF_ERROR(SetName(X509_get_subject_name(cert.get()), name, "authority"));
  if (X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get())) != 1)
    return Failed("set the issuer");
  ESSAIM_RETURN_IF_ERROR(
      AddExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  ESSAIM_RETURN_IF_ERROR(
      AddExtension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign"));
  ESSAIM_RETURN_IF_ERROR(AddExtension(cert.get(), cert.get(), NID_subject_key_identifier, "hash"));
  if (X509_sign(cert.get(), key.get(), EVP_sha256()) == 0)
    return Failed("sign the authority's certificate");
  ESSAIM_ASSIGN_OR_RETURN(std::string pem, PemOf(cert.get()));
  return Authority{std::move(pem), std::move(key_pem)};
}

absl::StatusOr<std::string> MakeRequestPem(const SecretBytes& key_pem,
                                           std::string_view common_name) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(const Key key, KeyOf(key_pem));
  const Request request(X509_REQ_new());
  if (request == nullptr || X509_REQ_set_pubkey(request.get(), key.get()) != 1)
    return Failed("make a request");
  ESSAIM_RETURN_IF_ERROR(SetName(X509_REQ_get_subject_name(request.get()), common_name, ""));
  if (X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) return Failed("sign a request");
  return RequestPem(request.get());
}

absl::StatusOr<RequestInfo> ReadRequest(std::string_view request_pem) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(const Request request, RequestOf(request_pem));
  unsigned char* der = nullptr;
  const int n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request.get()), &der);
  if (n <= 0) return Failed("write a public key");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_bytes = 0;
  const int done =
      EVP_Digest(der, static_cast<std::size_t>(n), digest, &digest_bytes, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (done != 1) return Failed("hash a public key");
  return RequestInfo{NameEntry(X509_REQ_get_subject_name(request.get()), NID_commonName),
                     Colons(digest, digest_bytes)};
}

absl::StatusOr<std::string> SignRequest(const Authority& authority, std::string_view request_pem,
                                        const SigningOptions& options) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(const Request request, RequestOf(request_pem));
  ESSAIM_ASSIGN_OR_RETURN(const Cert issuer, CertOf(authority.certificate_pem));
  ESSAIM_ASSIGN_OR_RETURN(const Key key, KeyOf(authority.key_pem));
  ESSAIM_ASSIGN_OR_RETURN(const Cert cert,
                          Blank(X509_REQ_get0_pubkey(request.get()), options.now_ms, options.days));
  ESSAIM_RETURN_IF_ERROR(
      SetName(X509_get_subject_name(cert.get()), options.common_name, options.role));
  if (X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get())) != 1)
    return Failed("set the issuer");
  const bool server = !options.addresses.empty();
  ESSAIM_RETURN_IF_ERROR(
      AddExtension(cert.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE"));
  ESSAIM_RETURN_IF_ERROR(
      AddExtension(cert.get(), issuer.get(), NID_key_usage, "critical,digitalSignature"));
  ESSAIM_RETURN_IF_ERROR(AddExtension(cert.get(), issuer.get(), NID_ext_key_usage,
                                      server ? "serverAuth" : "clientAuth"));
  ESSAIM_RETURN_IF_ERROR(
      AddExtension(cert.get(), issuer.get(), NID_authority_key_identifier, "keyid"));
  if (server) {
    ESSAIM_ASSIGN_OR_RETURN(const std::string names, AlternativeNames(options.addresses));
    ESSAIM_RETURN_IF_ERROR(AddExtension(cert.get(), issuer.get(), NID_subject_alt_name, names));
  }
  if (X509_sign(cert.get(), key.get(), EVP_sha256()) == 0) return Failed("sign a certificate");
  return PemOf(cert.get());
}

absl::StatusOr<CertificateInfo> ReadCertificate(std::string_view certificate_pem) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(const Cert cert, CertOf(certificate_pem));
  CertificateInfo info;
  info.common_name = NameEntry(X509_get_subject_name(cert.get()), NID_commonName);
  info.role = NameEntry(X509_get_subject_name(cert.get()), NID_organizationalUnitName);
  info.not_before_ms = TimeMs(X509_get0_notBefore(cert.get()));
  info.not_after_ms = TimeMs(X509_get0_notAfter(cert.get()));
  std::unique_ptr<BIGNUM, Free<BN_free>> serial(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert.get()), nullptr));
  char* hex = serial == nullptr ? nullptr : BN_bn2hex(serial.get());
  if (hex != nullptr) info.serial_hex = hex;
  OPENSSL_free(hex);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  if (X509_digest(cert.get(), EVP_sha256(), digest, &n) != 1) return Failed("hash a certificate");
  info.fingerprint = Colons(digest, n);
  return info;
}

absl::Status CheckIssued(std::string_view certificate_pem, std::string_view authority_pem,
                         Purpose purpose, std::int64_t now_ms) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(const Cert cert, CertOf(certificate_pem));
  ESSAIM_ASSIGN_OR_RETURN(const Cert authority, CertOf(authority_pem));
  const std::unique_ptr<X509_STORE, Free<X509_STORE_free>> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  if (store == nullptr || context == nullptr ||
      X509_STORE_add_cert(store.get(), authority.get()) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), cert.get(), nullptr) != 1) {
    return Failed("set up a verification");
  }
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(now_ms / 1000));
  if (X509_STORE_CTX_set_purpose(context.get(), purpose == Purpose::kServer
                                                    ? X509_PURPOSE_SSL_SERVER
                                                    : X509_PURPOSE_SSL_CLIENT) != 1) {
    return Failed("set a purpose");
  }
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  return absl::UnauthenticatedError(
      X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

absl::StatusOr<std::string> RequestDerOf(std::string_view request_pem) {
  const QuietErrors quiet;
  ESSAIM_ASSIGN_OR_RETURN(const Request request, RequestOf(request_pem));
  unsigned char* der = nullptr;
  const int n = i2d_X509_REQ(request.get(), &der);
  if (n <= 0) return Failed("write a request");
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(n));
  OPENSSL_free(der);
  return out;
}

absl::StatusOr<std::string> RequestPemOf(std::string_view request_der) {
  const QuietErrors quiet;
  if (request_der.size() > kPemBytesMax)
    return absl::InvalidArgumentError("a request above 64 KiB");
  const auto* at = reinterpret_cast<const unsigned char*>(request_der.data());
  const unsigned char* const end = at + request_der.size();
  Request parsed(d2i_X509_REQ(nullptr, &at, static_cast<long>(request_der.size())));
  if (parsed == nullptr || at != end)
    return absl::InvalidArgumentError("not a certificate request in DER");
  ESSAIM_ASSIGN_OR_RETURN(const Request request, CheckedRequest(std::move(parsed)));
  return RequestPem(request.get());
}

}  // namespace essaim::crypto
