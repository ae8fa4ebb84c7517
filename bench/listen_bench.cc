// Messages a second over real sockets, each acknowledged once it is sealed and synced. N senders
// that each wait for their answer: what arrives together is synced together.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/clock.h"
#include "crypto/entropy.h"
#include "listen/receiver.h"
#include "listen/server.h"

namespace essaim::listen {
namespace {

std::string MessageOf(std::uint64_t number) {
  return hl7v2::Frame(absl::StrCat("MSH|^~\\&|LAB|HA|E|HB|20200105120000||ORU^R01|", number,
                                   "|P|2.5\rPID|1||", number % 1'000,
                                   "^^^H^MR||Moreau^Anne||19500302|F\rOBR|1||F7|GLU|||20200104\r"
                                   "OBX|1|NM|2339-0^Glucose^LN||91.84|mg/dL|70-100|N|||F\r"));
}

int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ESSAIM_CHECK(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

void ExpectAccepted(int fd) {
  std::string answer;
  char buffer[1024];
  while (!answer.ends_with("\x1c\r")) {
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    ESSAIM_CHECK(n > 0);
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  ESSAIM_CHECK(answer.find("MSA|AA|") != std::string::npos);
}

void BM_Senders(benchmark::State& state) {
  std::string folder = (std::filesystem::temp_directory_path() / "listen_bench.XXXXXX").string();
  ESSAIM_CHECK(mkdtemp(folder.data()) != nullptr);
  crypto::SystemEntropy entropy;
  const SystemClock clock;
  StderrLog log(Severity::kError);
  const IdMaker ids(SecretBytes::CopyOf(std::string(32, 'k')), "p", "s");
  const KeyMaker keys(SecretBytes::CopyOf(std::string(32, 'q')));
  SeenSet seen;
  auto spool = Spool::Open({.folder = folder + "/spool",
                            .key = SecretBytes::CopyOf(std::string(32, 's')),
                            .entropy = &entropy});
  ESSAIM_CHECK(spool.ok());
  const hl7v2::JudgeOptions judge{.ids = &ids};
  Receiver receiver(judge, keys, seen, **spool, clock, log);
  auto server = Server::Listen(
      {.connections_max = 256}, [&](const auto& messages) { return receiver.Receive(messages); },
      log);
  ESSAIM_CHECK(server.ok());
  std::atomic<bool> stop{false};
  std::thread thread([&] { ESSAIM_CHECK((*server)->Serve(stop).ok()); });
  std::vector<int> senders;
  for (int i = 0; i < state.range(0); ++i) senders.push_back(Connect((*server)->port()));
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (const int fd : senders) {
      const std::string bytes = MessageOf(++number);
      ESSAIM_CHECK(send(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    }
    for (const int fd : senders) ExpectAccepted(fd);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
  for (const int fd : senders) close(fd);
  stop = true;
  thread.join();
  ESSAIM_CHECK((*spool)->waiting() == number);  // each is kept
  std::filesystem::remove_all(folder);
}

BENCHMARK(BM_Senders)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace essaim::listen

BENCHMARK_MAIN();
