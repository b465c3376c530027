#pragma once

#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/preferences.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// Which properties of a row to print, and what with them.
struct RowForm {
    std::vector<const Attribute*> attributes{};  ///< in order; empty: all that can be read
    const Preferences* preferences = nullptr;
    MetadataLevel level = MetadataLevel::minimal;
    std::string root{};  ///< for links: "https://…/api/data/v9.2/"
};

/// Prints a table's rows as the JSON of the Web API: etag, properties with the annotations that were asked
/// for, the primary key in any case, a money's currency beside it. Not thread-safe.
class RowPrinter {
  public:
    /// `catalog` and `table` have to live as long.
    RowPrinter(const Catalog& catalog, const Table& table, RowForm form);

    /// The expressions that the SELECT has to give, in this order, over the table under that alias.
    [[nodiscard]] std::string columns_sql(std::string_view alias) const;
    [[nodiscard]] int column_count() const { return column_count_; }
    /// The members of the row that lies in the cursor from `first_column` on, with neither brace: what
    /// belongs to the same object (expanded rows) can follow behind a comma.
    void append_members(std::string& out, const db::Cursor& cursor, int first_column) const;
    /// The same as an object.
    void append(std::string& out, const db::Cursor& cursor, int first_column = 0) const;

  private:
    struct Column {
        const Attribute* attribute;
        int at;            ///< of the value among the expressions
        int type_at = -1;  ///< of the target's logical name, where the lookup has several
        int name_at = -1;  ///< of the target's name, where it is shown
    };
    void append_property(std::string& out, const Column& column, const db::Cursor& cursor, int first) const;
    void append_annotations(std::string& out, const Column& column, const db::Cursor& cursor,
                            int first) const;

    const Catalog& catalog_;
    const Table& table_;
    RowForm form_;
    std::vector<Column> columns_;
    int column_count_ = 0;
    bool shows_formatted_ = false;
    bool shows_targets_ = false;
    bool shows_navigation_ = false;
};

/// A value as JSON, from the column of a cursor. [Dataverse: wire representation by type]
void append_json_value(std::string& out, const Attribute& attribute, const db::Cursor& cursor, int column);
/// Text as a JSON string.
void append_json_text(std::string& out, std::string_view text);
/// The attributes that a `$select` names, or all. 0x80060888 for one that isn't there.
Result<std::vector<const Attribute*>> selected(const Table& table, std::string_view select);

}  // namespace koppla::sandbox::dynamics
