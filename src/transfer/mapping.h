#pragma once

#include "base/result.h"
#include "crm/writing.h"
#include "model/schema.h"
#include "model/treatment.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// What an empty cell of the store means to the CRM.
enum class EmptyCell {
    is_left_out,  ///< the CRM's value stays
    clears        ///< the CRM's value is emptied
};

/// A column of the store and the field that it is written to.
struct MappedColumn {
    std::string source;  ///< the column's name in the query
    std::string field;
    /// Of a reference: the object it points to, and the field by which the parent is named there.
    std::string target_object{}, target_key{};
    bool trims = false;  ///< before all else
    model::Treatment treatment = model::Treatment::standard;
    EmptyCell empty = EmptyCell::is_left_out;
    bool operator==(const MappedColumn&) const = default;
};

/// "column=Field[.Parent][:conversion…]": the parent is an object that the reference points to, the field
/// that names it there, or both ("WhoId.Lead.Email"). Conversions are those of an import, one beside trim,
/// and "clear". `invalid` says what is wrong.
Result<MappedColumn> parse_mapping(std::string_view text, const model::ObjectSchema& object);

}  // namespace koppla
