#include "warehouse/duckdb_warehouse.h"

#include <duckdb.hpp>
#include <limits>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "study/schema_file.h"
#include "warehouse/database.h"
#include "warehouse/duckdb_file.h"
#include "warehouse/expression_sql.h"
#include "warehouse/loader.h"

namespace essaim {
namespace {

constexpr char kCatalog[] =
    "CREATE TABLE IF NOT EXISTS site.main.data_sets ("
    "name VARCHAR PRIMARY KEY, load_id VARCHAR NOT NULL, number BIGINT NOT NULL, "
    "n_rows BIGINT NOT NULL, n_quarantined BIGINT NOT NULL, loaded_at_ms BIGINT NOT NULL, "
    "schema_yaml VARCHAR NOT NULL)";
constexpr char kManifest[] =
    "CREATE TABLE IF NOT EXISTS site.main.files ("
    "data_set VARCHAR NOT NULL, path VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, "
    "n_rows BIGINT NOT NULL)";

// A data set's entry in the catalog.
struct Entry {
  DataSetInfo info;
  std::int64_t number = 0;  // its tables are rows_<number> and quarantine_<number>
};

std::string TableName(std::string_view what, std::int64_t number) {
  return absl::StrCat(Av(what), "_", number);
}

bool IsDataSetName(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  for (const char c : name) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') return false;
  }
  return true;
}

// The study's variables must mean what the loaded ones do.
absl::Status CheckVariables(const Schema& study, const Schema& loaded) {
  for (const Variable& want : study.variables()) {
    const auto index = loaded.Index(want.name);
    if (!index.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the data set has no variable '", want.name, "'"));
    }
    const Variable& have = loaded.variables()[*index];
    const auto differs = [&](const char* what) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the data set's variable '", want.name, "' has another ", what, " than in the study"));
    };
    if (have.kind != want.kind) return differs("type");
    if (have.unit != want.unit) return differs("unit");
    if (have.levels != want.levels) return differs("list of levels");
    if (have.lower < want.lower || have.upper > want.upper) return differs("range, a wider one,");
  }
  return absl::OkStatus();
}

std::string DefinitionHash(const Study& study, const Analysis& analysis) {
  return crypto::HashOf("essaim.v1.cohort",
                        {study.dataset, SchemaYaml(study.schema, 0), study.include_text,
                         study.exclude_text, analysis.where_text});
}

class DuckDbWarehouse final : public Warehouse {
 public:
  explicit DuckDbWarehouse(std::shared_ptr<DuckDbFile> file) : file_(std::move(file)) {}

  absl::Status Open() {
    ESSAIM_ASSIGN_OR_RETURN(connection_, file_->Connect());
    return NoThrow("keeping its tables", file_->log(), [&]() -> absl::Status {
      return Settings({kCatalog, kManifest});
    });
  }

