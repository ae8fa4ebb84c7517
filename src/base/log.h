// Structured log lines, as a dependency: one event a line, key=value, never a patient's value.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace essaim {

enum class Severity { kDebug, kInfo, kWarning, kError };

class Log {
 public:
  using Field = std::pair<std::string_view, std::string>;
  virtual ~Log() = default;
  virtual void Write(Severity severity, std::string_view event,
                     std::initializer_list<Field> fields) = 0;

  void Info(std::string_view event, std::initializer_list<Field> fields = {}) {
    Write(Severity::kInfo, event, fields);
  }

  void Warning(std::string_view event, std::initializer_list<Field> fields = {}) {
    Write(Severity::kWarning, event, fields);
  }

  void Error(std::string_view event, std::initializer_list<Field> fields = {}) {
    Write(Severity::kError, event, fields);
  }
};

// Writes to standard error, one line an event: "2026-01-31T12:00:00.000Z info event key=value".
// Thread-safe.
class StderrLog final : public Log {
 public:
  explicit StderrLog(Severity least) : least_(least) {}

  void Write(Severity severity, std::string_view event,
             std::initializer_list<Field> fields) override;

 private:
  Severity least_;
};

}  // namespace essaim
