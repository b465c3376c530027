#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::db {

/// The name itself, or, where it has more than `bytes_max` bytes, its beginning and a hash of all of it:
/// always the same for the same name, and names that begin alike are kept apart.
std::string fitting(std::string_view name, std::size_t bytes_max);

/// The name in [a-z0-9_] and at most `bytes_max` bytes; a hash keeps names apart that would fall together.
std::string plain_name(std::string_view name, std::size_t bytes_max);

/// The beginning of a statement, on one line, for messages.
std::string shortened(std::string_view sql);

/// A cell that a column can't hold: `invalid`, naming column, row and the beginning of the value.
struct RefusedCell {
    std::string_view column;
    std::int64_t row = 0;  ///< from 1
    std::string_view value;
    std::string_view wanted;  ///< "a plain decimal number"
};
Error refusal(const RefusedCell& cell);

}  // namespace koppla::db
