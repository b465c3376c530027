#pragma once

#include "sandbox/org/object.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// Why one row could not be saved; `status_code` is the vendor's symbol (REQUIRED_FIELD_MISSING …).
struct RowError {
    std::string status_code;
    std::string message;
    std::vector<std::string> fields;
};

/// What became of one row. `success` is told by `errors` being empty.
struct SaveResult {
    std::string id;  ///< 18 characters; empty where no row was found or made
    bool created = false;
    std::vector<RowError> errors;

    [[nodiscard]] bool success() const { return errors.empty(); }
};

/// One write as it came in. For `update` and `remove` the row is told by `id` (15 or 18 characters), or by
/// `key_field` and `key_value`; `upsert` takes the latter. `key_field` "Id" is allowed. Views what it points
/// to.
struct Change {
    enum class Kind { create, update, upsert, remove };

    Kind kind = Kind::create;
    const Object* object = nullptr;
    std::string id{};
    std::string key_field{};
    std::string key_value{};
    const nlohmann::json* fields = nullptr;  ///< an object; "attributes" in it is passed over
    std::optional<std::size_t> parent{};     ///< an earlier change of the same save, whose row …
    std::string parent_field{};              ///< … this field points to
};

enum class Atomicity { each_row, all_or_none };

}  // namespace koppla::sandbox
