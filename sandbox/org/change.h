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

/// One write as it came in. For `update`, `remove` and `purge` (which passes the recycle bin by) the row is
/// told by `id` (15 or 18 characters), or by `key_field` and `key_value`; `upsert` takes the latter.
/// `key_field` "Id" is allowed. Views what it points to.
struct Change {
    enum class Kind { create, update, upsert, remove, purge };
    /// How the values came: a text that is no value of its field is told in JSON's words or in the bulk
    /// API's.
    enum class Form { json, cells };

    Kind kind = Kind::create;
    const Object* object = nullptr;
    std::string id{};
    std::string key_field{};
    std::string key_value{};
    const nlohmann::json* fields = nullptr;  ///< an object; "attributes" in it is passed over
    Form form = Form::json;
    /// An earlier change of the same save, and the field that points to its row; empty: it is the row that
    /// is to be changed.
    struct Link {
        std::size_t earlier = 0;
        std::string field{};
    };
    std::vector<Link> links{};
};

enum class Atomicity { each_row, all_or_none };

/// What became of a merge: an error, or whom it touched.
struct MergeResult {
    std::string id;  ///< of the row that stays
    std::vector<std::string> merged{};
    std::vector<std::string> updated_related{};
    std::vector<RowError> errors{};
};

/// How changes are to be saved: what a request's headers ask for.
struct Saving {
    enum class Duplicates {
        refused,
        allowed,  ///< what a rule only warns of
    };

    Atomicity atomicity = Atomicity::each_row;
    Duplicates duplicates = Duplicates::refused;
    std::string assignment{};  ///< empty: by no rule; "active", or a rule's id
};

}  // namespace koppla::sandbox
