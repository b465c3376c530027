#pragma once

#include "base/clock.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// A named value that lasts between runs.
struct Option {
    std::string name;
    std::string value;
    std::string comment{};
    std::string scope{};  ///< of an import's position, as JSON: object, index field, fields, filter; or empty
    Instant updated_at{};
    std::string updated_by{};
    bool operator==(const Option&) const = default;
};

/// The options of a store, within one transaction.
class Options final {
  public:
    explicit Options(db::Transaction& transaction) : transaction_{transaction} {}

    Result<std::vector<Option>> list();
    Result<std::optional<Option>> find(std::string_view name);
    /// Makes or replaces it. `invalid` for a name that is empty, longer than 255 bytes or has control
    /// characters in it.
    Result<void> set(const Option& option);
    /// `not_found` where none is.
    Result<void> remove(std::string_view name);

  private:
    db::Transaction& transaction_;
};

}  // namespace koppla
