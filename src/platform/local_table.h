#pragma once

#include "base/result.h"
#include "db/database.h"
#include "model/schema.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Gives an object its table's name, `<account>_<object>`, and every field without one its column's. Names
/// that collide in lower case get _2, _3 …, and such as are too long are cut; `is_taken` tells which tables
/// are there already. `unsupported` where the table would be wider than the store allows.
Result<void> name_locally(model::ObjectSchema& schema, std::string_view account, const db::Dialect& dialect,
                          const std::function<bool(std::string_view)>& is_taken);

/// The table of an object, without keys or indexes.
std::string create_table_sql(const model::ObjectSchema& schema, const db::Dialect& dialect);

/// Its unique key, an index on every link and one on the stamp. Apart from the table, because a first load
/// is fastest into a bare one.
std::vector<std::string> create_index_sql(const model::ObjectSchema& schema, const db::Dialect& dialect);
std::vector<std::string> drop_index_sql(const model::ObjectSchema& schema, const db::Dialect& dialect);

/// Whether the field's values are recorded; not those of a column that another has taken the place of.
bool has_labels(const model::ObjectSchema& schema, const model::FieldSchema& field);

/// Whether the object has an enumeration, and so a view with labels.
bool has_label_view(const model::ObjectSchema& schema);

/// `<table>_labels`: the table with `<column>_label` behind the columns, one for each enumeration.
std::string label_view_name(const model::ObjectSchema& schema, const db::Dialect& dialect);
std::string create_label_view_sql(const model::ObjectSchema& schema, std::string_view account,
                                  const db::Dialect& dialect);

}  // namespace koppla
