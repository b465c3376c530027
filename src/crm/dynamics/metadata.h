#pragma once

#include "crm/codec/json_member.h"
#include "crm/connector.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::dynamics {

/// The list of tables, below the Web API's root, and what it answered: those that requests can name.
/// [Dataverse: Web API, EntityDefinitions]
std::string tables_path();
Result<std::vector<ObjectSummary>> object_summaries(std::string_view answer);

/// How much of tables RetrieveMetadataChanges is asked for.
enum class Extent {
    everything,  ///< what a schema is made of
    names        ///< of tables, columns and what may be seen of them
};
/// One request for any number of tables, below the root; with a stamp, only for what has changed since.
/// [Dataverse: RetrieveMetadataChanges; the reference's 3.7]
std::string changes_path(std::span<const std::string> tables, Extent extent, std::string_view stamp);

/// What RetrieveMetadataChanges answered.
class MetadataChanges {
  public:
    /// `corrupt` where it is no such answer.
    static Result<MetadataChanges> of(std::string_view answer);

    [[nodiscard]] const std::string& stamp() const { return stamp_; }
    /// Nothing where the answer doesn't hold the table.
    [[nodiscard]] const json::Element* find(std::string_view table) const;
    /// Whether the table is told to have changed. Deleted columns are told without their table: then any may
    /// have.
    [[nodiscard]] bool has_changed(std::string_view table) const;

  private:
    std::unique_ptr<simdjson::dom::parser> parser_;
    std::string stamp_;
    std::vector<std::pair<std::string, json::Element>> tables_;
    bool has_deletions_ = false;
};

/// Whether the name of what a lookup points to is a field beside it, where the metadata have one.
enum class LookupNames { left_out, kept };

/// A table's schema. What can't be mapped is a notice, never an error; `unsupported` where its records can't
/// be told apart or asked for.
Result<model::ObjectSchema> object_schema(const json::Element& table, LookupNames names);

/// Whether the table has the column, and users may lack the right to see its values.
enum class Column { missing, there, guarded };
Column column_of(const json::Element& table, std::string_view column);

}  // namespace koppla::dynamics