  absl::StatusOr<LoadReport> Load(const LoadRequest& request) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!IsDataSetName(request.dataset)) {
      return absl::InvalidArgumentError("data set: expected 1 to 64 of a-z, 0-9 and -");
    }
    if (request.files.empty()) return absl::InvalidArgumentError("no file to load");
    ESSAIM_ASSIGN_OR_RETURN(const SchemaFile schema, ParseSchemaFile(request.schema_yaml));
    return NoThrow("loading", file_->log(), [&]() -> absl::StatusOr<LoadReport> {
      connection_->BeginTransaction();
      absl::StatusOr<LoadReport> report = absl::InternalError("");
      try {
        report = LoadInTransaction(request, schema);
      } catch (...) {
        if (connection_->HasActiveTransaction()) connection_->Rollback();
        throw;
      }
      if (!report.ok()) {
        connection_->Rollback();
        return report;
      }
      connection_->Commit();
      ESSAIM_RETURN_IF_ERROR(Do(absl::StrCat("CHECKPOINT ", DuckDbFile::kName)));
      return report;
    });
  }

  absl::StatusOr<std::vector<DataSetInfo>> DataSets() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return NoThrow("listing data sets", file_->log(),
                   [&]() -> absl::StatusOr<std::vector<DataSetInfo>> {
                     ESSAIM_ASSIGN_OR_RETURN(std::vector<Entry> entries, Entries(""));
                     std::vector<DataSetInfo> infos;
                     for (Entry& entry : entries) infos.push_back(std::move(entry.info));
                     return infos;
                   });
  }

  absl::StatusOr<FrozenCohort> Freeze(const Study& study, const Analysis& analysis,
                                      std::size_t site) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const Expression condition, CohortOf(study, analysis));
    return NoThrow("selecting a cohort", file_->log(), [&]() -> absl::StatusOr<FrozenCohort> {
      ESSAIM_ASSIGN_OR_RETURN(const std::vector<Entry> entries, Entries(study.dataset));
      if (entries.empty()) {
        return absl::NotFoundError(absl::StrCat("no data set '", study.dataset, "' is loaded"));
      }
      ESSAIM_RETURN_IF_ERROR(CheckVariables(study.schema, entries[0].info.schema));
      ESSAIM_ASSIGN_OR_RETURN(std::vector<std::vector<double>> columns,
                              Select(study.schema, condition, entries[0].number));
      FrozenCohort cohort;
      cohort.n_rows = columns.empty() ? 0 : columns[0].size();
      ESSAIM_ASSIGN_OR_RETURN(cohort.table,
                              PersonTable::Make(study.schema, std::move(columns), site));
      const std::string definition = DefinitionHash(study, analysis);
      cohort.definition_hash = ToHex(definition);
      cohort.snapshot_id =
          ToHex(crypto::HashOf("essaim.v1.snapshot", {entries[0].info.load_id, definition}));
      return cohort;
    });
  }

 private:
  absl::Status Do(const std::string& sql) {
    return Run(*connection_, sql, "keeping its tables", file_->log());
  }

  absl::Status Settings(const std::vector<std::string>& statements) {
    for (const std::string& sql : statements) ESSAIM_RETURN_IF_ERROR(Do(sql));
    return absl::OkStatus();
  }

  absl::StatusOr<LoadReport> LoadInTransaction(const LoadRequest& request,
                                               const SchemaFile& schema) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<Entry> entries, Entries(""));
    std::int64_t number = 1;
    for (const Entry& entry : entries) number = std::max(number, entry.number + 1);
    std::string columns = "row BIGINT NOT NULL";
    for (const Variable& v : schema.schema.variables()) {
      absl::StrAppend(&columns, ", ", SqlName(v.name), " DOUBLE");
    }
    const LoadTables tables = {DuckDbFile::kName, TableName("rows", number),
                               TableName("quarantine", number)};
    ESSAIM_RETURN_IF_ERROR(
        Settings({absl::StrCat("CREATE TABLE site.main.", tables.rows, " (", columns, ")"),
                  absl::StrCat("CREATE TABLE site.main.", tables.quarantine,
                               " (file VARCHAR, line BIGINT, \"column\" VARCHAR, "
                               "reason VARCHAR, raw VARCHAR)")}));
    ESSAIM_ASSIGN_OR_RETURN(LoadReport report,
                            LoadFiles(*connection_, tables, request, schema, file_->log()));
    for (const Entry& entry : entries) {
      if (entry.info.name == request.dataset) ESSAIM_RETURN_IF_ERROR(Drop(entry));
    }
    ESSAIM_RETURN_IF_ERROR(Do(absl::StrCat(
        "INSERT INTO site.main.data_sets VALUES (", SqlText(request.dataset), ", ",
        SqlText(report.load_id), ", ", number, ", ", report.n_loaded, ", ", report.n_quarantined,
        ", ", request.now_ms, ", ", SqlText(request.schema_yaml), ")")));
    for (const LoadedFile& file : report.files) {
      ESSAIM_RETURN_IF_ERROR(
          Do(absl::StrCat("INSERT INTO site.main.files VALUES (", SqlText(request.dataset), ", ",
                          SqlText(file.path), ", ", SqlText(file.sha256), ", ", file.n_rows, ")")));
    }
    return report;
  }

  absl::Status Drop(const Entry& entry) {
    return Settings(
        {absl::StrCat("DELETE FROM site.main.data_sets WHERE name = ", SqlText(entry.info.name)),
         absl::StrCat("DELETE FROM site.main.files WHERE data_set = ", SqlText(entry.info.name)),
         absl::StrCat("DROP TABLE site.main.", TableName("rows", entry.number)),
         absl::StrCat("DROP TABLE site.main.", TableName("quarantine", entry.number))});
  }

  // Of that name, or all if it is empty; by name.
  absl::StatusOr<std::vector<Entry>> Entries(const std::string& name) {
    const auto result = connection_->Query(absl::StrCat(
        "SELECT name, load_id, number, n_rows, n_quarantined, loaded_at_ms, schema_yaml "
        "FROM site.main.data_sets",
        name.empty() ? "" : absl::StrCat(" WHERE name = ", SqlText(name)), " ORDER BY name"));
    if (result->HasError()) {
      return FromDatabase("reading its catalog", result->GetErrorObject(), file_->log());
    }
    std::vector<Entry> entries;
    for (duckdb::idx_t i = 0; i < result->RowCount(); ++i) {
      const auto integer = [&](duckdb::idx_t c) {
        return result->GetValue(c, i).GetValue<std::int64_t>();
      };
      Entry entry;
      entry.info.name = result->GetValue(0, i).ToString();
      entry.info.load_id = result->GetValue(1, i).ToString();
      entry.number = integer(2);
      entry.info.n_rows = static_cast<std::uint64_t>(integer(3));
      entry.info.n_quarantined = static_cast<std::uint64_t>(integer(4));
      entry.info.loaded_at_ms = integer(5);
      ESSAIM_ASSIGN_OR_RETURN(SchemaFile schema,
                              ParseSchemaFile(result->GetValue(6, i).ToString()));
      entry.info.schema = std::move(schema.schema);
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  absl::StatusOr<std::vector<std::vector<double>>> Select(const Schema& schema,
                                                          const Expression& condition,
                                                          std::int64_t number) {
    std::vector<std::string> names;
    for (const Variable& v : schema.variables()) names.push_back(SqlName(v.name));
    const auto result = connection_->SendQuery(absl::StrCat(
        "SELECT ", absl::StrJoin(names, ", "), " FROM site.main.", TableName("rows", number),
        " WHERE ", ExpressionSql(condition.root(), schema), " ORDER BY row"));
    std::vector<std::vector<double>> columns(schema.size());
    while (!result->HasError()) {
      const auto chunk = result->Fetch();
      if (chunk == nullptr || chunk->size() == 0) break;
      chunk->Flatten();
      for (std::size_t v = 0; v < columns.size(); ++v) {
        const double* values = duckdb::FlatVector::GetData<double>(chunk->data[v]);
        const auto& validity = duckdb::FlatVector::Validity(chunk->data[v]);
        const std::size_t before = columns[v].size();
        columns[v].insert(columns[v].end(), values, values + chunk->size());
        for (duckdb::idx_t i = 0; !validity.AllValid() && i < chunk->size(); ++i) {
          if (!validity.RowIsValid(i)) {
            columns[v][before + i] = std::numeric_limits<double>::quiet_NaN();
          }
        }
      }
    }
    if (!result->HasError()) return columns;
    return FromDatabase("selecting a cohort", result->GetErrorObject(), file_->log());
  }

  std::shared_ptr<DuckDbFile> file_;
  std::mutex mutex_;
  std::unique_ptr<duckdb::Connection> connection_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Warehouse>> OpenDuckDbWarehouse(DuckDbOptions options) {
  ESSAIM_ASSIGN_OR_RETURN(std::shared_ptr<DuckDbFile> file, DuckDbFile::Open(options));
  return OpenDuckDbWarehouse(std::move(file));
}

absl::StatusOr<std::unique_ptr<Warehouse>> OpenDuckDbWarehouse(std::shared_ptr<DuckDbFile> file) {
  auto warehouse = std::make_unique<DuckDbWarehouse>(std::move(file));
  ESSAIM_RETURN_IF_ERROR(warehouse->Open());
  return warehouse;
}

}  // namespace essaim
