// What people and strangers send to the hub, without a network: the input is a list of requests,
// separated by lines of three hyphens. A request's first line is "CALLER METHOD PATH", the rest its
// body; CALLER is o(perator), r(esearcher), s(tranger), n(ode) or t(ime passes). "@study", "@pem",
// "@key" and "@print" stand for what an input cannot know.
//
// No request crashes the hub or gets an answer that is no JSON, a stranger and a researcher get no
// further than they may, and a hub made again from what was stored shows the same studies.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "algo/registry.h"
#include "algorithms/registry.h"
#include "base/bytes.h"
#include "base/check.h"
#include "crypto/certificates.h"
#include "crypto/hash.h"
#include "crypto/seeded_entropy.h"
#include "crypto/signing.h"
#include "governance/enrolment.h"
#include "hub/rest_api.h"
#include "memory_store.h"

namespace {

using essaim::SecretBytes;
using essaim::fuzz::MemoryStore;
using essaim::fuzz::Stored;
using essaim::hub::HubFolder;
using essaim::hub::HubService;
using essaim::hub::RestApi;
using essaim::transport::RestRequest;
using essaim::transport::RestResponse;
using Json = nlohmann::json;

class StandingClock final : public essaim::Clock {
 public:
  std::int64_t NowMs() const override { return now_ms; }

  std::int64_t now_ms = 1'800'000'000'000;
};

class NoLog final : public essaim::Log {
 public:
  void Write(essaim::Severity, std::string_view, std::initializer_list<Field>) override {}
};

essaim::crypto::SeededEntropy EntropyOf(std::string_view label) {
  return {SecretBytes::CopyOf(essaim::crypto::Sha256("fuzz")), label};
}

// A hub with three approved sites and two people, made once.
struct Fixture {
  Fixture() {
    essaim::RegisterAll(registry);
    const auto authority = essaim::crypto::MakeAuthority("fuzz", clock.now_ms, 3650);
    ESSAIM_CHECK(authority.ok());
    certificate_pem = authority->certificate_pem;
    key_pem = std::string(authority->key_pem.view());
    const auto tls_key = essaim::crypto::MakeKeyPem();
    request_pem = *essaim::crypto::MakeRequestPem(*tls_key, "p");
    signing_key =
        essaim::crypto::SigningKey::FromSeed(SecretBytes::CopyOf(essaim::crypto::Sha256("signing")))
            ->public_key();
    fingerprint = *essaim::EnrolmentFingerprint("p", request_pem, signing_key);
    auto entropy = EntropyOf("fixture");
    HubService hub(Folder(), std::make_unique<MemoryStore>(&stored), registry, clock, entropy, log);
    for (const char* site : {"a", "b", "c"}) {
      const auto made = hub.Enrol(site, request_pem, signing_key);
      ESSAIM_CHECK(made.ok() && hub.Approve(site, made->fingerprint).ok());
    }
    operator_token = *hub.CreateToken("olga", "operator");
    researcher_token = *hub.CreateToken("rosa", "researcher");
  }

  HubFolder Folder() const {
    return {
        .path = "",
        .config = {.name = "fuzz", .rest_address = "h:1", .grpc_address = "h:2"},
        .authority = {.certificate_pem = certificate_pem, .key_pem = SecretBytes::CopyOf(key_pem)},
        .ca_fingerprint = "",
        .server_chain_pem = "",
        .server_key_pem = {}};
  }

