#include "warehouse/encryption.h"

#include <duckdb/common/encryption_state.hpp>
#include <duckdb/common/exception.hpp>
#include <duckdb/main/config.hpp>
#include <memory>

#include "crypto/stream_cipher.h"

namespace essaim {
namespace {

using crypto::StreamCipher;

// Failures are DuckDB's exceptions here: its caller catches them at this module's edge.
void Require(const absl::Status& status) {
  if (!status.ok()) throw duckdb::IOException("encryption: " + std::string(status.message()));
}

class CipherState final : public duckdb::EncryptionState {
 public:
  CipherState(duckdb::EncryptionTypes::CipherType cipher_type, duckdb::idx_t key_bytes,
              Entropy& entropy)
      : EncryptionState(cipher_type, key_bytes), entropy_(entropy) {
    if (cipher_type != duckdb::EncryptionTypes::GCM &&
        cipher_type != duckdb::EncryptionTypes::CTR) {
      throw duckdb::IOException("encryption: only GCM and CTR are supported");
    }
  }

  void InitializeEncryption(duckdb::const_data_ptr_t iv, duckdb::idx_t iv_len,
                            duckdb::const_data_ptr_t key, duckdb::idx_t key_bytes,
                            duckdb::const_data_ptr_t aad, duckdb::idx_t aad_len) override {
    Start(StreamCipher::Direction::kEncrypt, {key, key_bytes}, {iv, iv_len}, {aad, aad_len});
  }

  void InitializeDecryption(duckdb::const_data_ptr_t iv, duckdb::idx_t iv_len,
                            duckdb::const_data_ptr_t key, duckdb::idx_t key_bytes,
                            duckdb::const_data_ptr_t aad, duckdb::idx_t aad_len) override {
    Start(StreamCipher::Direction::kDecrypt, {key, key_bytes}, {iv, iv_len}, {aad, aad_len});
  }

  std::size_t Process(duckdb::const_data_ptr_t in, duckdb::idx_t in_len, duckdb::data_ptr_t out,
                      duckdb::idx_t out_len) override {
    if (stream_ == nullptr) throw duckdb::IOException("encryption: not started");
    Require(stream_->Update({in, in_len}, {out, out_len}));
    return in_len;
  }

  std::size_t Finalize(duckdb::data_ptr_t, duckdb::idx_t, duckdb::data_ptr_t tag,
                       duckdb::idx_t tag_len) override {
    if (stream_ == nullptr) throw duckdb::IOException("encryption: not started");
    Require(stream_->Finish({tag, tag_len}));
    return 0;
  }

  void GenerateRandomData(duckdb::data_ptr_t data, duckdb::idx_t len) override {
    Require(entropy_.Fill({data, len}));
  }

 private:
  void Start(StreamCipher::Direction direction, std::span<const std::uint8_t> key,
             std::span<const std::uint8_t> iv, std::span<const std::uint8_t> aad) {
    const bool gcm = cipher == duckdb::EncryptionTypes::GCM;
    auto stream = StreamCipher::Start(gcm ? StreamCipher::Mode::kGcm : StreamCipher::Mode::kCtr,
                                      direction, key, iv, aad);
    Require(stream.status());
    stream_ = *std::move(stream);
  }

  Entropy& entropy_;
  std::unique_ptr<StreamCipher> stream_;
};

class Encryption final : public duckdb::EncryptionUtil {
 public:
  explicit Encryption(Entropy& entropy) : entropy_(entropy) {}

  duckdb::shared_ptr<duckdb::EncryptionState> CreateEncryptionState(
      duckdb::EncryptionTypes::CipherType cipher_type, duckdb::idx_t key_bytes) const override {
    return duckdb::make_shared_ptr<CipherState>(cipher_type, key_bytes, entropy_);
  }

  bool SupportsEncryption() override { return true; }

 private:
  Entropy& entropy_;
};

}  // namespace

void UseEncryption(duckdb::DuckDB& database, Entropy& entropy) {
  duckdb::DBConfig::GetConfig(*database.instance).encryption_util =
      duckdb::make_shared_ptr<Encryption>(entropy);
}

}  // namespace essaim
