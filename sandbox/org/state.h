#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/value.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// The state file's own tables and those of the objects. Over a transaction that the caller commits.
class State {
  public:
    explicit State(db::Transaction& transaction) : transaction_{transaction} {}

    Result<void> create_if_missing();
    Result<std::optional<std::string>> setting(std::string_view name);
    Result<void> set_setting(std::string_view name, std::string_view value);

    /// The objects of the state, in the order they were added.
    Result<std::vector<Object>> objects();
    /// Records an object and makes its bare table: rows are loaded before `index` is called.
    Result<void> add(const Object& object, std::uint64_t first_number);
    Result<void> index(const Object& object);

    Result<std::int64_t> row_count(const Object& object);
    /// Live rows' ids, at most `count`, in the table's order.
    Result<std::vector<std::string>> some_ids(const Object& object, std::int64_t count);
    /// Ids of the undeleted rows with this value in a text field; at most 200.
    Result<std::vector<std::string>> ids_with(const Object& object, const Field& field,
                                              std::string_view value);
    /// Whether another undeleted row than `id` has these values, in whatever case.
    Result<bool> has_other(const Object& object, const Values& values, std::string_view id);
    /// An index for such a comparison, or for rows that point to another.
    Result<void> index(const Object& object, const Field& field);
    /// Rows, deleted or not, whose reference holds this id.
    Result<std::vector<std::string>> ids_pointing_to(const Object& object, const Field& reference,
                                                     std::string_view id);
    /// Takes rows out that were deleted at that time or before; how many.
    Result<std::int64_t> purge(const Object& object, std::string_view until);
    /// Whether there is such a row, and whether it is deleted.
    struct Presence {
        bool exists = false;
        bool is_deleted = false;
    };
    Result<Presence> presence(const Object& object, std::string_view id);
    /// The text of a row's field; nothing for null.
    Result<std::optional<std::string>> text(const Object& object, std::string_view id, const Field& field);
    /// The number that the next record's id is made of; it is used up.
    Result<std::uint64_t> take_number(const Object& object);
    Result<void> set_next_number(const Object& object, std::uint64_t number);

    Result<void> insert(const Object& object, const Values& values);
    /// False: there is no such row.
    Result<bool> update(const Object& object, std::string_view id, const Values& values);
    Result<bool> erase(const Object& object, std::string_view id);

  private:
    db::Transaction& transaction_;
};

/// The fields that are columns of the state, in the describe's order.
std::vector<const Field*> stored_fields(const Object& object);

}  // namespace koppla::sandbox