  StandingClock clock;
  NoLog log;
  essaim::Registry registry;
  Stored stored;
  std::string certificate_pem, key_pem, request_pem, signing_key, fingerprint;
  std::string operator_token, researcher_token;
};

void CheckAnswer(const RestRequest& request, char caller, const RestResponse& response) {
  ESSAIM_CHECK(response.status != 500);
  if (response.content_type == "application/json")
    ESSAIM_CHECK(!Json::parse(response.body, nullptr, false).is_discarded());
  if (response.status != 200) return;
  const bool open = request.path == "/healthz" || request.path == "/v1/authority" ||
                    request.path.starts_with("/v1/enrolments");
  const bool operators =
      request.path.starts_with("/v1/tokens") || request.path.starts_with("/v1/sites/");
  ESSAIM_CHECK(open || caller == 'o' || caller == 'r');
  ESSAIM_CHECK(!operators || caller == 'o');
}

// One request; what it makes known goes into `study`.
void Ask(const Fixture& fixture, RestApi& api, char caller, RestRequest request,
         std::string& study) {
  if (caller == 'o') request.token = fixture.operator_token;
  if (caller == 'r') request.token = fixture.researcher_token;
  const std::size_t mark = request.path.find('?');
  if (mark != std::string::npos) {
    request.query.emplace(request.path.substr(mark + 1), "");
    request.path.resize(mark);
  }
  const RestResponse response = api.Handle(request);
  CheckAnswer(request, caller, response);
  if (response.status == 200 && request.method == "POST" && request.path == "/v1/studies")
    study = Json::parse(response.body)["id"];
  if (response.status == 200 && request.path.ends_with("/events")) (void)api.Events(request, 0);
}

// "n METHOD SITE" with an answer as the body: the node's side of the stream.
void Node(HubService& service, const std::string& what, const std::string& site,
          const std::string& study, const std::string& body) {
  if (what == "connect") (void)service.OnConnect(site);
  if (what == "disconnect") service.OnDisconnect(site);
  if (what == "renew") (void)service.RenewCertificate(site, body);
  std::uint64_t number = 0;
  if (absl::SimpleAtoi(what, &number)) service.OnAnswer(site, study + "/0", number, body);
}

std::string Summary(HubService& service) {
  Json kept = Json::object();
  for (const Json& s : Json::parse(service.ListJson({.name = "olga", .role = "operator"})))
    kept[s["id"].get<std::string>()] = {s["status"], s["finished"], s["message"], s["title"]};
  return kept.dump();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  if (size > 16384) return 0;
  Stored stored = fixture.stored;
  StandingClock clock;
  NoLog log;
  auto entropy = EntropyOf("hub");
  HubService service(fixture.Folder(), std::make_unique<MemoryStore>(&stored), fixture.registry,
                     clock, entropy, log);
  const HubFolder folder = fixture.Folder();
  RestApi api(service, folder);
  std::string study = "none";
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::size_t n = 0;
  for (const std::string& one : std::vector<std::string>(absl::StrSplit(text, "\n---\n"))) {
    if (++n > 32) break;
    const std::string said = absl::StrReplaceAll(
        one, {{"@study", study},
              {"@pem", absl::StrReplaceAll(fixture.request_pem, {{"\n", "\\n"}})},
              {"@key", essaim::ToHex(fixture.signing_key)},
              {"@print", fixture.fingerprint}});
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(said, absl::MaxSplits('\n', 1));
    const std::vector<std::string> words = absl::StrSplit(parts.first, absl::MaxSplits(' ', 2));
    if (words.size() != 3 || words[0].empty()) continue;
    const char caller = words[0][0];
    if (caller == 'n') {
      Node(service, words[1], words[2], study, parts.second);
    } else if (caller == 't') {
      clock.now_ms += 20'000;
      service.OnTick();
    } else {
      RestRequest request{.method = words[1],
                          .path = words[2],
                          .body = parts.second,
                          .token = caller == 's' ? parts.second : "",
                          .query = {},
                          .remote = ""};
      Ask(fixture, api, caller, std::move(request), study);
    }
  }
  HubService again(fixture.Folder(), std::make_unique<MemoryStore>(&stored), fixture.registry,
                   clock, entropy, log);
  ESSAIM_CHECK(again.Resume().ok());
  ESSAIM_CHECK(Summary(again) == Summary(service));
  return 0;
}
