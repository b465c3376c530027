#pragma once

#include "base/result.h"
#include "crm/codec/json_member.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::dynamics {

/// The description of tables that writing to them takes, below the root: entity sets, the lookups' ways and
/// alternate keys, with the columns' types only where a key of another table is written. One request for any
/// number of tables. [Dataverse: RetrieveMetadataChanges]
enum class ColumnTypes { left_out, told };
std::string relations_path(std::span<const std::string> tables, ColumnTypes types);

/// A field that names records of a table.
struct KeyField {
    std::string problem;    ///< why it doesn't; empty: it does
    std::string type_name;  ///< "String", "Integer"; empty where column types weren't asked for
};

/// What it answered.
class Relations {
  public:
    /// `corrupt` where it is no such answer.
    static Result<Relations> of(std::string_view answer);

    /// Where records of the table are addressed: "contacts"; nothing for a table that it doesn't tell of.
    [[nodiscard]] std::optional<std::string> entity_set(std::string_view table) const;
    /// The table's own key: "contactid".
    [[nodiscard]] std::string own_key(std::string_view table) const;
    /// The case-sensitive name by which a record's lookup is bound to a record of `target`:
    /// "parentcustomerid_account", "new_ParentAccountId". Empty where no way leads there.
    [[nodiscard]] std::string navigation(std::string_view table, std::string_view lookup,
                                         std::string_view target) const;
    /// Whether the field alone is an alternate key of the table whose index is active.
    [[nodiscard]] KeyField key_field(std::string_view table, std::string_view field) const;

  private:
    struct Way {
        std::string lookup, target, navigation;
    };
    struct Key {
        std::string name, status;
        std::vector<std::string> fields;
    };
    struct Column {
        std::string name, type_name;
    };
    struct Table {
        std::string name, entity_set, own_key;
        std::vector<Way> ways;
        std::vector<Key> keys;
        std::vector<Column> columns;
    };
    static Table table_of(const json::Element& told);
    [[nodiscard]] const Table* find(std::string_view name) const;
    std::vector<Table> tables_;
};

}  // namespace koppla::dynamics
