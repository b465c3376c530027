#pragma once

#include "crm/connector.h"
#include "crm/writing.h"
#include "db/database.h"
#include "model/schema.h"
#include "transfer/mapping.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// What a run sends, as it is kept with the run: with the rows themselves, all that is needed to go on with
/// it.
struct ExportDefinition {
    std::string object;
    WriteOperation operation = WriteOperation::update;
    std::string key{};  ///< the field by which records are found; or empty
    std::vector<MappedColumn> columns{};
    WritePath path = WritePath::automatic;
    Duplicates duplicates = Duplicates::refuse;
    std::string assignment_rule{};
    std::string server{};          ///< where the account led
    std::string row_name{};        ///< the column of the query by whose value results name a row; or empty
    bool makes_ids = false;        ///< the last column is the key, and its values are made here
    std::int64_t rows = 0;         ///< that the query gave
    std::int64_t refused = 0;      ///< of them, that can't be sent
    std::int64_t replayed_by = 0;  ///< the latest run that sent again what this one had refused; or 0
    bool operator==(const ExportDefinition&) const = default;

    /// "export" or "delete".
    [[nodiscard]] std::string_view kind() const;
    [[nodiscard]] std::vector<bool> clears() const;
};

std::string to_json(const ExportDefinition& definition);
Result<ExportDefinition> export_definition_from_json(std::string_view json);

/// A row's own columns as a JSON object, by their names in the query; `row` has the definition's from
/// `first_column` on.
std::string record_of(const ExportDefinition& definition, const db::Cursor& row, int first_column);

/// The connector's request; `invalid` where the schema, which outlives it, lacks a field.
Result<WriteRequest> request_of(const ExportDefinition& definition, const model::ObjectSchema& schema);

/// The column by whose values rows should lie together: the first that names a parent that its children lock.
std::optional<std::size_t> parent_column(const WriteRequest& request, const Abilities& abilities);

/// The operation of that name; `invalid` names them all.
Result<WriteOperation> write_operation_named(std::string_view name);

/// The definitions of a store's exports, within one transaction.
class Exports final {
  public:
    explicit Exports(db::Transaction& transaction) : transaction_{transaction} {}

    Result<void> add(std::int64_t run, const ExportDefinition& definition);
    Result<void> change(std::int64_t run, const ExportDefinition& definition);
    /// `not_found` where the run is of another kind.
    Result<ExportDefinition> find(std::int64_t run);
    /// Whether all its rows are settled and counted.
    Result<bool> is_over(std::int64_t run);
    Result<void> end(std::int64_t run);
    /// The newest of this kind, account and object that isn't over.
    Result<std::optional<std::int64_t>> unfinished(std::string_view kind, std::string_view account,
                                                   std::string_view object);
    /// Drops the results of those that are over and older than `run`.
    Result<void> forget_before(std::int64_t run, std::string_view kind, std::string_view account,
                               std::string_view object);
    /// Ends one, and drops its results: its refused rows can still be sent again.
    Result<void> forget(std::int64_t run);

  private:
    db::Transaction& transaction_;
};

}  // namespace koppla
