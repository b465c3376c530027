#pragma once

#include "base/result.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/odata/syntax/ast.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::odata {

/// A table in a statement, under an alias.
struct Place {
    const dynamics::Catalog& catalog;
    const dynamics::Table& table;
    std::string alias;

    /// "t"."name"
    [[nodiscard]] std::string column(std::string_view attribute) const;
};

/// What a path leads to.
struct Column {
    const dynamics::Attribute* attribute = nullptr;
    const dynamics::Table* table = nullptr;  ///< whose it is
    std::string sql;                         ///< its column, or a sub-select along the way to it
};

/// A property by the Web API's name, or one along single-valued navigation ("primarycontactid/fullname").
Result<Column> find_column(const Place& place, const Path& path);
/// The same, where a logical name will do as well.
Result<Column> find_attribute(const Place& place, const Path& path);

/// That a row of `inner` is the one that a row of `outer` points to by its lookup.
std::string link(const Place& outer, const Place& inner, const dynamics::Relationship& relationship);

/// The name of the row that a lookup points to: its target's primary name, by a sub-select. "NULL" where no
/// target has one.
std::string name_of_target(const Place& place, const dynamics::Attribute& lookup);

}  // namespace koppla::sandbox::odata
